"""Write down the windows of a split video, and score parts of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from stad.corpus.part_files import Arrays
from stad.corpus.splits import SplitVideo, small_frames
from stad.inference.annotation import AnnotationSetup
from stad.inference.scoring import (
    Moment,
    Remembered,
    RememberingScorer,
    Scorer,
    ScoringJob,
    remembers,
    score_job,
    times_person_score,
)
from stad.structures import Actors, Keyframe

# A scorer that remembers crops has seen what it needs after two lengths of a window.
WARM_UP_WINDOWS = 2


class KnownScores:
    """A scorer whose answers are known.

    Args:
        scorer: what they are of.
        rows: the answers, one after another; None answers with zeros.
    """

    def __init__(self, scorer: Scorer, rows: Iterable[list[np.ndarray]] | None = None) -> None:
        self.num_classes = scorer.num_classes
        self.times_person_score = times_person_score(scorer)
        self._rows = None if rows is None else iter(rows)

    def score(self, clips: object, boxes: list[np.ndarray], **_: object) -> list[np.ndarray]:
        """Return the scores of the next batch; see ``Scorer``."""
        if self._rows is None:
            return [np.zeros((len(one), self.num_classes), np.float32) for one in boxes]
        return next(self._rows)

    def keyframes(self, job: ScoringJob) -> list[Keyframe]:
        """Return the keyframes of a batch."""
        return score_job(job, cast(Scorer, self))


class WindowRecorder:
    """Collects the batches of windows of a video as arrays."""

    def __init__(self) -> None:
        self._jobs: list[ScoringJob] = []

    def add(self, job: ScoringJob) -> None:
        """Add the next batch, whose clips (T,) are numbers of frames."""
        self._jobs.append(job)

    def arrays(self) -> Arrays:
        """Return everything that scoring them needs, besides the frames."""
        jobs, empty = self._jobs, Actors.from_arrays()
        actors = [one for job in jobs for one in job.actors]
        clips = [one for job in jobs for one in job.clips]
        arrays = {
            "batches": np.repeat(np.arange(len(jobs)), [len(job.times_sec) for job in jobs]),
            "times_sec": np.array([one for job in jobs for one in job.times_sec], np.float64),
            "counts": np.array([len(one) for one in actors], np.int64),
            "boxes": np.concatenate([one.boxes for one in (empty, *actors)]),
            "scores": np.concatenate([one.scores for one in (empty, *actors)]),
            "ids": np.concatenate([one.ids for one in (empty, *actors)]),
            "clips": np.array(clips, np.int64),
        }
        tracks = [one for job in jobs for one in job.tracks or ()]
        return arrays | ({"tracks": np.concatenate(tracks)} if tracks else {})


@dataclass(frozen=True)
class Batch:
    """Windows that are scored at once.

    Attributes:
        job: without images.
        clips: (N, T) int64, the frames of the windows with people.
    """

    job: ScoringJob
    clips: np.ndarray


def read_batches(arrays: Arrays, source_size: tuple[int, int]) -> list[Batch]:
    """Return what ``WindowRecorder.arrays`` was made of.

    Args:
        arrays: of the windows.
        source_size: (width, height) of the video, pixels.
    """
    counts = arrays["counts"]
    ends = np.cumsum(counts)
    actors = [
        Actors(
            arrays["boxes"][end - n : end],
            arrays["scores"][end - n : end],
            arrays["ids"][end - n : end],
        )
        for n, end in zip(counts.tolist(), ends.tolist(), strict=True)
    ]
    is_busy = counts > 0
    clip_number = np.cumsum(is_busy) - 1
    found = []
    for batch in range(int(arrays["batches"][-1]) + 1 if len(counts) else 0):
        places = np.flatnonzero(arrays["batches"] == batch)
        busy = [int(one) for one in places if is_busy[one]]
        tracks = None
        if "tracks" in arrays:
            tracks = [arrays["tracks"][ends[i] - counts[i] : ends[i]] for i in busy]
        job = ScoringJob(
            arrays["times_sec"][places].tolist(),
            [actors[i] for i in places],
            [],
            source_size,
            tracks,
        )
        found.append(
            Batch(job, arrays["clips"][clip_number[busy]] if busy else np.zeros((0, 0), int))
        )
    return found


def batches_of_part(video: SplitVideo, batches: Sequence[Batch], part: int) -> range:
    """Return the numbers of the batches whose first window begins in a part."""
    begins_sec = video.index.times_sec[video.begins[1:]]
    parts = [
        int(np.searchsorted(begins_sec, one.job.times_sec[0], side="right")) for one in batches
    ]
    return range(int(np.searchsorted(parts, part)), int(np.searchsorted(parts, part, side="right")))


def score_batches(
    video: SplitVideo, batches: Sequence[Batch], chosen: range, setup: AnnotationSetup
) -> Iterator[tuple[Batch, Remembered]]:
    """Yield the chosen batches with the scores of their windows with people.

    A scorer that remembers what it saw must know the batches before; see ``recall_batches``.

    Args:
        video: the video.
        batches: all of it.
        chosen: numbers of those to score.
        setup: of the video.

    Raises:
        NotAsIndexedError: there are other frames than the index says.
    """
    scorer = setup.models.scorer
    first = _warm_up(batches, chosen, scorer)
    used = [batches[i] for i in range(first, chosen.stop)]
    numbers = np.unique(np.concatenate([one.clips.ravel() for one in used] or [np.zeros(0, int)]))
    frames = small_frames(video, numbers.tolist(), setup)
    shelf: dict[int, np.ndarray] = {}
    try:
        for place, batch in enumerate(used, first):
            found = Remembered([], [])
            if batch.clips.size:
                while batch.clips.max() not in shelf:
                    number, image = next(frames)
                    shelf[number] = image
                for old in [one for one in shelf if one < batch.clips.min()]:
                    del shelf[old]
                clips = [np.stack([shelf[i] for i in clip]) for clip in batch.clips.tolist()]
                found = _score(batch.job._replace(clips=clips), scorer)
            if place in chosen:
                yield batch, found
    finally:
        frames.close()


def recall_batches(
    batches: Sequence[Batch], entries: Iterable[np.ndarray], scorer: RememberingScorer
) -> None:
    """Let a scorer remember batches that were scored before.

    Args:
        batches: from the first one on.
        entries: what it kept of their windows with people.
        scorer: at the beginning of a stream.
    """
    kept = iter(entries)
    for batch in batches:
        moments = _moments(batch.job)
        scorer.recall(moments, [next(kept) for _ in moments])


def _moments(job: ScoringJob) -> list[Moment]:
    """Return the times and people of the windows with people."""
    pairs = zip(job.times_sec, job.actors, strict=True)
    return [Moment(time_sec, one.ids) for time_sec, one in pairs if len(one)]


def _score(job: ScoringJob, scorer: Scorer) -> Remembered:
    boxes, size = [one.boxes for one in job.actors if len(one)], job.source_size
    if remembers(scorer):
        return scorer.score_moments(job.clips, boxes, _moments(job), source_size=size)
    return Remembered(scorer.score(job.clips, boxes, source_size=size, tracks=job.tracks), [])


def _warm_up(batches: Sequence[Batch], chosen: range, scorer: Scorer) -> int:
    """Return the number of the batch to begin with, so that the scorer remembers what it should."""
    if not chosen or not getattr(scorer, "remembers_crops", False):
        return chosen.start
    window = scorer.window
    begin_sec = batches[chosen.start].job.times_sec[0]
    begin_sec -= WARM_UP_WINDOWS * window.num_frames * window.interval_sec
    first = chosen.start
    while first and batches[first].job.times_sec[0] >= begin_sec:
        first -= 1
    return first
