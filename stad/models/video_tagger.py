"""Taggers: they score every label for a whole video, from the features of its frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch
from torch import Tensor, nn

from stad.models.aggregators.variants import variant_of
from stad.models.base import Head, ScoringModel
from stad.models.checks import check_mode
from stad.models.feature_preprocessor import FeaturePreprocessor
from stad.models.heads.tag_heads import TagHead
from stad.models.losses import TagLoss
from stad.models.tag_network import TagNetwork
from stad.registry import MODELS
from stad.structures import RecordSample

# Frames, (N, T, D) float32 normalised, and mask, (N, T, M) bool.
FramesAndMask: TypeAlias = tuple[Tensor, Tensor]


class TaggingModel(ScoringModel):
    """The base of ``VideoTagger`` and ``MixedVideoTagger``.

    Attributes:
        data_preprocessor: makes normalised features of a batch of the data loader.
        channels: of each modality, in the order of the features.
        loss: is called with logits and labels, (N, num_classes) both, and gives a scalar.
    """

    data_preprocessor: FeaturePreprocessor
    channels: list[int]
    loss: nn.Module

    def __init__(
        self,
        modalities: Sequence[dict],
        *,
        data_preprocessor: dict | None,
        loss: dict | None,
        init_cfg: dict | None,
    ) -> None:
        preprocessor = {"type": FeaturePreprocessor, **(data_preprocessor or {})}
        preprocessor.setdefault("modalities", modalities)
        super().__init__(MODELS.build(preprocessor), init_cfg)
        self.channels = [one["channels"] for one in modalities]
        self.loss = MODELS.build(loss or {"type": TagLoss})

    def is_body(self, name: str) -> bool:
        """Return whether the tensor of that name is not of a head."""
        return ".head." not in name

    def score_frames(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Return the logits of every label for every video.

        Args:
            frames: (N, T, D) float32, normalised, see ``FeaturePreprocessor``; D are the channels
                of all M modalities.
            mask: (N, T, M) bool, True at the frames of a video.

        Returns:
            (N, num_classes) float32.

        Raises:
            ValueError: another shape or type.
        """
        raise NotImplementedError

    def training_losses(self, frames: Tensor, mask: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Return the losses of a batch, all to be added, by names that begin with 'loss'.

        Args:
            frames: as in ``score_frames``.
            mask: as in ``score_frames``.
            labels: (N, num_classes) float, 0 or 1.
        """
        raise NotImplementedError

    def forward(
        self,
        inputs: FramesAndMask,
        data_samples: Sequence[RecordSample] | None = None,
        mode: str = "tensor",
    ) -> Tensor | dict[str, Tensor] | list[dict]:
        """Score a batch as mmengine asks for it.

        Args:
            inputs: frames and mask as in ``score_frames``, as the data preprocessor gives them.
            data_samples: the samples of N videos; the mode 'tensor' does not need them.
            mode: 'tensor' gives logits, 'loss' the losses, 'predict' probabilities.

        Returns:
            'tensor': as ``score_frames``. 'loss': {'loss...': scalar}, means over the videos of
            all processes. 'predict': N times {'meta': ``RecordMeta``, 'label' and 'scores':
            (num_classes,) float32 on the CPU}.

        Raises:
            ValueError: another mode, or no samples in the modes 'loss' and 'predict'.
        """
        check_mode(mode)
        frames, mask = inputs
        if mode == "tensor":
            return self.score_frames(frames, mask)
        if data_samples is None:
            raise ValueError(f"mode {mode!r} needs data_samples, got None")
        if mode == "loss":
            labels = torch.stack([one.label for one in data_samples]).to(frames.device)
            return self.training_losses(frames, mask, labels)
        scores = self.probabilities(self.score_frames(frames, mask)).float().cpu()
        return [
            {"meta": sample.meta, "label": sample.label.cpu(), "scores": row}
            for sample, row in zip(data_samples, scores, strict=True)
        ]

    def check_frames(self, frames: Tensor, mask: Tensor) -> None:
        """Raise ValueError unless these are the arguments of ``score_frames``."""
        width = sum(self.channels)
        if frames.ndim != 3 or frames.shape[2] != width or not frames.is_floating_point():
            raise ValueError(
                f"frames must be (N, T, {width}) floating point, normalised, "
                f"got {tuple(frames.shape)} {str(frames.dtype).removeprefix('torch.')}"
            )
        expected = (*frames.shape[:2], len(self.channels))
        if tuple(mask.shape) != expected or mask.dtype != torch.bool:
            raise ValueError(
                f"mask must be {expected} bool, got {tuple(mask.shape)} "
                f"{str(mask.dtype).removeprefix('torch.')}"
            )


@MODELS.register_module()
class VideoTagger(TaggingModel):
    """One vector per modality and video, and a classifier over them.

    Args:
        modalities: of each, in the order of the channels of the features: 'name', 'channels' and
            'aggregator', the config of an ``Aggregator`` without its channels; and 'eigenvalues',
            see ``FeaturePreprocessor``.
        head: config of the head, such as ``LogisticTagHead``, without its number of inputs.
        data_preprocessor: config of the ``FeaturePreprocessor``; its modalities are those above.
        hidden: width of the hidden layer; None for none, which leaves out the gating as well.
        gating_reduction: how much narrower the bottleneck of the context gating is; None for
            one matrix without it.
        dropout: probability in training, of the vectors of the modalities.
        variant: 'masked', where padding changes nothing; 'authors', where it counts in the
            statistics of training; or 'paddle'. See ``stad.models.aggregators.variants``.
        norm_momentum: by how much a step moves the running statistics, in ]0, 1]; None for that
            of the variant. The authors' 0.001 needs thousands of steps.
        loss: config of the loss; None for ``TagLoss``.
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        modalities: Sequence[dict],
        head: dict,
        *,
        data_preprocessor: dict | None = None,
        hidden: int | None = 2048,
        gating_reduction: int | None = 8,
        dropout: float = 0.5,
        variant: str = "masked",
        norm_momentum: float | None = None,
        loss: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(
            modalities, data_preprocessor=data_preprocessor, loss=loss, init_cfg=init_cfg
        )
        self.network = TagNetwork(
            modalities,
            head,
            hidden=hidden,
            gating_reduction=gating_reduction,
            dropout=dropout,
            variant=variant_of(variant, norm_momentum=norm_momentum),
        )

    @property
    def heads(self) -> dict[str, Head]:
        """The head by its name in the config."""
        return {"head": self.network.head}

    @property
    def tag_head(self) -> TagHead:
        """The head, with its penalty."""
        return self.network.head

    def score_frames(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Return the logits of every label for every video; see ``TaggingModel``."""
        self.check_frames(frames, mask)
        return self.network(frames, mask)

    def training_losses(self, frames: Tensor, mask: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Return the loss of the labels and the penalty of the head; see ``TaggingModel``."""
        losses = {"loss": self.loss(self.score_frames(frames, mask), labels)}
        if self.tag_head.l2_penalty:
            losses["loss_l2"] = self.tag_head.penalty()
        return losses
