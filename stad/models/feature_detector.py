"""The detector of one's own classes: features of several views of each actor, and one head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from stad.models.action_detector import ActionDetector
from stad.models.actor_crops import still_tracks
from stad.models.base import TrackBackbone
from stad.models.checks import check_boxes, check_clips, check_tracks
from stad.models.views import ActorView, ViewedClips
from stad.registry import MODELS

# What views of keypoints take: [0, 255] becomes [-1, 1].
UNIT = 127.5


@MODELS.register_module()
class FeatureDetector(ActionDetector):
    """Describes each actor by features of frozen networks, and classifies these by a small head.

    The head is trained on what ``describe_actors`` gives, which is all that it sees here, too.

    Args:
        views: configs of modules such as ``SceneView``, see ``stad.models.views``; the features
            are side by side in this order.
        roi_head: config of a module of features (K, F), such as ``FeatureHead``.
        backbone: config of the network of clips that the views see; of the network of keypoints
            where no view needs another one.
        pose: config of the network of keypoints, where there is a backbone of clips as well.
        data_preprocessor: config of the ``ClipPreprocessor``, for ``backbone``.
        whole_frame: there are no people: the one actor is the whole frame, and ``score_clips``
            scores clips.
        loss: as in ``ActionDetector``.
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        views: Sequence[dict],
        roi_head: dict,
        *,
        backbone: dict,
        data_preprocessor: dict,
        pose: dict | None = None,
        whole_frame: bool = False,
        loss: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(
            backbone, roi_head, data_preprocessor=data_preprocessor, loss=loss, init_cfg=init_cfg
        )
        built: list[ActorView] = [MODELS.build(one) for one in views]
        names = [one.name for one in built]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"a FeatureDetector needs one view or more, each once, got {names}")
        self.views = nn.ModuleDict({one.name: one for one in built})
        self.pose: TrackBackbone | None = None if pose is None else MODELS.build(pose)
        self.whole_frame = whole_frame

    @property
    def backbones(self) -> dict[str, nn.Module]:
        """All backbones of the model by the names of their attributes."""
        return {"backbone": self.backbone} | ({} if self.pose is None else {"pose": self.pose})

    @property
    def view_widths(self) -> dict[str, int]:
        """The number of features of each view, in the order of the features."""
        return {name: cast(ActorView, one).width for name, one in self.views.items()}

    @property
    def sees_tracks(self) -> bool:
        """True if the scores depend on where the actors are in every frame of a clip."""
        return any(cast(ActorView, one).sees_tracks for one in self.views.values())

    def describe_actors(
        self,
        clips: Tensor,
        boxes: Sequence[Tensor],
        tracks: Sequence[Tensor] | None = None,
    ) -> list[Tensor]:
        """Return the features of every actor, view by view, see ``view_widths``.

        Args:
            clips: as in ``score_actors``, and the others too.
            boxes: of the actors.
            tracks: of the actors.

        Returns:
            N times (K_i, F) float32.

        Raises:
            ValueError: as ``score_actors``.
        """
        check_clips(clips, self.data_preprocessor.num_channels)
        check_boxes(boxes, len(clips))
        if tracks is not None:
            check_tracks(tracks, boxes, clips.shape[2])
        if not sum(len(one) for one in boxes):
            return [clips.new_zeros((0, sum(self.view_widths.values()))).float() for _ in boxes]
        return list(self._describe(clips, boxes, tracks).split([len(one) for one in boxes]))

    def score_clips(self, clips: Tensor) -> Tensor:
        """Return the logits of whole clips as a ``Recognizer`` does; only for ``whole_frame``.

        Args:
            clips: (N, 3, T, H, W) float32, normalised.

        Returns:
            (N, num_classes) float32.
        """
        height, width = clips.shape[3:]
        box = clips.new_tensor([[0.0, 0.0, width, height]]).float()
        return torch.cat(self.score_actors(clips, [box] * len(clips)))

    def _score(
        self, clips: Tensor, boxes: Sequence[Tensor], tracks: Sequence[Tensor] | None
    ) -> Sequence[Tensor]:
        logits = self.roi_head(self._describe(clips, boxes, tracks))
        return logits.split([len(one) for one in boxes])

    def _describe(
        self, clips: Tensor, boxes: Sequence[Tensor], tracks: Sequence[Tensor] | None
    ) -> Tensor:
        """Return the features (sum of K_i, F) of one actor or more."""
        viewed = ViewedClips(
            clips,
            boxes,
            still_tracks(boxes, clips.shape[2]) if tracks is None else tracks,
            backbone=self.backbone,
            pose=self.backbone if isinstance(self.backbone, TrackBackbone) else self.pose,
            unscale=self._in_unit_range,
        )
        return torch.cat([view(viewed) for view in self.views.values()], dim=1)

    def _in_unit_range(self, clips: Tensor) -> Tensor:
        """Turn normalised clips into clips in [-1, 1]."""
        mean, std = self.data_preprocessor.mean, self.data_preprocessor.std
        if bool((mean == UNIT).all()) and bool((std == UNIT).all()):
            return clips
        return (clips * std + mean - UNIT) / UNIT
