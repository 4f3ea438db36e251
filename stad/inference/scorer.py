"""Score the actions of actors in clips with a network."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from stad.inference.scoring import Moment, Remembered
from stad.models.action_detector import ActionDetector
from stad.models.fast_inference import prepare_for_inference
from stad.models.long_context_detector import LongContextDetector
from stad.models.memory import RecentActors
from stad.models.online import OnlineRecognizer
from stad.models.remembered_crops import RememberedCrops
from stad.utils.steady_products import SteadyProducts
from stad.video.geometry import clip_size, scale_boxes
from stad.video.window import Window

if TYPE_CHECKING:
    from stad.zoo import LoadedModel


class ActionScorer:
    """Scores the actors of clips with an ``ActionDetector`` exactly as in evaluation.

    A ``Recognizer`` scores the whole frame: every actor has the scores of its clip. On a CPU, each
    clip is computed by itself, so that its scores do not depend on the clips scored with it.

    Args:
        model: an ``ActionDetector`` or a ``Recognizer`` in eval mode.
        window: the frames that make a clip.
        short_side_px: short side of a clip, pixels.
        num_classes: outputs of the model.
        dtype: of the backbone's arithmetic; see ``stad.inference.precision``. The model
            given is changed for inference.

    Attributes:
        remembers: whether the scores depend on the actors of earlier clips.
    """

    remembers = False

    def __init__(
        self,
        model,
        window: Window,
        *,
        short_side_px: int,
        num_classes: int,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if needs_memory(model) and not self.remembers:
            raise ValueError("a model with a memory needs a ContextScorer")
        # Any: detectors of actions and recognizers have different methods.
        self._model: Any = prepare_for_inference(model, dtype)
        self.window = window
        # Models that cut the actors out follow them through the clip.
        self.sees_tracks = model.sees_tracks
        self._crops = RememberedCrops(model) if RememberedCrops.fits(model) else None
        self.num_classes = num_classes
        self.num_exclusive = model.main_head.num_exclusive
        self.times_person_score = model.times_person_score
        self._short_side_px = short_side_px

    @classmethod
    def from_loaded(cls, loaded: LoadedModel, dtype: torch.dtype = torch.float32) -> ActionScorer:
        """Build the scorer of a model of ``stad.zoo.open_model``; one that remembers if needed."""
        kind = ContextScorer if cls is ActionScorer and needs_memory(loaded.model) else cls
        return kind(
            loaded.model,
            loaded.window,
            short_side_px=loaded.short_side_px,
            num_classes=len(loaded.class_names),
            dtype=dtype,
        )

    def clip_size(self, source_size: tuple[int, int]) -> tuple[int, int]:
        """Return (width, height) of the clips of a video with frames of ``source_size``."""
        return clip_size(*source_size, self._short_side_px)

    @property
    def remembers_crops(self) -> bool:
        """True if a clip's values are computed together with those of the clips before it.

        Their last bits then depend on which clips came before.
        """
        return self._crops is not None

    def begin_stream(self) -> None:
        """Forget the clips so far: the next one does not continue them."""

    @torch.inference_mode()
    def score(
        self,
        clips: list[np.ndarray],
        boxes: list[np.ndarray],
        *,
        source_size: tuple[int, int],
        tracks: list[np.ndarray] | None = None,
    ) -> list[np.ndarray]:
        """Return the probabilities of every class for every actor.

        Args:
            clips: N arrays (T, H, W, 3) uint8 RGB of ``clip_size(source_size)``.
            boxes: N arrays (K_i, 4) xyxy, source pixels.
            source_size: (width, height) of the video's frames, pixels.
            tracks: N arrays (K_i, T, 4) xyxy, source pixels, for models that see them.

        Returns:
            N arrays (K_i, num_classes) float32 in [0, 1].
        """
        if not clips:
            return []
        at_once, found = len(clips) if self._device.type != "cpu" else 1, []
        with SteadyProducts():
            for first in range(0, len(clips), at_once):
                chosen = slice(first, first + at_once)
                moving = None if tracks is None else tracks[chosen]
                logits = self._logits(clips[chosen], boxes[chosen], moving, source_size)
                found += [self._model.probabilities(one).float().cpu().numpy() for one in logits]
        return found

    def _logits(
        self,
        clips: list[np.ndarray],
        boxes: list[np.ndarray],
        tracks: list[np.ndarray] | None,
        source_size: tuple[int, int],
    ) -> list[torch.Tensor]:
        """Return N times (K_i, num_classes) logits; arguments as those of ``score``."""
        moving = None
        if tracks is not None:
            moving = [self._in_clip(one, source_size) for one in tracks]
        if self._crops is not None and moving is not None:
            return self._crops.score(clips, moving)
        if isinstance(self._model, ActionDetector):
            in_clip = [self._in_clip(one, source_size) for one in boxes]
            return self._model.score_actors(self._normalise(clips), in_clip, moving)
        rows = self._score_whole(clips)
        return [row.expand(len(own), -1) for row, own in zip(rows, boxes, strict=True)]

    @property
    def _device(self) -> torch.device:
        return self._model.data_preprocessor.mean.device

    def _normalise(self, clips: list[np.ndarray]) -> torch.Tensor:
        """Convert N times (T, H, W, 3) uint8 to (N, 3, T, H, W) float32."""
        return self._model.data_preprocessor.normalise(torch.from_numpy(np.stack(clips)))

    def _score_whole(self, clips: list[np.ndarray]) -> torch.Tensor:
        """Return (N, num_classes) logits of N times (T, H, W, 3) uint8."""
        return self._model.score_clips(self._normalise(clips))

    def _in_clip(self, boxes: np.ndarray, source_size: tuple[int, int]) -> torch.Tensor:
        """Convert boxes (..., 4) from source pixels to clip pixels."""
        scaled = scale_boxes(boxes, source_size, self.clip_size(source_size))
        return torch.from_numpy(scaled).to(self._device)


class ContextScorer(ActionScorer):
    """Scores the clips of one stream with a ``LongContextDetector``, which remembers the actors.

    Clips come in order. A clip is scored with the actors of the clips before it, so scores of
    files and of cameras are the same, and later clips never change them. ``score`` scores with an
    empty memory, and is not remembered.

    Args:
        model: a ``LongContextDetector`` in eval mode.
        window, short_side_px, num_classes, dtype: as for ``ActionScorer``.
    """

    remembers = True

    @cached_property
    def _recent(self) -> RecentActors:
        head = self._model.roi_head
        return RecentActors(span_sec=head.span_sec, max_entries=head.max_entries)

    def begin_stream(self) -> None:
        """Forget the actors so far."""
        self._recent.clear()

    @torch.inference_mode()
    def score_moments(
        self,
        clips: list[np.ndarray],
        boxes: list[np.ndarray],
        moments: list[Moment],
        *,
        source_size: tuple[int, int],
    ) -> Remembered:
        """Score and remember the next clips of the stream; arguments as those of ``score``."""
        model, head = self._model, self._model.roi_head
        found = Remembered([], [])
        with SteadyProducts():
            described = self._describe(clips, boxes, source_size)
            for features, (time_sec, ids) in zip(described, moments, strict=True):
                entries, people = head.entries(features), torch.from_numpy(ids)
                memory = self._recent.before(time_sec, entries)
                (logits,) = model.classify([features], [memory], [people])
                self._recent.add(time_sec, entries, people)
                found.scores.append(model.probabilities(logits).float().cpu().numpy())
                found.entries.append(entries.cpu().numpy())
        return found

    def _describe(
        self, clips: list[np.ndarray], boxes: list[np.ndarray], source_size: tuple[int, int]
    ) -> list[torch.Tensor]:
        """Return the features (K_i, C) of the actors of N clips."""
        in_clip = [self._in_clip(one, source_size) for one in boxes]
        if self._device.type != "cpu":
            return self._model.describe_actors(self._normalise(clips), in_clip)
        found = []
        for clip, own in zip(clips, in_clip, strict=True):
            found += self._model.describe_actors(self._normalise([clip]), [own])
        return found

    @torch.inference_mode()
    def recall(self, moments: list[Moment], entries: list[np.ndarray]) -> None:
        """Remember clips that were scored in an earlier run."""
        like = self._model.roi_head.to_query.weight
        for (time_sec, ids), kept in zip(moments, entries, strict=True):
            rows = torch.from_numpy(np.array(kept)).to(like)
            self._recent.add(time_sec, rows, torch.from_numpy(ids))


def needs_memory(model: object) -> bool:
    """Return whether the scores of a model depend on the actors of earlier clips."""
    return isinstance(model, LongContextDetector)


class OnlineScorer(ActionScorer):
    """Scores the clips of one stream with one forward pass a frame, with ``OnlineRecognizer``.

    Clips come in order, each one frame interval after the last. The first clip is computed
    whole, of each later one the last frame; the scores are the consensus over the frames of a
    clip, and the blocks remember the whole stream.

    Args:
        model: a ``Recognizer`` that ``OnlineRecognizer`` takes, in eval mode.
        window, short_side_px, num_classes, dtype: as for ``ActionScorer``.
    """

    @cached_property
    def _online(self) -> OnlineRecognizer:
        return OnlineRecognizer(self._model, consensus_frames=self.window.num_frames)

    def begin_stream(self) -> None:
        """Forget the frames so far."""
        self._online.reset()

    def _score_whole(self, clips: list[np.ndarray]) -> torch.Tensor:
        rows = []
        for clip in clips:
            fresh = clip[-1:] if self._online.num_frames else clip
            frames = self._normalise([fresh])[0].unbind(1)
            rows.append([self._online.step(frame) for frame in frames][-1])
        return torch.stack(rows)
