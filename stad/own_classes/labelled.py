"""Read what is known of the videos of a folder: labels, people, lengths; nothing is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from stad.actors.detectors.base import PersonDetector
from stad.annotations.own.examples import (
    NEGATIVE,
    POSITIVE,
    UNKNOWN,
    WHOLE_FRAME,
    Examples,
    is_seen,
    labels_at,
    sample_examples,
)
from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import FAR_SEC, OwnFolder
from stad.annotations.own.labels import NOTHING, ActorTrack, VideoLabels
from stad.errors import InputError
from stad.own_classes.groups import find_groups, group_of
from stad.own_classes.moved_videos import follow_moved_videos
from stad.own_classes.people import find_people, with_people
from stad.utils.text import first_line
from stad.video.source import VideoSource
from stad.video.window import Window

Log = Callable[[str], None]
# Seconds between the examples of one person, or of the whole frame; more where there are many.
PERSON_STEP_SEC, FRAME_STEP_SEC = 0.5, 1.0
# Of a video that is labelled as a whole: it does not show the class all the time.
VIDEO_STEP_SEC = 2.0
# Of whole frames or of people; each takes some tenths of a second on a CPU.
MAX_TIMES = 500
# Timed labels of whole frames are those of the person in view if people are seen in this part of
# their time, and one person alone in this part of that.
MIN_SEEN, MIN_ALONE = 0.5, 0.9


@dataclass(frozen=True)
class LabelledVideos:
    """The videos that have labels.

    Attributes:
        classes: names of the C classes.
        labels: by the name of the video; size, length and fingerprint are known.
        whole_frame: whether nothing but whole frames is labelled.
        groups: for whole frames, the region of all people by the name of the video.
    """

    classes: tuple[str, ...]
    labels: Mapping[str, VideoLabels]
    whole_frame: bool
    groups: Mapping[str, ActorTrack] = field(default_factory=dict)

    def examples(self, step_sec: float, window: Window) -> dict[str, Examples]:
        """Return the examples of each video, of people or of whole frames.

        Args:
            step_sec: seconds between examples of one person, or of the whole frame.
            window: the frames that are seen.
        """
        found = {}
        for video, labels in self.labels.items():
            if self.whole_frame:
                found[video] = examples_of_frames(
                    labels, classes=self.classes, step_sec=step_sec, window=window
                )
            else:
                found[video] = examples_of_people(labels, classes=self.classes, step_sec=step_sec)
        return found

    def choose_step(self, window: Window) -> float:
        """Return the seconds between examples: doubled until there are few enough times."""
        step_sec = FRAME_STEP_SEC if self.whole_frame else PERSON_STEP_SEC
        while _count_times(self.examples(step_sec, window)) > MAX_TIMES:
            step_sec *= 2
        return step_sec


def _count_times(examples: Mapping[str, Examples]) -> int:
    return sum(len(np.unique(one.times_sec)) for one in examples.values())


def read_labelled(
    folder: OwnFolder,
    *,
    classes: Sequence[str] | None,
    detector: str | PersonDetector | None = None,
    device: str = "auto",
    progress: bool,
    log: Log,
) -> LabelledVideos:
    """Return the videos with labels, and find the people of those whose labels need them.

    Args:
        folder: of the videos.
        classes: names of the classes; None for all of the folder.
        detector: finds people: its name, or an object; None for the best one that can be loaded.
        device: of the detector.
        progress: show a bar while people are found.
        log: takes lines about what is left out.

    Raises:
        InputError: there are no labels, or a class has another name.
    """
    names = _chosen_classes(folder, classes)
    for note in follow_moved_videos(folder):
        log(note)
    for label, videos in folder.unknown_labels().items():
        log(
            f"warning   the label {label!r} in {videos[0]} is not among the classes and is left "
            f"out. Add it to {folder.path / 'classes.txt'}, or correct it."
        )
    read = {video: folder.read_labels(video) for video in folder.videos()}
    read = {video: one for video, one in read.items() if _says_something(one, names)}
    if not read:
        raise InputError(
            f"{folder.path} has no labels of {', '.join(names)} yet. Label with 'stad label "
            f"{folder.path}', import labels with 'stad import', or put clips into folders with "
            "the names of the classes."
        )
    has_tracks = any(span.track is not None for one in read.values() for span in one.spans)
    if has_tracks or any(map(_is_timed, read.values())):
        lacking = [video for video, one in read.items() if not one.tracks]
        find_people(folder, lacking, progress=progress, log=log, detector=detector)
    found = {}
    for video in read:
        try:
            found[video] = _completed(folder, video)
        except InputError as error:
            log(f"warning   {video} is left out. {first_line(error)}")
    if not found:
        raise InputError(f"None of the labelled videos of {folder.path} can be read.")
    if has_tracks or _is_of_single_people(found.values(), names, log):
        return LabelledVideos(names, found, whole_frame=False)
    find_groups(folder, list(found), detector=detector, device=device, progress=progress, log=log)
    groups = {video: group_of(folder, video) for video in found}
    return LabelledVideos(
        names, found, True, {k: one for k, one in groups.items() if one is not None}
    )


def _chosen_classes(folder: OwnFolder, classes: Sequence[str] | None) -> tuple[str, ...]:
    known = folder.classes()
    if unknown := [one for one in classes or () if one not in known]:
        raise InputError(
            f"--classes: {unknown[0]!r} is not a class of {folder.path}. Its classes are "
            f"{', '.join(known)}."
        )
    return known if not classes else tuple(one for one in known if one in classes)


def _says_something(labels: VideoLabels, classes: Sequence[str]) -> bool:
    return labels.is_complete or any(one.label in (NOTHING, *classes) for one in labels.spans)


def _is_timed(labels: VideoLabels) -> bool:
    """Return whether any label holds for a part of the video only."""
    end_sec = labels.duration_sec or FAR_SEC
    return any(one.start_sec > 0 or one.end_sec < end_sec for one in labels.spans)


def _is_of_single_people(labels: Iterable[VideoLabels], classes: Sequence[str], log: Log) -> bool:
    """Return whether the timed labels of whole frames show what one person does, who is alone."""
    labels = list(labels)
    if not any(map(_is_timed, labels)):
        return False
    num_people = np.concatenate([_people_in_labels(one, classes) for one in labels])
    num_seen, num_alone = (num_people > 0).sum(), (num_people == 1).sum()
    if not num_seen or num_seen < MIN_SEEN * len(num_people) or num_alone < MIN_ALONE * num_seen:
        return False
    alone = num_alone / len(num_people)
    log(f"labels    of whole frames; in {alone:.0%} of their time one person is alone: theirs")
    return True


def _people_in_labels(labels: VideoLabels, classes: Sequence[str]) -> np.ndarray:
    """Return how many people are in view at the times at which the frame shows a class, (N,)."""
    sampled = sample_examples(replace(labels, tracks=()), classes=classes, step_sec=PERSON_STEP_SEC)
    is_shown = (sampled.labels == POSITIVE).any(axis=1)
    return _count_people(labels, sampled.times_sec[is_shown])


def _completed(folder: OwnFolder, video: str) -> VideoLabels:
    """Return the labels of a video with its size, length and fingerprint."""
    path = folder.video_path(video)
    labels = with_people(folder, video)
    info = VideoSource(path).info
    duration_sec = labels.duration_sec
    if not duration_sec:
        duration_sec = info.duration_sec or VideoSource(path).measured_duration_sec()
    return replace(
        labels,
        width_px=info.width_px,
        height_px=info.height_px,
        duration_sec=duration_sec,
        fingerprint=fingerprint(path),
    )


def examples_of_frames(
    labels: VideoLabels, *, classes: Sequence[str], step_sec: float, window: Window
) -> Examples:
    """Return the examples of whole frames of a video.

    Args:
        labels: of the video.
        classes: names of the C classes.
        step_sec: seconds between examples.
        window: the frames that are seen.
    """
    spans = labels.spans_of(None)
    if not _is_timed(labels):
        step_sec = max(step_sec, VIDEO_STEP_SEC)
    return sample_examples(
        replace(labels, tracks=(), spans=spans),
        classes=classes,
        step_sec=step_sec,
        window_sec=window.before_sec + window.after_sec,
    )


def examples_of_people(labels: VideoLabels, *, classes: Sequence[str], step_sec: float) -> Examples:
    """Return the examples of the people of a video.

    What a label of the whole frame denies holds for all people. A class that it shows is that of
    the person who is alone in view; of one of several people it is not known.

    Args:
        labels: of the video, with the tracks of its people.
        classes: names of the C classes.
        step_sec: seconds between examples of one person.
    """
    frame_spans = labels.spans_of(None)
    if not frame_spans:
        return sample_examples(labels, classes=classes, step_sec=step_sec)
    # The spans of the whole frame choose the times of each person, too.
    spread = [
        replace(span, track=track.id)
        for span in labels.spans
        for track in labels.tracks
        if span.track in (None, track.id)
    ]
    sampled = sample_examples(
        replace(labels, spans=tuple(spread)), classes=classes, step_sec=step_sec
    )
    found = np.array(sampled.labels)
    alone = _count_people(labels, sampled.times_sec) == 1
    for track in labels.tracks:
        rows = np.flatnonzero(sampled.tracks == track.id)
        times = sampled.times_sec[rows]
        own = labels_at(labels.spans_of(track.id), times, classes=classes)
        frame = labels_at(frame_spans, times, classes=classes)
        # Of several people, it is not known who does what the frame shows.
        is_open = (frame == POSITIVE) & ~alone[rows][:, None]
        if labels.is_complete:
            frame[frame == UNKNOWN] = NEGATIVE
        shared = np.where(is_open, UNKNOWN, frame)
        found[rows] = np.where(own == UNKNOWN, shared, own)
    known = (found != UNKNOWN).any(axis=1) & (sampled.tracks != WHOLE_FRAME)
    return Examples(sampled.tracks[known], sampled.times_sec[known], found[known])


def _count_people(labels: VideoLabels, times_sec: np.ndarray) -> np.ndarray:
    """Return how many people are in view at each time, (N,) int64."""
    found = np.zeros(len(times_sec), np.int64)
    for track in labels.tracks:
        found += is_seen(track.times_sec, times_sec)
    return found
