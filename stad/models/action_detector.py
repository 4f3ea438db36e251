"""Clips and the boxes of the people in them -> scores of every class for every person."""

from __future__ import annotations

from collections.abc import Sequence

from mmengine.model import BaseModel
from torch import Tensor

from stad.models.checks import check_boxes, check_clips
from stad.registry import MODELS


@MODELS.register_module()
class ActionDetector(BaseModel):
    """A backbone over the clip and a head over each person's region.

    Args:
        backbone: config of a module of clips, giving a tuple of maps.
        roi_head: config of a module of (maps, boxes, clip size), such as ``RoIHead``.
        data_preprocessor: config of the ``ClipPreprocessor``.
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        backbone: dict,
        roi_head: dict,
        *,
        data_preprocessor: dict,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(MODELS.build(data_preprocessor), init_cfg)
        self.backbone = MODELS.build(backbone)
        self.roi_head = MODELS.build(roi_head)

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
        self, inputs: Tensor, data_samples: Sequence[Tensor], mode: str = "tensor"
    ) -> list[Tensor]:
        """mmengine's entry: clips and boxes as in ``score_actors``.

        Raises:
            ValueError: a mode other than 'tensor'.
        """
        if mode != "tensor":
            raise ValueError(f"an ActionDetector has the mode 'tensor', got {mode!r}")
        return self.score_actors(inputs, data_samples)
