"""Choose the best available model: from the cache, else downloaded, else a fallback."""

from __future__ import annotations

import re
from collections.abc import Mapping

from stad.errors import InputError
from stad.utils.networks import is_installed
from stad.zoo import catalog
from stad.zoo.files import fetch, is_cached
from stad.zoo.weights import Weights

# By mAP, best first, without those that are worse than another of the same speed.
DETECTION_MODELS = (
    "slowonly_r50_16x4_tricks_k700_avakinetics",
    "slowfast_acrn_r50_8x8_ava22",
    "slowfast_r50_8x8_tmax_focal_ava22",
    "slowfast_r50_8x8_ava22",
    "slowfast_r50_4x16_context_ava21",
    "slowfast_r50_4x16_ava21",
    "slowonly_r50_4x16_ava21",
)
# The first four need many seconds per clip on a CPU.
CPU_DETECTION_MODELS = DETECTION_MODELS[4:]
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


def choose_detection_model(device: str = "cpu", *, progress: bool = True) -> tuple[str, str]:
    """Return the name of an action detector whose weights are in the cache, and the reason.

    Args:
        device: on a CPU, only models that are fast enough there are considered.
        progress: show the progress of a download on a terminal.

    Raises:
        InputError: not even the fallback can be fetched; says how to get it by hand.
    """
    names = CPU_DETECTION_MODELS if _is_cpu(device) else DETECTION_MODELS
    files = {
        entry.name: (entry.weights, *entry.needs)
        for entry in catalog.MODELS
        if entry.weights is not None
    }
    return _choose(names, FALLBACK_MODEL, files, progress=progress)


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
