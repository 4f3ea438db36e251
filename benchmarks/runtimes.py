"""Compare the networks of the zoo in torch, OpenVINO and ONNX Runtime: scores and times."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import torch
from torch import Tensor

from stad import zoo
from stad.inference.cpu import this_cpu
from stad.inference.runtimes import RUNTIMES, is_installed, load_runtime
from stad.inference.runtimes.backbone import RuntimeBackbone
from stad.inference.runtimes.conversion import onnx_file
from stad.inference.runtimes.trial import relative_difference
from stad.models.action_detector import ActionDetector
from stad.models.base import ActionModel
from stad.models.fast_inference import prepare_for_inference
from stad.utils.markdown import markdown_table

REFERENCE = "torch float32"
COLUMNS = ("model", "clip", "way", "clips a second", "ratio", "difference", "best class")
# Of detectors, whose clips keep the shape of the video.
VIDEO_SIZE = (768, 576)


@dataclass(frozen=True)
class Way:
    """The results of a network in one runtime and precision.

    Attributes:
        model: its name in the zoo.
        clip: the input of the backbone, such as '3 x 32 x 256 x 341'.
        name: of runtime and precision.
        clip_sec: seconds of a clip, the median.
        ratio: median of the reference's time over this one's.
        difference: norm of the difference of the logits from the reference, relative to its norm.
        largest: maximum difference of a logit.
        scale: maximum of the reference's logits, without their sign.
        same_best: True if the best class of each clip and actor is that of the reference.
    """

    model: str
    clip: str
    name: str
    clip_sec: float
    ratio: float
    difference: float
    largest: float
    scale: float
    same_best: bool


def convertible_names() -> list[str]:
    """Return the models of the zoo whose backbones are networks of torch."""
    return [
        name
        for name in (*zoo.names("detect"), *zoo.names("recognize"))
        if next(zoo.load(name, weights=None).backbone.parameters(), None) is not None
    ]


def compare(name: str, *, rounds: int = 3, clip_px: tuple[int, int] | None = None) -> Iterator[Way]:
    """Run a model with random weights in every runtime that is installed, in turns.

    Args:
        name: of the zoo.
        rounds: timed passes of each way.
        clip_px: height and width of the clip; None for those of the config.

    Yields:
        The reference, torch in float32, then the others.
    """
    torch.manual_seed(0)
    loaded = zoo.open_model(name, weights=None, progress=False)
    model = prepare_for_inference(loaded.model, torch.float32)
    clips = _random_clips(loaded, clip_px)
    seen = _backbone_inputs(model, clips)
    ways: dict[str, Callable[[], np.ndarray]] = {REFERENCE: _scorer(model, clips)}
    for runtime, precision in _offered():
        ways[f"{runtime} {precision}"] = _converted(model, clips, seen, runtime, precision)
    found = {way: run() for way, run in ways.items()}
    times = _take_turns(ways, rounds)
    found["torch bfloat16"], times["torch bfloat16"] = _in_torch_bfloat16(model, clips)
    expected = found[REFERENCE]
    shape = " x ".join(map(str, next(iter(seen.values()))[0].shape[1:]))
    for way, logits in found.items():
        yield Way(
            name,
            shape,
            way,
            clip_sec=median(times[way]),
            ratio=median(times[REFERENCE]) / median(times[way]),
            difference=relative_difference(logits, expected),
            largest=float(np.abs(logits - expected).max()),
            scale=float(np.abs(expected).max()),
            same_best=bool((logits.argmax(-1) == expected.argmax(-1)).all()),
        )


def _offered() -> list[tuple[str, str]]:
    """Return the runtimes and precisions of this machine."""
    return [
        (name, precision)
        for name in RUNTIMES
        if is_installed(name)
        for precision in ("float32", *load_runtime(name).PRECISIONS)
        if precision == "float32" or this_cpu().has_bfloat16
    ]


def _random_clips(loaded: zoo.LoadedModel, clip_px: tuple[int, int] | None) -> Tensor:
    from stad.video.geometry import clip_size

    if clip_px is None and loaded.crop_px is not None:
        clip_px = (loaded.crop_px, loaded.crop_px)
    elif clip_px is None:
        width_px, height_px = clip_size(*VIDEO_SIZE, loaded.short_side_px)
        clip_px = (height_px, width_px)
    channels = loaded.model.data_preprocessor.num_channels
    return torch.randn(1, channels, loaded.window.num_frames, *clip_px)


def _scorer(model: ActionModel, clips: Tensor) -> Callable[[], np.ndarray]:
    """Return a function that gives the logits of the clip, (K, num_classes)."""
    height_px, width_px = clips.shape[3:]
    boxes = torch.tensor([[0.1, 0.1, 0.4, 0.9], [0.5, 0.2, 0.8, 1.0], [0.0, 0.0, 1.0, 1.0]])
    boxes = boxes * torch.tensor([width_px, height_px] * 2)

    @torch.inference_mode()
    def score() -> np.ndarray:
        if isinstance(model, ActionDetector):
            return model.score_actors(clips, [boxes])[0].numpy()
        return model.score_clips(clips).numpy()

    return score


def _backbone_inputs(model: ActionModel, clips: Tensor) -> dict[str, tuple[Tensor, ...]]:
    """Return what each backbone of the model sees of the clips, its first item."""
    seen: dict[str, tuple[Tensor, ...]] = {}
    hooks = [
        backbone.register_forward_pre_hook(
            lambda module, given, name=name: seen.update({name: (given[0][:1].clone(),)})
        )
        for name, backbone in model.backbones.items()
    ]
    _scorer(model, clips)()
    for one in hooks:
        one.remove()
    return seen


def _converted(
    model: ActionModel,
    clips: Tensor,
    seen: dict[str, tuple[Tensor, ...]],
    runtime: str,
    precision: str,
) -> Callable[[], np.ndarray]:
    """Return a function that scores with the backbones in a runtime."""
    originals = model.backbones
    networks = {}
    for attribute, inputs in seen.items():
        path = onnx_file(originals[attribute], inputs, name=attribute, any_size=False)
        shapes = [tuple(one.shape[1:]) for one in inputs]
        network = load_runtime(runtime).open_file(
            path, shapes=shapes, precision=precision, num_threads=torch.get_num_threads()
        )
        networks[attribute] = RuntimeBackbone(originals[attribute], network)
    score = _scorer(model, clips)

    def run() -> np.ndarray:
        for attribute, network in networks.items():
            setattr(model, attribute, network)
        try:
            return score()
        finally:
            for attribute, original in originals.items():
                setattr(model, attribute, original)

    return run


def _in_torch_bfloat16(model: ActionModel, clips: Tensor) -> tuple[np.ndarray, list[float]]:
    """Return logits and times of torch in bfloat16; the model stays in it."""
    prepare_for_inference(model, torch.bfloat16)
    score = _scorer(model, clips)
    logits = score()
    return logits, _take_turns({"": score}, 1)[""]


def _take_turns(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each pass; in turns, as other load comes in bursts."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, run in ways.items():
            begin = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - begin)
    return times


def as_markdown(ways: Sequence[Way]) -> str:
    """Return a table, a row for each way."""
    rows = [
        (
            way.model if way.name == REFERENCE else "",
            way.clip if way.name == REFERENCE else "",
            way.name,
            f"{1 / way.clip_sec:.2f}",
            f"{way.ratio:.2f}",
            "" if way.name == REFERENCE else f"{way.difference:.1e}, {way.largest:.1e}",
            "" if way.name == REFERENCE else ("same" if way.same_best else "other"),
        )
        for way in ways
    ]
    return markdown_table(COLUMNS, rows)
