"""Score actors of windows that overlap, with each of their crops computed once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor

from stad.models.action_detector import ActionDetector
from stad.models.actor_crops import ActorCrops
from stad.models.base import TrackBackbone, TrackHead
from stad.models.checks import check_tracks
from stad.models.fast_inference import cast_like

# A hash of the frame's bytes; the region and the box in it, 4 float32 each, as bytes.
CropKey = tuple[int, bytes]


class RememberedCrops:
    """Runs an ``ActionDetector`` of actor crops whose backbone sees each frame alone.

    The same region and box in the same frame give the same values. They are computed once; a
    crop that is known is neither cut out nor is its frame normalised.

    Args:
        model: one that ``fits``.
        remembered: number of crops, the latest ones, whose values are kept.
    """

    def __init__(self, model: ActionDetector, *, remembered: int = 1024) -> None:
        self._model, self._remembered = model, remembered
        self._known: OrderedDict[CropKey, Tensor] = OrderedDict()

    @staticmethod
    def fits(model: object) -> bool:
        """Return whether a model is of this kind."""
        return (
            isinstance(model, ActionDetector)
            and model.actor_crops is not None
            and isinstance(model.backbone, TrackBackbone)
            and isinstance(model.roi_head, TrackHead)
        )

    def score(self, clips: Sequence[np.ndarray], tracks: Sequence[Tensor]) -> list[Tensor]:
        """Return the logits of every class for every actor, as ``score_actors`` does.

        Args:
            clips: N times (T, H, W, 3) uint8 RGB.
            tracks: N times (K_i, T, 4) float32 xyxy, pixels of the clip; K_i may be 0.

        Returns:
            N times (K_i, num_classes) float32.

        Raises:
            ValueError: tracks of other shapes, or that are not finite.
        """
        check_tracks(tracks, tracks, len(clips[0]))
        counts = [len(one) for one in tracks]
        device = self._model.data_preprocessor.mean.device
        if not sum(counts):
            return [torch.zeros(0, self._model.num_classes, device=device) for _ in counts]
        crops = cast(ActorCrops, self._model.actor_crops)
        regions = [crops.squares(one) for one in tracks]
        rows = [torch.cat(pair, dim=2).cpu().numpy() for pair in zip(regions, tracks, strict=True)]
        values = self._look_up(clips, rows).to(device)
        maps = values.unflatten(0, (sum(counts), -1)).transpose(1, 2)[..., None, None]
        paths = torch.cat(list(tracks)).to(device)
        logits = self._model.roi_head((maps,), torch.cat(regions).to(device), paths)
        return list(logits.split(counts))

    def _look_up(self, clips: Sequence[np.ndarray], rows: Sequence[np.ndarray]) -> Tensor:
        """Return the values (M * T, C) of regions and boxes, N times (K_i, T, 8)."""
        frames: dict[int, np.ndarray] = {}
        keys: list[CropKey] = []
        for clip, actors in zip(clips, rows, strict=True):
            if len(actors):
                names = [hash(frame.tobytes()) for frame in clip]
                frames.update(zip(names, clip, strict=True))
                for actor in actors:
                    keys += [(name, row.tobytes()) for name, row in zip(names, actor, strict=True)]
        new: dict[int, list[CropKey]] = {}
        for key in dict.fromkeys(keys):
            if key in self._known:
                self._known.move_to_end(key)
            else:
                new.setdefault(key[0], []).append(key)
        if new:
            self._compute(frames, new)
        values = torch.stack([self._known[key] for key in keys])
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)
        return values

    def _compute(
        self, frames: Mapping[int, np.ndarray], new: Mapping[int, Sequence[CropKey]]
    ) -> None:
        """Compute the values of new crops, by frame, in one batch."""
        model, crops, boxes = self._model, [], []
        actor_crops = cast(ActorCrops, model.actor_crops)
        for name, keys in new.items():
            frame = model.data_preprocessor.normalise(torch.from_numpy(frames[name][None, None]))
            content = bytearray().join(row for _, row in keys)
            rows = torch.frombuffer(content, dtype=torch.float32).reshape(-1, 8).to(frame.device)
            crops.append(actor_crops.cut(frame[0, :, 0], rows[:, :4]))
            boxes.append(rows[:, 4:])
        inputs = cast_like(model.backbone, torch.cat(crops))
        (found,) = model.backbone(inputs[:, :, None], torch.cat(boxes)[:, None])
        keys = [key for one in new.values() for key in one]
        self._known.update(zip(keys, found.flatten(1), strict=True))
