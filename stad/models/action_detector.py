"""The detector: scores every class for every person in a clip."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from stad.models.actor_crops import ActorCrops, still_tracks
from stad.models.base import ActionModel, Head, TrackBackbone, TrackHead
from stad.models.checks import (
    check_boxes,
    check_clips,
    check_mode,
    check_tracks,
    is_skeleton_batch,
    tracks_of,
)
from stad.models.fast_inference import cast_like
from stad.models.losses import MultiLabelLoss, SingleLabelLoss
from stad.registry import MODELS
from stad.structures import ClipSample, SkeletonSample


@MODELS.register_module()
class ActionDetector(ActionModel):
    """A backbone over the clip and a head over each person's region.

    With ``actor_crops`` the backbone sees one clip per person instead, cut out around the
    person's track: small people are seen as large as others, and the cost grows with the number
    of people, not with the size of the image.

    Args:
        backbone: config of a module of clips that gives a tuple of maps; with crops, also a
            ``TrackBackbone``.
        roi_head: config of a module of (maps, boxes, clip size), such as ``RoIHead``; with
            crops, also a ``TrackHead``, such as ``SkeletonHead``.
        data_preprocessor: config of the ``ClipPreprocessor``.
        actor_crops: config of ``ActorCrops``; None gives the backbone the whole clip.
        loss: config of the loss; None takes binary cross entropy for a head of several labels,
            cross entropy for a head of one.
        times_person_score: whether the score of an action is multiplied by the score of the
            person's box at test; training and ``score_actors`` do not see that score.
        init_cfg: mmengine's initialisation.
    """

    roi_head: Head
    actor_crops: ActorCrops | None

    def __init__(
        self,
        backbone: dict,
        roi_head: dict,
        *,
        data_preprocessor: dict,
        actor_crops: dict | None = None,
        loss: dict | None = None,
        times_person_score: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(MODELS.build(data_preprocessor), init_cfg)
        self.times_person_score = times_person_score
        self.backbone = MODELS.build(backbone)
        self.roi_head = MODELS.build(roi_head)
        self.actor_crops = None if actor_crops is None else MODELS.build(actor_crops)
        default = MultiLabelLoss if self.roi_head.multilabel else SingleLabelLoss
        self.loss = MODELS.build(loss or {"type": default})

    @property
    def heads(self) -> dict[str, Head]:
        """The head by the name of its attribute."""
        return {"roi_head": self.roi_head}

    @property
    def sees_tracks(self) -> bool:
        """True if the scores depend on where the actors are in every frame of a clip."""
        return self.actor_crops is not None

    def score_actors(
        self,
        clips: Tensor,
        boxes: Sequence[Tensor],
        tracks: Sequence[Tensor] | None = None,
    ) -> list[Tensor]:
        """Return the logits of every class for every actor.

        Args:
            clips: (N, 3, T, H, W) float32, normalised; (N, 5, T, H, W) for a preprocessor with
                optical flow.
            boxes: N times (K_i, 4) float32 xyxy, pixels of the clip; K_i may be 0.
            tracks: N times (K_i, T, 4) float32 xyxy, the same actors in every frame, for models
                with ``actor_crops``; None keeps the boxes where they are. Other models ignore
                it.

        Returns:
            N times (K_i, num_classes) float32; AVA id k is column k - 1.

        Raises:
            ValueError: other shapes or numbers of arrays, or values that are not finite.
        """
        check_clips(clips, self.data_preprocessor.num_channels)
        check_boxes(boxes, len(clips))
        if tracks is not None:
            check_tracks(tracks, boxes, clips.shape[2])
        busy = [i for i, one in enumerate(boxes) if len(one)]
        logits = [clips.new_zeros((0, self.num_classes)).float() for _ in boxes]
        if busy:
            # Clips without people are not run.
            seen = clips if len(busy) == len(clips) else clips[busy]
            chosen = [boxes[i] for i in busy]
            moving = None if tracks is None else [tracks[i] for i in busy]
            for i, one in zip(busy, self._score(seen, chosen, moving), strict=True):
                logits[i] = one
        return logits

    def _score(
        self, clips: Tensor, boxes: Sequence[Tensor], tracks: Sequence[Tensor] | None
    ) -> Sequence[Tensor]:
        """Return the logits (K_i, num_classes) of N clips with at least one actor in each."""
        if self.actor_crops is None:
            size_px = (clips.shape[3], clips.shape[4])
            return self.roi_head(self.backbone(cast_like(self.backbone, clips)), boxes, size_px)
        paths = still_tracks(boxes, clips.shape[2]) if tracks is None else tracks
        cut = self.actor_crops(clips, paths)
        inputs = cast_like(self.backbone, cut.clips)
        if isinstance(self.backbone, TrackBackbone):
            maps = self.backbone(inputs, cut.tracks)
        else:
            maps = self.backbone(inputs)
        if isinstance(self.roi_head, TrackHead):
            logits = self.roi_head(maps, cut.regions, cut.tracks)
        else:
            size_px = (inputs.shape[3], inputs.shape[4])
            logits = torch.cat(list(self.roi_head(maps, cut.boxes_in_crops(), size_px)))
        return logits.split([len(one) for one in paths])

    def forward(
        self,
        inputs: Tensor,
        data_samples: Sequence[ClipSample] | Sequence[SkeletonSample],
        mode: str = "tensor",
    ) -> list[Tensor] | dict[str, Tensor] | list[dict]:
        """Score a batch as mmengine asks for it; ``score_actors`` takes plain boxes instead.

        Args:
            inputs: clips as in ``score_actors``, as the data preprocessor gives them; for kept
                maps (M, C, T, 1, 1) float32, see ``SkeletonDataset``.
            data_samples: the samples of N clips; for kept maps those of M actors.
            mode: 'tensor' gives logits, 'loss' the loss, 'predict' probabilities.

        Returns:
            'tensor': as ``score_actors``, for kept maps M times (1, num_classes). 'loss':
            {'loss': scalar}, the mean over the actors of all processes. 'predict': N times
            {'meta': ``ClipMeta``, 'scores': (K_i, num_classes) float32 on the CPU}.

        Raises:
            ValueError: another mode, 'predict' for kept maps, or tracks for some samples only.
        """
        check_mode(mode)
        if is_skeleton_batch(data_samples):
            return self._forward_maps(inputs, data_samples, mode)
        logits = self._logits(inputs, data_samples)
        if mode == "tensor":
            return logits
        if mode == "loss":
            return {"loss": self._loss(logits, [one.labels for one in data_samples])}
        return [
            {"meta": sample.meta, "scores": self._scores(one, sample.meta.person_scores)}
            for sample, one in zip(data_samples, logits, strict=True)
        ]

    def _logits(self, inputs: Tensor, samples: Sequence[ClipSample]) -> list[Tensor]:
        """Return the logits of a batch, as ``score_actors``."""
        tracks = tracks_of(samples) if self.sees_tracks else None
        return self.score_actors(inputs, [one.boxes for one in samples], tracks)

    def _scores(self, logits: Tensor, person_scores: np.ndarray | None) -> Tensor:
        """Return the scores (K, num_classes) float32 of the actors of a clip, on the CPU."""
        scores = self.probabilities(logits).float().cpu()
        if not self.times_person_score or person_scores is None:
            return scores
        return scores * torch.from_numpy(person_scores).float()[:, None]

    def _forward_maps(
        self, maps: Tensor, samples: Sequence[SkeletonSample], mode: str
    ) -> list[Tensor] | dict[str, Tensor]:
        """Run the head alone, over maps of the frozen backbone that were kept."""
        if mode == "predict":
            raise ValueError("kept maps have no keyframe to predict for: use clips instead")
        regions, tracks, labels = (torch.stack(one) for one in zip(*samples, strict=True))
        logits = self.roi_head((maps,), regions, tracks)
        if mode == "tensor":
            return list(logits.split(1))
        return {"loss": self.loss(logits, labels)}

    def _loss(self, logits: Sequence[Tensor], labels: Sequence[Tensor]) -> Tensor:
        loss = self.loss(torch.cat(list(logits)), torch.cat(list(labels)))
        if loss.requires_grad:
            return loss
        # Without people in the batch, other processes still wait for a gradient of every weight.
        return loss + 0 * sum(one.sum() for one in self.parameters() if one.requires_grad)
