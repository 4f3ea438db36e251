"""The recognizer: scores every class for a clip as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from stad.models.base import ActionModel, Head
from stad.models.checks import check_clips, check_mode
from stad.models.fast_inference import cast_like
from stad.models.losses import MultiLabelLoss, SingleLabelLoss
from stad.models.mixing import Mixup
from stad.registry import MODELS
from stad.structures import VideoSample


@MODELS.register_module()
class Recognizer(ActionModel):
    """A backbone over the clip and a head over its maps.

    Args:
        backbone: config of a module of clips that gives a tuple of maps.
        head: config of a module of maps, such as ``ClipHead``.
        data_preprocessor: config of the ``ClipPreprocessor``.
        loss: config of the loss; None takes binary cross entropy for a head of several labels,
            cross entropy for a head of one.
        mixup: config of a module that blends the clips of a training batch, such as ``Mixup``.
        init_cfg: mmengine's initialisation.
    """

    head: Head
    mixup: Mixup | None

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
    def heads(self) -> dict[str, Head]:
        """The head by the name of its attribute."""
        return {"head": self.head}

    def score_clips(self, clips: Tensor) -> Tensor:
        """Return the logits of every class for every clip.

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

    def forward(
        self,
        inputs: Tensor,
        data_samples: Sequence[VideoSample] | None = None,
        mode: str = "tensor",
    ) -> Tensor | dict[str, Tensor] | list[dict]:
        """Score a batch as mmengine asks for it.

        Args:
            inputs: clips as in ``score_clips``, as the data preprocessor gives them.
            data_samples: the samples of N clips; the mode 'tensor' does not need them.
            mode: 'tensor' gives logits, 'loss' the losses, 'predict' probabilities.

        Returns:
            'tensor': as ``score_clips``. 'loss': {'loss...': scalar}, means over the readable
            clips of all processes. 'predict': N times {'meta': ``VideoMeta``, 'scores':
            (num_classes,) float32 on the CPU}.

        Raises:
            ValueError: another mode, or no samples in the modes 'loss' and 'predict'.
        """
        check_mode(mode)
        if mode == "tensor":
            return self.score_clips(inputs)
        if data_samples is None:
            raise ValueError(f"mode {mode!r} needs data_samples, got None")
        if mode == "loss":
            return self._losses_of(inputs, torch.stack([one.label for one in data_samples]))
        scores = self.probabilities(self.score_clips(inputs)).float().cpu()
        return [
            {"meta": sample.meta, "scores": row}
            for sample, row in zip(data_samples, scores, strict=True)
        ]

    def _losses_of(self, clips: Tensor, labels: Tensor) -> dict[str, Tensor]:
        # Unreadable clips have no label, and nothing is learnt from them.
        known = labels.sum(dim=1) > 0
        if known.any():
            clips, labels, known = clips[known], labels[known], known[known]
        if self.mixup is not None:
            clips, labels = self.mixup(clips, labels)
        # Without a label in the batch, other processes still wait for a gradient of every weight.
        return {
            name: self.loss(logits[known], labels[known])
            for name, logits in self.training_logits(clips).items()
        }

    def training_logits(self, clips: Tensor) -> dict[str, Tensor]:
        """Return the logits that are trained, by the name of the loss of each.

        Args:
            clips: as in ``score_clips``.

        Returns:
            Names that begin with 'loss', to (N, num_classes) float32.
        """
        return {"loss": self.score_clips(clips)}
