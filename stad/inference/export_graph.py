"""Write a model as an ONNX graph, from normalised clips and boxes to scores."""

from __future__ import annotations

import copy
import io
import logging
import warnings
from collections.abc import Callable
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import torch
from torch import Tensor, nn

from stad.errors import InputError
from stad.models.action_detector import ActionDetector
from stad.models.base import ActionModel
from stad.models.fast_inference import prepare_for_inference
from stad.models.heads.roi_head import RoIHead
from stad.models.two_stream import TwoStreamRecognizer
from stad.utils.pickles import first_line

# RoIAlign has its half-cell correction from opset 16 on.
OPSET = 17
CLIPS, BOXES, SCORES = "clips", "boxes", "scores"


class DetectorGraph(nn.Module):
    """From clips (N, C, T, H, W) and boxes (K, 5) to probabilities (K, num_classes)."""

    def __init__(self, model: ActionDetector) -> None:
        super().__init__()
        self._model = model

    def forward(self, clips: Tensor, boxes: Tensor) -> Tensor:
        """Score the actors; a box is the index of its clip, x1, y1, x2 and y2 in clip pixels."""
        # The shape as a tensor: the graph reads it again for every clip.
        size_px = torch._shape_as_tensor(clips)[3:]
        logits = self._model.roi_head.score_rois(self._model.backbone(clips), boxes, size_px)
        return self._model.probabilities(logits)


class RecognizerGraph(nn.Module):
    """From clips (N, C, T, H, W) to probabilities (N, num_classes)."""

    def __init__(self, model) -> None:
        super().__init__()
        self._model = model

    def forward(self, clips: Tensor) -> Tensor:
        """Score the clips."""
        return self._model.probabilities(self._model.score_clips(clips))
