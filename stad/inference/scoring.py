"""Define what scores actions, and the batches of windows that it scores at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from stad.structures import Actors, Keyframe
from stad.video.window import Window

if TYPE_CHECKING:
    from typing_extensions import TypeIs


class Scorer(Protocol):
    """Anything that scores the actions of actors in clips.

    One that also has an attribute ``times_person_score`` that is True wants its scores multiplied
    by those of the people's boxes.
    """

    @property
    def window(self) -> Window:
        """The frames that make a clip."""
        ...

    @property
    def num_classes(self) -> int:
        """Scores per actor."""
        ...

    @property
    def num_exclusive(self) -> int:
        """Number of classes, the first ones, that exclude each other: their scores are decoded."""
        ...

    @property
    def sees_tracks(self) -> bool:
        """True if ``score`` needs the actors in every frame of a clip."""
        ...

    def clip_size(self, source_size: tuple[int, int]) -> tuple[int, int]:
        """Return (width, height) of the clips of a video with frames of ``source_size``."""
        ...

    def begin_stream(self) -> None:
        """Forget the clips so far: the next one does not continue them."""
        ...

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
            tracks: N arrays (K_i, T, 4) xyxy, source pixels, for scorers that see them.

        Returns:
            N arrays (K_i, num_classes) float32 in [0, 1].
        """
        ...


class Moment(NamedTuple):
    """When a clip is, and who is in it, for scorers that remember.

    Attributes:
        time_sec: of the keyframe, seconds.
        ids: (K,) int64 track ids, negative where there is no track.
    """

    time_sec: float
    ids: np.ndarray


class Remembered(NamedTuple):
    """The scores of a scorer that remembers, and its new memory.

    Attributes:
        scores: N arrays (K_i, num_classes) float32 in [0, 1].
        entries: N arrays (K_i, D) float32, what it keeps of the actors.
    """

    scores: list[np.ndarray]
    entries: list[np.ndarray]


class RememberingScorer(Scorer, Protocol):
    """A scorer whose scores depend on the actors of earlier clips of the stream.

    Its attribute ``remembers`` is True. ``score`` scores clips with an empty memory, and is not
    remembered.
    """

    def score_moments(
        self,
        clips: list[np.ndarray],
        boxes: list[np.ndarray],
        moments: list[Moment],
        *,
        source_size: tuple[int, int],
    ) -> Remembered:
        """Score and remember the next clips of the stream; arguments as those of ``score``."""
        ...

    def recall(self, moments: list[Moment], entries: list[np.ndarray]) -> None:
        """Remember clips that were scored in an earlier run."""
        ...


class ScoringJob(NamedTuple):
    """Windows to be scored at once; nothing in it changes any more.

    Attributes:
        times_sec: N keyframes.
        actors: those of each keyframe.
        clips: (T, H, W, 3) uint8 RGB of the keyframes with actors, in order.
        source_size: (width, height) of the video's frames, pixels.
        tracks: (K, T, 4) float32 xyxy of the actors in those clips, source pixels; None where
            the scorer does not see tracks.
    """

    times_sec: list[float]
    actors: list[Actors]
    clips: list[np.ndarray]
    source_size: tuple[int, int]
    tracks: list[np.ndarray] | None = None


def score_job(job: ScoringJob, scorer: Scorer) -> list[Keyframe]:
    """Return the N keyframes of a job; those without actors cost nothing."""
    busy = [i for i, actors in enumerate(job.actors) if len(actors)]
    found = []
    if busy:
        boxes = [job.actors[i].boxes for i in busy]
        if remembers(scorer):
            moments = [Moment(job.times_sec[i], job.actors[i].ids) for i in busy]
            size = job.source_size
            found = scorer.score_moments(job.clips, boxes, moments, source_size=size).scores
        else:
            found = scorer.score(job.clips, boxes, source_size=job.source_size, tracks=job.tracks)
    if times_person_score(scorer):
        people = [job.actors[i].scores[:, None] for i in busy]
        found = [one * score for one, score in zip(found, people, strict=True)]
    scores = dict(zip(busy, found, strict=True))
    no_scores = np.zeros((0, scorer.num_classes), dtype=np.float32)
    return [
        Keyframe(time_sec, job.actors[i], scores.get(i, no_scores))
        for i, time_sec in enumerate(job.times_sec)
    ]


def times_person_score(scorer: Scorer) -> bool:
    """Return whether the scores of actions are multiplied by those of the people's boxes."""
    return getattr(scorer, "times_person_score", False)


def remembers(scorer: Scorer) -> TypeIs[RememberingScorer]:
    """Return whether the scores depend on the actors of earlier clips."""
    return getattr(scorer, "remembers", False)


def score_black(scorer: Scorer, frame_size: tuple[int, int], *, num_people: int = 1) -> None:
    """Score a black clip with people in it.

    Args:
        scorer: of the run.
        frame_size: (width, height) of the video, pixels.
        num_people: all with the same box.
    """
    width_px, height_px = scorer.clip_size(frame_size)
    clip = np.zeros((scorer.window.num_frames, height_px, width_px, 3), dtype=np.uint8)
    box = [0, 0, frame_size[0] / 2, frame_size[1] / 2]
    boxes = np.array([box] * num_people, dtype=np.float32)
    tracks = [np.repeat(boxes[:, None], len(clip), axis=1)] if scorer.sees_tracks else None
    scorer.score([clip], [boxes], source_size=frame_size, tracks=tracks)
