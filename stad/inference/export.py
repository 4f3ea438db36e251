"""Export a model as one file, ONNX or OpenVINO's IR, that runs without torch."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from stad.errors import InputError
from stad.inference.export_check import Case, check_exported
from stad.inference.export_graph import export_unsupported_reason, write_graph
from stad.inference.exported import open_exported
from stad.inference.exported_card import DETECT, RECOGNIZE, ExportCard, card_path, output_paths
from stad.inference.exported_files import (
    IR,
    ONNX,
    ONNXRUNTIME,
    check_suffix,
    choose_runtime,
)
from stad.inference.runtimes import AUTO, is_installed
from stad.inference.runtimes.conversion import OPSET
from stad.models.action_detector import ActionDetector
from stad.utils.files import writing
from stad.utils.text import first_line
from stad.video.geometry import clip_size

if TYPE_CHECKING:
    from stad.zoo import LoadedModel

# Of a video, unless another size is asked for; and one that stands upright.
WIDE, UPRIGHT = (1920, 1080), (3, 4)


def export_model(
    loaded: LoadedModel,
    out: str | Path,
    *,
    video_size: tuple[int, int] | None = None,
    dynamic: bool = False,
    log: Callable[[str], None] = lambda text: None,
) -> list[Path]:
    """Export a model, and check the file against torch.

    Nothing is written unless the check succeeds; files of the same names are replaced.

    Args:
        loaded: the model, on the CPU; see ``stad.zoo.open_model``.
        out: the file, .onnx or .xml; its folder exists. A file with '.json' added to its name
            says how to run it, see ``ExportCard``.
        video_size: (width, height) of the videos, or of the clips, pixels; None for a recognizer's
            own square, else for 16:9.
        dynamic: leave the number and the size of the clips open.
        log: takes lines about what is done.

    Returns:
        The files that were written.

    Raises:
        InputError: the model cannot be exported, a package is missing, or the exported network
            differs from torch.
    """
    out = Path(out)
    check_suffix(out)
    check_packages(out)
    if reason := export_unsupported_reason(loaded.model):
        raise InputError(
            f"{loaded.name} cannot be exported: {reason}. Run it in torch, with --model and "
            "--weights."
        )
    size = choose_size(loaded, video_size)
    card = make_card(loaded, None if dynamic else size)
    log(f"inputs    {_describe(card)}")
    with (
        writing(out),
        # Beside it, so that the finished files are only renamed.
        tempfile.TemporaryDirectory(prefix=f".{out.stem}.", suffix=".part", dir=out.parent) as name,
    ):
        folder = Path(name)
        part = _write_network(loaded, folder / out.name, card=card, size=size, log=log)
        card_path(part).write_text(card.to_json(), encoding="utf-8")
        _check(part, loaded, _cases(loaded, size, dynamic=dynamic), log)
        return _move(folder, out)


def check_packages(out: Path) -> None:
    """Raise InputError unless what writes and checks such a file is installed."""
    if out.suffix == ONNX and not is_installed("onnx"):
        raise InputError("Writing ONNX needs the package onnx. Run 'pip install onnx'.")
    # Every file is checked.
    _check_runtime(out)


def choose_size(loaded: LoadedModel, video_size: tuple[int, int] | None) -> tuple[int, int]:
    """Return (width, height) of the clips of videos of a size, pixels; see ``export_model``."""
    if video_size is None and loaded.crop_px is not None:
        return loaded.crop_px, loaded.crop_px
    return clip_size(*(video_size or WIDE), loaded.short_side_px)


def make_card(loaded: LoadedModel, size: tuple[int, int] | None) -> ExportCard:
    """Return the card of a model; ``size`` is that of its clips, None for any."""
    model = loaded.model
    preprocessor, head = model.data_preprocessor, model.main_head
    return ExportCard(
        name=loaded.name,
        task=DETECT if isinstance(model, ActionDetector) else RECOGNIZE,
        class_names=loaded.class_names,
        window=loaded.window,
        short_side_px=loaded.short_side_px,
        mean=tuple(preprocessor.mean.flatten().tolist()),
        std=tuple(preprocessor.std.flatten().tolist()),
        score_threshold=loaded.score_threshold,
        stride_sec=loaded.stride_sec,
        multilabel=head.multilabel,
        num_exclusive=head.num_exclusive,
        times_person_score=model.times_person_score,
        crop_px=loaded.crop_px,
        sampling=loaded.sampling,
        clip_size=size,
        trained_on=loaded.entry.trained_on if loaded.entry else None,
    )


def _check_runtime(path: Path) -> str:
    """Return the runtime that checks a file: ONNX Runtime where it can, which wrote the format."""
    if path.suffix == ONNX and is_installed(ONNXRUNTIME):
        return ONNXRUNTIME
    return choose_runtime(path, AUTO)


def _describe(card: ExportCard) -> str:
    count, channels, frames, height, width = card.shapes()["clips"]
    size = "any size" if card.clip_size is None else f"{width}x{height}"
    clips = f"clips {count or 'N'} x {channels} x {frames} of {size}"
    return clips if card.task == RECOGNIZE else f"{clips}, boxes K x 5"


def _write_network(
    loaded: LoadedModel,
    path: Path,
    *,
    card: ExportCard,
    size: tuple[int, int],
    log: Callable[[str], None],
) -> Path:
    """Write the network, and its weights if they have a file of their own."""
    log(f"export    {path.name}, ONNX of opset {OPSET}{' to OpenVINO' * (path.suffix == IR)}")
    graph = path.with_suffix(ONNX)
    # A square may suit a network that another size does not, such as TimeSformer's embeddings.
    traced = size
    if card.clip_size is None:
        traced = clip_size(*WIDE, loaded.short_side_px)
    write_graph(loaded.model, graph, card=card, size=traced)
    if path.suffix == IR:
        import openvino

        # Half precision is the default, and differs by more than the check allows.
        network = openvino.Core().read_model(graph)
        for port in (*network.inputs, *network.outputs):
            # Without those of its neighbours, which would be shown as well.
            port.get_tensor().set_names(set(card.shapes()) & port.names)
        openvino.save_model(network, str(path), compress_to_fp16=False)
        graph.unlink()
    return path


def _cases(loaded: LoadedModel, size: tuple[int, int], *, dynamic: bool) -> list[Case]:
    """Return the clips to check: for any size, several clips at once, an upright one, a square."""
    if not dynamic:
        return [Case(1, size)]
    side = loaded.crop_px or loaded.short_side_px
    upright = clip_size(*UPRIGHT, loaded.short_side_px)
    return [Case(2, size), *(Case(1, one) for one in (upright, (side, side)) if one != size)]


def _check(path: Path, loaded: LoadedModel, cases: list[Case], log: Callable[[str], None]) -> None:
    exported = open_exported(path, runtime=_check_runtime(path), precision="float32")
    log(f"check     against torch, by {exported.runtime}: {'; '.join(map(str, cases))}")
    try:
        found = check_exported(exported, loaded.model, cases)
    except (InputError, MemoryError):
        raise
    # Each library has its own errors for a graph that it cannot run.
    except Exception as error:
        raise InputError(
            f"{loaded.name} cannot be exported: {exported.runtime} cannot run it "
            f"({first_line(error)[:300]}). Run it in torch instead."
        ) from error
    log(f"checked   {found.num_runs} runs, scores differ by {found.difference:.1g} at most")


def _move(folder: Path, out: Path) -> list[Path]:
    """Give the finished files their names, the network itself last."""
    paths = output_paths(out)
    for path in reversed(paths):
        (folder / path.name).replace(path)
    return paths
