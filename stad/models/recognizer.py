"""Clips -> scores of every class for the clip as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmengine.model import BaseModel
from torch import Tensor

from stad.models.checks import check_clips
from stad.models.fast_inference import cast_like
from stad.models.losses import MultiLabelLoss, SingleLabelLoss
from stad.registry import MODELS
from stad.structures import VideoSample


@MODELS.register_module()
class Recognizer(BaseModel):
    """A backbone over the clip and a head over its maps.

    Args:
        backbone: config of a module of clips, giving a tuple of maps.
        head: config of a module of maps, such as ``ClipHead``.
        data_preprocessor: config of the ``ClipPreprocessor``.
        loss: config of what training minimises; None takes binary cross entropy for a head of
            several labels, cross entropy for a head of one.
        mixup: config of what blends the clips of a batch in training, such as ``Mixup``.
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        backbone: dict,
        head: dict,
        *,
        data_preprocessor: dict,
        loss: dict | None = None,
        mixup: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(MODELS.build(data_preprocessor), init_cfg)
        self.backbone = MODELS.build(backbone)
        self.head = MODELS.build(head)
        default = MultiLabelLoss if self.head.multilabel else SingleLabelLoss
        self.loss = MODELS.build(loss or {"type": default})
        self.mixup = None if mixup is None else MODELS.build(mixup)

    @property
    def num_classes(self) -> int:
        """Outputs per clip."""
        return self.head.num_classes

    def score_clips(self, clips: Tensor) -> Tensor:
        """Logits of every class for every clip.

        Args:
            clips: (N, 3, T, H, W) float32, normalised; (N, 5, T, H, W) for a preprocessor with
                optical flow.

        Returns:
            (N, num_classes) float32.

        Raises:
            ValueError: another shape.
        """
        check_clips(clips, self.data_preprocessor.num_channels)
        return self.head(self.backbone(cast_like(self.backbone, clips)))

    def probabilities(self, logits: Tensor) -> Tensor:
        """(..., num_classes) logits -> scores in [0, 1]: sigmoid, or softmax for one label."""
        return logits.sigmoid() if self.head.multilabel else logits.softmax(dim=-1)

    def forward(
        self,
        inputs: Tensor,
        data_samples: Sequence[VideoSample] | None = None,
        mode: str = "tensor",
    ) -> Tensor | dict[str, Tensor] | list[dict]:
        """mmengine's entry.

        Args:
            inputs: 'tensor': clips as in ``score_clips``. 'loss', 'predict': clips as datasets
                give them, (N, T, H, W, 3) uint8 RGB.
            data_samples: 'tensor': None; else N samples.
            mode: 'tensor' gives logits, 'loss' what to minimise, 'predict' probabilities.

        Returns:
            'tensor': as ``score_clips``. 'loss': {'loss...': scalar}, means over the clips of
            all processes that could be read. 'predict': N times {'meta': ``VideoMeta``,
            'scores': (num_classes,) float32 on the CPU}.

        Raises:
            ValueError: another mode, or samples in the mode 'tensor'.
        """
        if mode == "tensor" and data_samples is None:
            return self.score_clips(inputs)
        if mode not in ("loss", "predict"):
            raise ValueError(
                f"mode is 'tensor' without samples, 'loss' or 'predict' with them, got {mode!r}"
            )
        clips = self.data_preprocessor.normalise(inputs)
        if mode == "loss":
            return self._losses_of(clips, torch.stack([one.label for one in data_samples]))
        scores = self.probabilities(self.score_clips(clips)).float().cpu()
        return [
            {"meta": sample.meta, "scores": row}
            for sample, row in zip(data_samples, scores, strict=True)
        ]

    def _losses_of(self, clips: Tensor, labels: Tensor) -> dict[str, Tensor]:
        # Clips that could not be read have no label, and nothing is learnt from them.
        known = labels.sum(dim=1) > 0
        if known.any():
            clips, labels, known = clips[known], labels[known], known[known]
        if self.mixup is not None:
            clips, labels = self.mixup(clips, labels)
        # Where there is nothing to learn, other processes wait for a gradient of every weight.
        return {
            name: self.loss(logits[known], labels[known])
            for name, logits in self.training_logits(clips).items()
        }

    def training_logits(self, clips: Tensor) -> dict[str, Tensor]:
        """What is trained of a batch: the name of each loss and the logits that it is of.

        Args:
            clips: as in ``score_clips``.

        Returns:
            Names that begin with 'loss', to (N, num_classes) float32.
        """
        return {"loss": self.score_clips(clips)}
