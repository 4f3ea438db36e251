"""Choose the best available model: from the cache, else downloaded, else a fallback.

Models of actions that this machine is too slow for, and those for non-commercial use only, are
left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from stad.errors import InputError
from stad.utils.networks import is_installed
from stad.zoo import catalog
from stad.zoo.costs import clip_sec
from stad.zoo.files import fetch, is_cached
from stad.zoo.weights import Weights

# By mAP, best first. Some are worse than another of the same speed: they may be in the cache.
DETECTION_MODELS = (
    "umt_vit_l16_ava22",
    "videomae_vit_l16_avakinetics",
    "videomae_vit_b16_avakinetics",
    "umt_vit_b16_ava22",
    "slowonly_r50_16x4_tricks_k700_avakinetics",
    "slowonly_r50_8x8_tricks_k700_avakinetics",
    "slowfast_acrn_r50_8x8_ava22",
    "slowfast_r50_8x8_tmax_focal_ava22",
    "slowfast_r50_8x8_ava22",
    "slowonly_r50_4x16_k700_avakinetics",
    "slowfast_r50_4x16_context_ava21",
    "slowfast_r50_4x16_ava21",
    "slowonly_r50_4x16_ava21",
)
# Considered on any machine; the others need many seconds per clip on most CPUs.
CPU_DETECTION_MODELS = DETECTION_MODELS[-4:]
# The name that asks for the best model, whatever its licence allows.
ANY_LICENCE = "any-licence"
# Needs a package index only.
FALLBACK_MODEL = "skeleton_poses"

# Their maps describe what other classes than theirs look like.
FEATURE_MODELS = (
    "slowfast_r50_8x8_ava22",
    "slowfast_r50_4x16_ava21",
    "slowonly_r50_4x16_ava21",
)
CPU_FEATURE_MODELS = FEATURE_MODELS[1:]
# Needs a package index only.
FALLBACK_FEATURES = "i3d_roi_k400"

DETECTORS = ("rtmdet_m_person", "rtmdet_m", "rtmdet_s", "rtmdet_tiny")
CPU_DETECTORS = DETECTORS[2:]
# They need no mmdet, but one of these libraries, which run them on the CPU. The images that YOLOX
# was trained on are licensed for non-commercial use, so it comes second; the larger ones cost more
# than YOLOv4-tiny does (docs/zoo.md has times).
ONNX_DETECTORS = ("rtmdet_nano_person", "yolox_tiny_humanart")
ONNX_LIBRARIES = ("openvino", "onnxruntime")
FALLBACK_DETECTOR = "yolov4_tiny"

Files = tuple[Weights, ...]

ADVICE = re.compile(r"\. (Check|Try) [^.]*\.$")


def choose_detection_model(
    device: str = "cpu",
    *,
    stride_sec: float = 1.0,
    any_licence: bool = False,
    progress: bool = True,
) -> tuple[str, str]:
    """Return the name of an action detector whose weights are in the cache, and the reason.

    Args:
        device: on a CPU, only models that are fast enough there are considered.
        stride_sec: time between predictions, seconds: a larger model is considered where its time
            per clip is estimated to be shorter.
        any_licence: consider models for non-commercial use only, too.
        progress: show the progress of a download on a terminal.

    Raises:
        InputError: not even the fallback can be fetched; says how to get it by hand.
    """
    entries = {one.name: one for one in catalog.MODELS if one.weights is not None}
    files: dict[str, Files] = {
        name: (one.weights, *one.needs) for name, one in entries.items() if one.weights
    }
    names, slow = [], ""
    for name in DETECTION_MODELS:
        if is_noncommercial(entries[name].licence) and not any_licence:
            continue
        seconds = clip_sec(name, device)
        if name in CPU_DETECTION_MODELS or _is_fast(seconds, device, stride_sec):
            names.append(name)
        elif seconds is not None:
            slow = slow or f"; {name} would take {_shown(seconds)} here"
    name, reason = _choose(tuple(names), FALLBACK_MODEL, files, progress=progress)
    seconds = clip_sec(name, device)
    cost = f", {_shown(seconds)}" if seconds is not None else ""
    return name, f"{reason}{cost}{slow}"


def is_noncommercial(licence: str) -> bool:
    """Return whether a licence is, or comes from, one for non-commercial use only."""
    return "-NC" in licence


def _is_fast(seconds: float | None, device: str, stride_sec: float) -> bool:
    """Return whether a clip takes less time than there is between predictions."""
    return not _is_cpu(device) if seconds is None else seconds <= stride_sec


def _shown(seconds: float) -> str:
    return f"an estimated {seconds:.{0 if seconds >= 10 else 2}f} s per clip"


def choose_feature_model(device: str = "cpu", *, progress: bool = True) -> tuple[str, str]:
    """Return the name of a model to describe people with, its weights in the cache; and the reason.

    Arguments and errors are those of ``choose_detection_model``.
    """
    names = CPU_FEATURE_MODELS if _is_cpu(device) else FEATURE_MODELS
    files = {one.name: (one.weights,) for one in catalog.MODELS if one.weights is not None}
    return _choose(names, FALLBACK_FEATURES, files, progress=progress)


def choose_detector(
    device: str = "cpu", *, runtime: str = "auto", progress: bool = True
) -> tuple[str, str]:
    """Return the name of a person detector whose weights are in the cache, and the reason.

    Detectors of mmdet are considered only where mmdet and mmcv's compiled operators are installed.

    Args:
        device: on a CPU, only detectors that are fast enough there are considered.
        runtime: the library that runs networks, such as 'torch', which runs no ONNX files; 'auto'
            for any that is installed.
        progress: show the progress of a download on a terminal.

    Raises:
        InputError: not even the fallback can be fetched; says how to get it by hand.
    """
    names = CPU_DETECTORS if _is_cpu(device) else DETECTORS
    if _lacks_mmdet():
        names = ()
    if any(one for one in ONNX_LIBRARIES if runtime in ("auto", one) and is_installed(one)):
        # mmdet's detectors find more. On a GPU they are fast as well; on a CPU one frame takes
        # several times as long as with these, so that they are for those who name them.
        names = (*ONNX_DETECTORS, *names) if _is_cpu(device) else (*names, *ONNX_DETECTORS)
    files = {entry.name: (entry.weights,) for entry in catalog.DETECTORS}
    return _choose(names, FALLBACK_DETECTOR, files, progress=progress)


def _lacks_mmdet() -> bool:
    from stad.actors.detectors.operators import missing_for_mmdet

    return bool(missing_for_mmdet())


def _is_cpu(device: str) -> bool:
    return str(device).startswith("cpu")


def _choose(
    names: tuple[str, ...], fallback: str, files: Mapping[str, Files], *, progress: bool
) -> tuple[str, str]:
    for name in names:
        if all(map(is_cached, files[name])):
            return name, "the best in the cache"
    failure = ""
    for name in names:
        try:
            _fetch_all(files[name], progress=progress)
        except InputError as error:
            failure = failure or f"{name} could not be fetched ({_reason(error)}); "
        else:
            return name, f"{failure}{name} was downloaded"
    _fetch_all(files[fallback], progress=progress)
    return fallback, f"{failure}{fallback} is the best available"


def _fetch_all(files: Files, *, progress: bool) -> None:
    for file in files:
        fetch(file, progress=progress)


def _reason(error: InputError) -> str:
    """Return 'host cannot be reached (...)' from the whole message with its advice."""
    cause = error.__cause__ or error
    reason = str(cause).rpartition(" cannot be fetched: ")[2]
    # What follows is advice, which is of no use while another model is tried.
    return ADVICE.sub("", reason).rstrip(".")
