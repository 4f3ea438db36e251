"""Clips and the boxes of the people in them -> scores of every class for every person."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmengine.model import BaseModel
from torch import Tensor

from stad.models.actor_crops import still_tracks
from stad.models.checks import check_boxes, check_clips, check_tracks
from stad.models.fast_inference import cast_like
from stad.models.losses import MultiLabelLoss, SingleLabelLoss
from stad.registry import MODELS
from stad.structures import ClipSample, SkeletonSample


@MODELS.register_module()
class ActionDetector(BaseModel):
    """A backbone over the clip and a head over each person's region.

    With ``actor_crops`` the backbone sees one clip per person instead, cut out around the
    person's track: small people are seen as large as others, and what costs is people, not
    picture.

    Args:
        backbone: config of a module of clips, giving a tuple of maps.
        roi_head: config of a module of (maps, boxes, clip size), such as ``RoIHead``; with
            crops, of (maps, regions, tracks) where it has ``sees_tracks``.
        data_preprocessor: config of the ``ClipPreprocessor``.
        actor_crops: config of ``ActorCrops``; None gives the backbone the whole clip.
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
        actor_crops: dict | None = None,
        loss: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(MODELS.build(data_preprocessor), init_cfg)
        self.backbone = MODELS.build(backbone)
        self.roi_head = MODELS.build(roi_head)
        self.actor_crops = None if actor_crops is None else MODELS.build(actor_crops)
        default = MultiLabelLoss if self.roi_head.multilabel else SingleLabelLoss
        self.loss = MODELS.build(loss or {"type": default})

    @property
    def num_classes(self) -> int:
        """Outputs per actor."""
        return self.roi_head.num_classes

    def score_actors(
        self,
        clips: Tensor,
        boxes: Sequence[Tensor],
        tracks: Sequence[Tensor] | None = None,
    ) -> list[Tensor]:
        """Logits of every class for every actor.

        Args:
            clips: (N, 3, T, H, W) float32, normalised; (N, 5, T, H, W) for a preprocessor with
                optical flow.
            boxes: N times (K_i, 4) float32 xyxy, pixels of the clip; K_i may be 0.
            tracks: N times (K_i, T, 4) float32 xyxy, the same actors in every frame, for models
                with ``actor_crops``; None lets the boxes stand still. Others do not look at it.

        Returns:
            N times (K_i, num_classes) float32; AVA id k is column k - 1.

        Raises:
            ValueError: other shapes, or boxes that are not finite.
        """
        check_clips(clips, self.data_preprocessor.num_channels)
        check_boxes(boxes, len(clips))
        if tracks is not None:
            check_tracks(tracks, boxes, clips.shape[2])
        busy = [i for i, one in enumerate(boxes) if len(one)]
        logits = [clips.new_zeros((0, self.num_classes)).float() for _ in boxes]
        if busy:
            # A clip with nobody in it costs nothing.
            seen = clips if len(busy) == len(clips) else clips[busy]
            chosen = [boxes[i] for i in busy]
            if self.actor_crops is None:
                size_px = (clips.shape[3], clips.shape[4])
                scored = self.roi_head(
                    self.backbone(cast_like(self.backbone, seen)), chosen, size_px
                )
            else:
                paths = still_tracks(chosen, clips.shape[2])
                if tracks is not None:
                    paths = [tracks[i] for i in busy]
                scored = self._score_crops(seen, paths)
            for i, one in zip(busy, scored, strict=True):
                logits[i] = one
        return logits

    def _score_crops(self, clips: Tensor, tracks: Sequence[Tensor]) -> Sequence[Tensor]:
        """Logits (K_i, num_classes) of N clips with somebody in each."""
        cut = self.actor_crops(clips, tracks)
        inputs = cast_like(self.backbone, cut.clips)
        if getattr(self.backbone, "sees_tracks", False):
            maps = self.backbone(inputs, cut.tracks)
        else:
            maps = self.backbone(inputs)
        if getattr(self.roi_head, "sees_tracks", False):
            logits = self.roi_head(maps, cut.regions, cut.tracks)
        else:
            size_px = (inputs.shape[3], inputs.shape[4])
            logits = torch.cat(list(self.roi_head(maps, cut.boxes_in_crops(), size_px)))
        return logits.split([len(one) for one in tracks])

    def probabilities(self, logits: Tensor) -> Tensor:
        """(..., num_classes) logits -> scores in [0, 1].

        Softmax for one label; sigmoid for several, but softmax among the first
        ``num_exclusive`` classes of a head that has such.
        """
        if not self.roi_head.multilabel:
            return logits.softmax(dim=-1)
        exclusive = getattr(self.roi_head, "num_exclusive", 0)
        either, free = logits[..., :exclusive], logits[..., exclusive:]
        return torch.cat((either.softmax(dim=-1), free.sigmoid()), dim=-1)

    def forward(
        self,
        inputs: Tensor,
        data_samples: Sequence[Tensor] | Sequence[ClipSample] | Sequence[SkeletonSample],
        mode: str = "tensor",
    ) -> list[Tensor] | dict[str, Tensor] | list[dict]:
        """mmengine's entry.

        Args:
            inputs: 'tensor': clips as in ``score_actors``. 'loss', 'predict': clips as datasets
                give them, (N, T, H, W, 3) uint8 RGB; 'loss' also maps of ``SkeletonDataset``.
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
        if mode == "loss" and hasattr(data_samples[0], "regions"):
            return {"loss": self._loss_of_maps(inputs, data_samples)}
        clips = self.data_preprocessor.normalise(inputs)
        boxes, tracks = [one.boxes for one in data_samples], None
        if self.actor_crops is not None and data_samples[0].tracks is not None:
            tracks = [one.tracks for one in data_samples]
        logits = self.score_actors(clips, boxes, tracks)
        if mode == "loss":
            return {"loss": self._loss(logits, [one.labels for one in data_samples])}
        return [
            {"meta": sample.meta, "scores": self.probabilities(one).float().cpu()}
            for sample, one in zip(data_samples, logits, strict=True)
        ]

    def _loss_of_maps(self, maps: Tensor, samples: Sequence[SkeletonSample]) -> Tensor:
        """The loss where a frozen backbone's maps were kept; see ``SkeletonDataset``."""
        device = next(self.roi_head.parameters()).device
        regions, tracks, labels = (
            torch.stack(one).to(device) for one in zip(*samples, strict=True)
        )
        return self.loss(self.roi_head((maps.to(device),), regions, tracks), labels)

    def _loss(self, logits: Sequence[Tensor], labels: Sequence[Tensor]) -> Tensor:
        loss = self.loss(torch.cat(list(logits)), torch.cat(list(labels)))
        if loss.requires_grad:
            return loss
        # Nobody is in these clips. Other processes wait for a gradient of every weight, though.
        return loss + 0 * sum(one.sum() for one in self.parameters() if one.requires_grad)
