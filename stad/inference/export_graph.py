"""Write a model as an ONNX graph, from normalised clips and boxes to scores."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.onnx.operators import shape_as_tensor

from stad.errors import InputError
from stad.inference.exported_card import BOXES, CLIPS, RECOGNIZE, SCORES, ExportCard
from stad.inference.runtimes.conversion import OPSET, quiet_export
from stad.models.action_detector import ActionDetector
from stad.models.base import ActionModel
from stad.models.fast_inference import prepare_for_inference
from stad.models.heads.roi_head import RoIHead
from stad.models.long_context_detector import LongContextDetector
from stad.models.recognizer import Recognizer
from stad.models.two_stream import TwoStreamRecognizer
from stad.utils.text import first_line

# The names of sides that vary.
SIDES = {0: "N", 3: "H", 4: "W"}
ACTORS = {0: "K"}


class DetectorGraph(nn.Module):
    """From clips (N, C, T, H, W) and boxes (K, 5) to probabilities (K, num_classes).

    Args:
        model: with a ``RoIHead``.
    """

    def __init__(self, model: ActionDetector) -> None:
        super().__init__()
        self._model = model

    def forward(self, clips: Tensor, boxes: Tensor) -> Tensor:
        """Score the actors; a box is the index of its clip, x1, y1, x2 and y2 in clip pixels."""
        # The shape as a tensor: the graph reads it again for every clip.
        size_px = shape_as_tensor(clips)[3:]
        head = self._model.roi_head
        assert isinstance(head, RoIHead)
        return self._model.probabilities(
            head.score_rois(self._model.backbone(clips), boxes, size_px)
        )


class RecognizerGraph(nn.Module):
    """From clips (N, C, T, H, W) to probabilities (N, num_classes).

    Args:
        model: any recognizer without OpenCV in it.
    """

    def __init__(self, model: Recognizer) -> None:
        super().__init__()
        self._model = model

    def forward(self, clips: Tensor) -> Tensor:
        """Score the clips."""
        return self._model.probabilities(self._model.score_clips(clips))


def export_unsupported_reason(model: ActionModel) -> str | None:
    """Return why a model cannot be one graph; None if it can.

    Args:
        model: any model of stad.
    """
    if isinstance(model, TwoStreamRecognizer):
        return "it computes optical flow between its two networks, with OpenCV"
    if isinstance(model, Recognizer):
        return None
    if not isinstance(model, ActionDetector):
        return f"only an ActionDetector or a Recognizer can be, got {type(model).__name__}"
    if isinstance(model, LongContextDetector):
        return "its scores depend on earlier actors, which are remembered outside the network"
    if model.actor_crops is not None:
        return "it cuts each actor out of every frame along the actor's track, outside the network"
    if not isinstance(model.roi_head, RoIHead):
        return f"its head must be a RoIHead, got {type(model.roi_head).__name__}"
    return None


def write_graph(model: ActionModel, path: Path, *, card: ExportCard, size: tuple[int, int]) -> None:
    """Write a model as an ONNX file.

    Args:
        model: one without ``export_unsupported_reason``, in eval mode, on the CPU.
        path: of the file.
        card: says which sides vary.
        size: (width, height) of the clips that the model is traced with, pixels.

    Raises:
        InputError: the model has a part that ONNX does not have.
    """
    prepared = prepare_for_inference(copy.deepcopy(model), torch.float32).float()
    # Two clips where their number varies: a graph that is traced with one may rely on it.
    count = 1 if card.clip_size else 2
    shape = (count, card.num_channels, card.window.num_frames, size[1], size[0])
    inputs = [torch.rand(shape)]
    if isinstance(prepared, ActionDetector):
        graph: nn.Module = DetectorGraph(prepared)
        boxes = [[i, 0.0, 0.0, size[0] / 2, size[1] / 2] for i in range(count)]
        inputs.append(torch.tensor([*boxes, [0, 8.0, 8.0, 24.0, 30.0]]))
    else:
        assert isinstance(prepared, Recognizer)
        graph = RecognizerGraph(prepared)
    try:
        with quiet_export(), torch.no_grad():
            torch.onnx.export(
                graph.eval(),
                tuple(inputs),
                str(path),
                dynamo=False,
                opset_version=OPSET,
                input_names=[CLIPS, BOXES][: len(inputs)],
                output_names=[SCORES],
                dynamic_axes=_varying(card),
            )
    except MemoryError:
        raise
    # The exporter's errors have no common base; any of them means the same here.
    except Exception as error:
        raise InputError(
            f"{card.name} cannot be written as ONNX ({first_line(error)[:200]}). Run it in torch "
            "instead, with --model and --weights."
        ) from error


def _varying(card: ExportCard) -> dict[str, dict[int, str]]:
    """Return the names of the sides that vary, by input or output."""
    is_whole = card.task == RECOGNIZE
    axes = {} if is_whole else {BOXES: ACTORS, SCORES: ACTORS}
    if card.clip_size is None:
        axes[CLIPS] = SIDES
        if is_whole:
            axes[SCORES] = {0: SIDES[0]}
    return axes
