"""Clips -> scores of every class for the clip as a whole."""

from __future__ import annotations

from mmengine.model import BaseModel
from torch import Tensor

from stad.models.checks import check_clips
from stad.registry import MODELS


@MODELS.register_module()
class Recognizer(BaseModel):
    """A backbone over the clip and a head over its maps.

    Args:
        backbone: config of a module of clips, giving a tuple of maps.
        head: config of a module of maps, such as ``ClipHead``.
        data_preprocessor: config of the ``ClipPreprocessor``.
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        backbone: dict,
        head: dict,
        *,
        data_preprocessor: dict,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(MODELS.build(data_preprocessor), init_cfg)
        self.backbone = MODELS.build(backbone)
        self.head = MODELS.build(head)

    @property
    def num_classes(self) -> int:
        """Outputs per clip."""
        return self.head.num_classes

    def score_clips(self, clips: Tensor) -> Tensor:
        """Logits of every class for every clip.

        Args:
            clips: (N, 3, T, H, W) float32, normalised.

        Returns:
            (N, num_classes) float32.

        Raises:
            ValueError: another shape.
        """
        check_clips(clips)
        return self.head(self.backbone(clips))

    def probabilities(self, logits: Tensor) -> Tensor:
        """(..., num_classes) logits -> scores in [0, 1]: sigmoid, or softmax for one label."""
        return logits.sigmoid() if self.head.multilabel else logits.softmax(dim=-1)

    def forward(self, inputs: Tensor, data_samples: None = None, mode: str = "tensor") -> Tensor:
        """mmengine's entry: clips as in ``score_clips``; no samples are needed.

        Raises:
            ValueError: a mode other than 'tensor', or samples.
        """
        if mode != "tensor" or data_samples is not None:
            raise ValueError(f"a Recognizer has the mode 'tensor' without samples, got {mode!r}")
        return self.score_clips(inputs)
