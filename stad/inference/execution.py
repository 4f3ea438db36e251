"""Choose the library and the precision that run the action model, and open its scorer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from stad.errors import InputError
from stad.inference.cpu import this_cpu
from stad.inference.options import InferenceOptions
from stad.inference.precision import Precision, choose_precision, note_network
from stad.inference.runtimes import TORCH, choose_runtime, load_runtime
from stad.inference.runtimes.backbone import (
    convert_backbones,
    open_networks,
    prepare_networks,
    restore_backbones,
    verdicts,
)
from stad.inference.runtimes.converted import RuntimeOpener, choose_opener
from stad.inference.scorer import ActionScorer, OnlineScorer
from stad.inference.scoring import score_black
from stad.models.base import ActionModel
from stad.models.fast_inference import prepare_for_inference

if TYPE_CHECKING:
    from stad.zoo import LoadedModel

Log = Callable[[str], None]


def open_scorer(
    loaded: LoadedModel,
    options: InferenceOptions,
    device: str,
    *,
    frame_size: tuple[int, int],
    is_online: bool,
    log: Log,
) -> tuple[ActionScorer, Precision]:
    """Return the scorer of a model, ready to use, and the precision of its arithmetic.

    Args:
        loaded: the model; changed for inference.
        options: of the run.
        device: where the model is, such as 'cpu'.
        frame_size: (width, height) of the video, pixels.
        is_online: score frame by frame.
        log: takes lines about what was chosen.

    Raises:
        InputError: the runtime or the precision cannot be used.
    """
    runtime, reason = choose_runtime(options.runtime, device)
    opener = choose_opener(options.runtime, device, log, precision=options.precision)
    open_networks(loaded.model, opener)
    if next(loaded.model.backbone.parameters(), None) is None:
        # It opens a network of its own, as published.
        log(f"runtime   {_describe(runtime)}: {reason}")
        scorer = ActionScorer.from_loaded(loaded)
        if runtime != TORCH and options.weights is not None:
            # Converted now rather than in the middle of the run.
            prepare_networks(loaded.model)
        return scorer, Precision("float32", "as published", runtime=runtime)
    if runtime != TORCH and not is_online:
        found = _in_runtime(runtime, loaded, options, frame_size, log)
        if found is not None:
            return found
    elif options.runtime != TORCH:
        log(f"runtime   torch: {'the model runs frame by frame' if is_online else reason}")
    return _in_torch(loaded, options, device, frame_size=frame_size, is_online=is_online, log=log)


def _describe(runtime: str) -> str:
    return TORCH if runtime == TORCH else f"{runtime} {load_runtime(runtime).VERSION}"


def _in_runtime(
    runtime: str,
    loaded: LoadedModel,
    options: InferenceOptions,
    frame_size: tuple[int, int],
    log: Log,
) -> tuple[ActionScorer, Precision] | None:
    """Return a scorer whose backbones a runtime computes; None if it cannot do that."""
    opener = RuntimeOpener(runtime, runtime_precisions(runtime, options.precision), log)
    scorer = ActionScorer.from_loaded(loaded)
    note_network(loaded.name, "cpu", "float32", runtime=runtime)
    convert_backbones(loaded.model, opener, name=loaded.name)
    # The first run converts and tests the backbones.
    score_black(scorer, frame_size)
    found = verdicts(loaded.model)
    if not found or any(one.runtime == TORCH for one in found):
        restore_backbones(loaded.model)
        return None
    precision = Precision(found[0].precision, found[0].reason, runtime=runtime)
    log(f"runtime   {_describe(runtime)} in {precision}")
    note_network(loaded.name, "cpu", precision.name, option="--precision float32", runtime=runtime)
    return scorer, precision


def runtime_precisions(runtime: str, wanted: str) -> tuple[str, ...]:
    """Return the precisions to choose from in a runtime on this CPU.

    Args:
        runtime: one of ``RUNTIMES``.
        wanted: 'auto', 'float32' or 'bfloat16'.

    Raises:
        InputError: the runtime does not compute in the one that is wanted.
    """
    offered = load_runtime(runtime).PRECISIONS
    if wanted == "auto":
        has_bfloat16 = "bfloat16" in offered and this_cpu().has_bfloat16
        return ("float32", "bfloat16") if has_bfloat16 else ("float32",)
    if wanted not in ("float32", *offered):
        raise InputError(
            f"--precision {wanted} cannot be used with --runtime {runtime}, which has none on a "
            "CPU. Give --precision float32, or another --runtime."
        )
    return (wanted,)


def _in_torch(
    loaded: LoadedModel,
    options: InferenceOptions,
    device: str,
    *,
    frame_size: tuple[int, int],
    is_online: bool,
    log: Log,
) -> tuple[ActionScorer, Precision]:
    precision = choose_precision(
        options.precision,
        device,
        model=options.model or loaded.name,
        loaded=loaded,
        frame_size=frame_size,
        is_online=is_online,
        log=log,
    )
    log(f"precision {precision}")
    note_network(
        loaded.name,
        device,
        precision.name,
        option="--precision float32",
        verdict=precision.verdict,
    )
    kind = OnlineScorer if is_online else ActionScorer
    return kind.from_loaded(loaded, precision.dtype), precision


def run_in(model: ActionModel, wanted: str, device: str, *, name: str, log: Log) -> str:
    """Let a runtime compute the backbones of a model in float32; return its name.

    Args:
        model: in eval mode; changed for inference.
        wanted: 'auto', 'torch', 'openvino' or 'onnxruntime'.
        device: where the model is, such as 'cpu'.
        name: of the model.
        log: takes lines about conversions.

    Raises:
        InputError: the runtime cannot be used.
    """
    runtime, _ = choose_runtime(wanted, device)
    if runtime != TORCH:
        prepare_for_inference(model, torch.float32)
        convert_backbones(model, RuntimeOpener(runtime, log=log), name=name)
    return runtime
