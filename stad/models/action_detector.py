"""Clips and the boxes of the people in them -> scores of every class for every person."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmengine.model import BaseModel
from torch import Tensor

from stad.models.checks import check_boxes, check_clips
from stad.models.losses import MultiLabelLoss, SingleLabelLoss
from stad.registry import MODELS
from stad.structures import ClipSample


@MODELS.register_module()
class ActionDetector(BaseModel):
    """A backbone over the clip and a head over each person's region.

    Args:
        backbone: config of a module of clips, giving a tuple of maps.
        roi_head: config of a module of (maps, boxes, clip size), such as ``RoIHead``.
        data_preprocessor: config of the ``ClipPreprocessor``.
        loss: config of what training minimises; None takes binary cross entropy for a head of
            several labels, cross entropy for a head of one.
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        backbone: dict,
        roi_head: dict,
        *,
        data_preprocessor: dict,
        loss: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(MODELS.build(data_preprocessor), init_cfg)
        self.backbone = MODELS.build(backbone)
        self.roi_head = MODELS.build(roi_head)
        default = MultiLabelLoss if self.roi_head.multilabel else SingleLabelLoss
        self.loss = MODELS.build(loss or {"type": default})

    @property
    def num_classes(self) -> int:
        """Outputs per actor."""
        return self.roi_head.num_classes

    def score_actors(self, clips: Tensor, boxes: Sequence[Tensor]) -> list[Tensor]:
        """Logits of every class for every actor.

        Args:
            clips: (N, 3, T, H, W) float32, normalised.
            boxes: N times (K_i, 4) float32 xyxy, pixels of the clip; K_i may be 0.

        Returns:
            N times (K_i, num_classes) float32; AVA id k is column k - 1.

        Raises:
            ValueError: other shapes, or boxes that are not finite.
        """
        check_clips(clips)
        check_boxes(boxes, len(clips))
        busy = [i for i, one in enumerate(boxes) if len(one)]
        logits = [clips.new_zeros((0, self.num_classes)).float() for _ in boxes]
        if busy:
            # A clip with nobody in it costs nothing.
            maps = self.backbone(clips if len(busy) == len(clips) else clips[busy])
            size_px = (clips.shape[3], clips.shape[4])
            scored = self.roi_head(maps, [boxes[i] for i in busy], size_px)
            for i, one in zip(busy, scored, strict=True):
                logits[i] = one
        return logits

    def probabilities(self, logits: Tensor) -> Tensor:
        """(..., num_classes) logits -> scores in [0, 1]: sigmoid, or softmax for one label."""
        return logits.sigmoid() if self.roi_head.multilabel else logits.softmax(dim=-1)

    def forward(
        self,
        inputs: Tensor,
        data_samples: Sequence[Tensor] | Sequence[ClipSample],
        mode: str = "tensor",
    ) -> list[Tensor] | dict[str, Tensor] | list[dict]:
        """mmengine's entry.

        Args:
            inputs: 'tensor': clips as in ``score_actors``. 'loss', 'predict': clips as datasets
                give them, (N, T, H, W, 3) uint8 RGB.
            data_samples: 'tensor': boxes as in ``score_actors``; else N times ``ClipSample``.
            mode: 'tensor' gives logits, 'loss' what to minimise, 'predict' probabilities.

        Returns:
            'tensor': as ``score_actors``. 'loss': {'loss': scalar}, the mean over the actors of
            all processes. 'predict': N times {'meta': ``ClipMeta``, 'scores': (K_i, num_classes)
            float32 on the CPU}.

        Raises:
            ValueError: another mode.
        """
        if mode == "tensor":
            return self.score_actors(inputs, data_samples)
        if mode not in ("loss", "predict"):
            raise ValueError(f"mode is 'tensor', 'loss' or 'predict', got {mode!r}")
        clips = self.data_preprocessor.normalise(inputs)
        logits = self.score_actors(clips, [one.boxes for one in data_samples])
        if mode == "loss":
            return {"loss": self._loss(logits, [one.labels for one in data_samples])}
        return [
            {"meta": sample.meta, "scores": self.probabilities(one).float().cpu()}
            for sample, one in zip(data_samples, logits, strict=True)
        ]

    def _loss(self, logits: Sequence[Tensor], labels: Sequence[Tensor]) -> Tensor:
        loss = self.loss(torch.cat(list(logits)), torch.cat(list(labels)))
        if loss.requires_grad:
            return loss
        # Nobody is in these clips. Other processes wait for a gradient of every weight, though.
        return loss + 0 * sum(one.sum() for one in self.parameters() if one.requires_grad)
