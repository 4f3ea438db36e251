"""Add judged clips up to the figures of an evaluation of postures."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from stad.evaluation.items import Instances
from stad.evaluation.posture_clips import NO_PERSON, ComparedSegments, JudgedClip
from stad.evaluation.posture_events import EventCounts
from stad.evaluation.posture_keyframes import calibration_error, posture_confusion
from stad.evaluation.segments import segment_ap

MIN_TIOU = 0.5
# More than there are people in a clip.
MAX_PEOPLE = 1 << 20


@dataclass(frozen=True)
class PostureSummary:
    """The figures of some clips; fractions are in [0, 1], and None means that there is nothing.

    Attributes:
        postures: names of the P postures.
        judged: names of those whose keyframes and segments count.
        confusion: P rows of P + 2 numbers of keyframes: rows are annotated, columns predicted, the
            last two 'not sure' and 'no box'; rows of postures that do not count are 0.
        calibration_error: of the highest score, over the people who were found.
        segment_ap: average precision of segments by posture, at a temporal IoU of 0.5.
        falls, falls_found, false_alarms: number of events and alarms.
        quiet_sec: judged time without a fall, seconds.
        people, max_ids: number of people who were found, and the most tracks that one has.
        mean_ids: mean number of tracks of a person.
        phantoms: number of phantom tracks, in clips in which everybody is annotated.
        phantom_sec, longest_phantom_sec: how long they are, together and the longest.
        phantom_posture_sec: how long the one was shown with a posture that was it longest.
        video_sec, processor_sec: length of the clips, and processor time.
    """

    postures: tuple[str, ...]
    judged: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    calibration_error: float | None
    segment_ap: dict[str, float]
    falls: int
    falls_found: int
    false_alarms: int
    quiet_sec: float
    people: int
    mean_ids: float | None
    max_ids: int
    phantoms: int | None
    phantom_sec: float
    longest_phantom_sec: float
    phantom_posture_sec: float
    video_sec: float
    processor_sec: float

    @property
    def num_keyframes(self) -> int:
        """Number of annotated postures that count."""
        return int(np.sum(self.confusion))

    @property
    def num_right(self) -> int:
        """Number of keyframes with the right posture."""
        return int(np.trace(np.array(self.confusion)))

    @property
    def num_missed(self) -> int:
        """Number of keyframes at which the person was not found."""
        return int(np.array(self.confusion)[:, -1].sum())

    @property
    def num_unsure(self) -> int:
        """Number of keyframes at which no posture was shown."""
        return int(np.array(self.confusion)[:, -2].sum())

    @property
    def accuracy(self) -> float | None:
        """Fraction that is right; who was not found is wrong."""
        return _ratio(self.num_right, self.num_keyframes)

    @property
    def accuracy_found(self) -> float | None:
        """Fraction that is right of the people who were found."""
        return _ratio(self.num_right, self.num_keyframes - self.num_missed)

    @property
    def false_per_hour(self) -> float | None:
        """False alarms per hour of judged time without a fall."""
        return _ratio(self.false_alarms * 3600, self.quiet_sec)

    @property
    def mean_segment_ap(self) -> float | None:
        """Mean of ``segment_ap``."""
        return _ratio(sum(self.segment_ap.values()), len(self.segment_ap))

    def recall(self, posture: str) -> float | None:
        """Return the fraction of a posture's keyframes that is right, as ``accuracy``."""
        row = self.postures.index(posture)
        return _ratio(self.confusion[row][row], sum(self.confusion[row]))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, and the figures that follow from them, for JSON."""
        return asdict(self) | {
            "keyframes": self.num_keyframes,
            "accuracy": self.accuracy,
            "accuracy_found": self.accuracy_found,
            "recall": {name: self.recall(name) for name in self.judged},
            "false_alarms_per_hour": self.false_per_hour,
            "mean_segment_ap": self.mean_segment_ap,
        }


def summarize(
    clips: Sequence[JudgedClip], postures: Sequence[str], *, judged: Collection[int]
) -> PostureSummary:
    """Add clips up.

    Args:
        clips: of one evaluation.
        postures: names of the P postures.
        judged: those whose keyframes and segments count.
    """
    keep = sorted(judged)
    confusion = np.zeros((len(postures), len(postures) + 2), np.int64)
    for clip in clips:
        confusion[keep] += posture_confusion(clip.keyframes, num_postures=len(postures))[keep]
    falls = sum((clip.falls for clip in clips), EventCounts())
    num_ids = np.concatenate([np.empty(0, np.int64), *(clip.num_ids for clip in clips)])
    phantoms = [clip.phantoms for clip in clips if clip.phantoms is not None]
    lengths = np.concatenate([np.zeros(1), *(one.seconds for one in phantoms)])
    shown = np.concatenate([np.zeros(1), *(one.with_posture for one in phantoms)])
    return PostureSummary(
        postures=tuple(postures),
        judged=tuple(postures[index] for index in keep),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        calibration_error=_calibration(clips, keep),
        segment_ap=_segment_ap(clips, postures, keep),
        falls=falls.annotated,
        falls_found=falls.found,
        false_alarms=falls.false,
        quiet_sec=falls.quiet_sec,
        people=len(num_ids),
        mean_ids=float(num_ids.mean()) if len(num_ids) else None,
        max_ids=int(num_ids.max(initial=0)),
        phantoms=len(lengths) - 1 if phantoms else None,
        phantom_sec=float(lengths.sum()),
        longest_phantom_sec=float(lengths.max()),
        phantom_posture_sec=float(shown.max()),
        video_sec=sum(clip.duration_sec for clip in clips),
        processor_sec=sum(clip.processor_sec for clip in clips),
    )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _calibration(clips: Sequence[JudgedClip], judged: Sequence[int]) -> float | None:
    scores, right = [], []
    for clip in clips:
        own = clip.keyframes
        keep = np.isin(own.annotated, judged) & np.isfinite(own.score)
        scores += own.score[keep].tolist()
        right += (own.best == own.annotated)[keep].tolist()
    return calibration_error(np.array(scores), np.array(right)) if scores else None


def _segment_ap(
    clips: Sequence[JudgedClip], postures: Sequence[str], judged: Sequence[int]
) -> dict[str, float]:
    """Return the AP of each judged posture that is annotated; people are not mixed up."""
    truth = _instances([clip.annotated for clip in clips])
    found = _instances([clip.detected for clip in clips])
    ap = segment_ap(truth, found, num_classes=len(postures), threshold=MIN_TIOU)
    return {postures[k]: float(ap[k]) for k in judged if not np.isnan(ap[k])}


def _instances(parts: Sequence[ComparedSegments]) -> Instances:
    """Return the segments of all clips; a group of them is one person of one clip."""
    groups = [number * MAX_PEOPLE + part.person - NO_PERSON for number, part in enumerate(parts)]
    return Instances(
        video=np.concatenate([np.empty(0, np.int64), *groups]),
        class_index=np.concatenate([np.empty(0, np.int64), *(part.posture for part in parts)]),
        shape=np.concatenate([np.empty((0, 2)), *(part.spans for part in parts)]),
        score=np.concatenate([np.empty(0), *(part.score for part in parts)]),
    )
