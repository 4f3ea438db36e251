"""Check a folder of one's own videos: what is labelled, what is wrong, and what is too little."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from stad.annotations.own.examples import boxes_at
from stad.annotations.own.folder import OwnFolder, end_clips
from stad.annotations.own.labels import NOTHING, LabelSpan, VideoLabels
from stad.annotations.own.split import TRAIN, VAL, keep_split, read_sources
from stad.errors import InputError
from stad.own_classes.amounts import labelled_seconds
from stad.own_classes.facts import FactsCache, VideoFacts
from stad.own_classes.moved_videos import find_moved_videos, follow_moved_videos

# A label may end this long after its video: times of files are rounded.
LATE_SEC = 0.5


@dataclass(frozen=True)
class ClassFigures:
    """Figures of one class.

    Attributes:
        name: of the class; '' for labels that say that something is not there.
        examples: labels in which it is there.
        people: different people in them; 0 if all are of whole frames.
        videos, sources: in which it is there.
        positive_sec, negative_sec: how long it is there, and known not to be there.
        heights_px: median height of the people, and the 10th percentile; None without boxes.
        train, val: examples in each part of the split.
    """

    name: str
    examples: int = 0
    people: int = 0
    videos: int = 0
    sources: int = 0
    positive_sec: float = 0.0
    negative_sec: float = 0.0
    heights_px: tuple[float, float] | None = None
    train: int = 0
    val: int = 0


@dataclass
class FolderCheck:
    """All that was found in a folder.

    Attributes:
        videos: all of them.
        labels: of the labelled ones that are there.
        facts: of the videos that can be read.
        unlabelled: videos about which nothing is known.
        unreadable: videos that cannot be read, and why.
        moved: labels of videos that are gone: old name -> new name, for the same content.
        missing: labelled videos that are gone and were not found.
        changed: labelled videos whose content is another one now.
        unknown: labels that are not classes, with their videos.
        late: labels beyond the end of their video, as 'video: label start to end'.
        idle: videos with people of whom nothing is labelled, and how many.
        split: 'train' or 'val' of each labelled video.
        classes: figures by class; the last one, '', has the labels that say what is not there.
    """

    videos: list[str]
    labels: dict[str, VideoLabels] = field(default_factory=dict)
    facts: dict[str, VideoFacts] = field(default_factory=dict)
    unlabelled: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unknown: dict[str, list[str]] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)
    idle: dict[str, int] = field(default_factory=dict)
    split: dict[str, str] = field(default_factory=dict)
    classes: list[ClassFigures] = field(default_factory=list)


def check_folder(
    folder: OwnFolder,
    *,
    move_labels: bool = False,
    progress: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> FolderCheck:
    """Check a folder, and keep a split of its videos in split.csv.

    Args:
        folder: of the videos.
        move_labels: give the labels of videos that moved their new names.
        progress: wraps the list of videos to show a bar.

    Raises:
        InputError: there is no video, or a file of the folder cannot be used or written.
    """
    found = FolderCheck(folder.videos())
    cache = FactsCache(folder)
    for video in progress(found.videos):
        try:
            found.facts[video] = cache.read(video)
        except InputError as error:
            found.unreadable[video] = str(error)
    cache.save()
    found.moved, found.missing = find_moved_videos(folder)
    if move_labels:
        follow_moved_videos(folder)
    if not folder.has_classes():
        found.unlabelled = list(found.videos)
        return found
    found.unknown = folder.unknown_labels()
    for video in found.videos:
        _check_video(folder, found, video)
    _figure(folder, found)
    return found


def _check_video(folder: OwnFolder, found: FolderCheck, video: str) -> None:
    labels = folder.read_labels(video)
    facts = found.facts.get(video)
    if facts is not None:
        if labels.fingerprint and labels.fingerprint != facts.fingerprint:
            found.changed.append(video)
        labels = _with_facts(labels, facts)
    if not labels.spans and not (labels.is_complete and labels.tracks):
        found.unlabelled.append(video)
        return
    found.labels[video] = labels
    for span in labels.spans:
        if facts is not None and span.end_sec > facts.duration_sec + LATE_SEC:
            found.late.append(
                f"{video}: {span.label or 'nothing'!r} from {span.start_sec:g} s to "
                f"{span.end_sec:g} s, and the video ends at {facts.duration_sec:.1f} s"
            )
    used = {span.track for span in labels.spans}
    idle = [one for one in labels.tracks if one.id not in used]
    # A label of the whole frame is one of everybody.
    if idle and None not in used and not labels.is_complete:
        found.idle[video] = len(idle)


def _with_facts(labels: VideoLabels, facts: VideoFacts) -> VideoLabels:
    """Return labels with the size and length of the video, and whole labels cut to its end."""
    return replace(
        labels,
        width_px=facts.width_px,
        height_px=facts.height_px,
        duration_sec=facts.duration_sec,
        spans=end_clips(labels.spans, facts.duration_sec),
    )


def _figure(folder: OwnFolder, found: FolderCheck) -> None:
    """Add the split, and the figures of each class."""
    classes = folder.classes()
    seconds = {
        video: labelled_seconds(labels, classes=classes) for video, labels in found.labels.items()
    }
    amounts = {video: np.append(one.positive, one.none) for video, one in seconds.items()}
    amounts = {video: amount for video, amount in amounts.items() if amount.any()}
    found.split = keep_split(folder, amounts) if amounts else {}
    sources = read_sources(folder)
    for column, name in enumerate([*classes, NOTHING]):
        is_none = name == NOTHING
        examples = [
            (video, span)
            for video, labels in found.labels.items()
            for span in labels.spans
            if (is_absent(span) if is_none else not is_absent(span) and span.label == name)
        ]
        negative = sum(one.none if is_none else one.negative[column] for one in seconds.values())
        positive = 0.0 if is_none else sum(one.positive[column] for one in seconds.values())
        in_parts = [found.split.get(video) for video, _ in examples]
        found.classes.append(
            ClassFigures(
                name=name,
                examples=len(examples),
                people=len(
                    {(video, span.track) for video, span in examples if span.track is not None}
                ),
                videos=len({video for video, _ in examples}),
                sources=len({sources[video] for video, _ in examples}),
                positive_sec=float(positive),
                negative_sec=float(negative),
                heights_px=_heights([(found.labels[video], span) for video, span in examples]),
                train=in_parts.count(TRAIN),
                val=in_parts.count(VAL),
            )
        )


def is_absent(span: LabelSpan) -> bool:
    """Return whether a label says that something is not there."""
    return span.label == NOTHING or not span.is_positive


def _heights(examples: Sequence[tuple[VideoLabels, LabelSpan]]) -> tuple[float, float] | None:
    """Return the median and the 10th percentile of the people's heights in the middle of labels."""
    heights = []
    for labels, span in examples:
        if span.track is None:
            continue
        track = labels.track(span.track)
        middle = np.array([(span.start_sec + span.end_sec) / 2])
        box = boxes_at(track.times_sec, track.boxes, middle)[0]
        heights.append(float(box[3] - box[1]))
    if not heights:
        return None
    return float(np.median(heights)), float(np.percentile(heights, 10))
