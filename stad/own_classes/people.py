"""Find the people of one's own videos once, and keep their tracks in the folder's cache."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from stad.actors.detectors.base import PersonDetector
from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import OwnFolder, end_clips
from stad.annotations.own.labels import (
    ActorTrack,
    VideoLabels,
    labels_from_json,
    labels_to_json,
)
from stad.errors import InputError
from stad.inference.build import open_named_detector, resolve_device
from stad.inference.frames import read_frames_ahead
from stad.inference.options import InferenceOptions
from stad.inference.tracking import track_people
from stad.own_classes.alone import Stopped, alone_with
from stad.own_classes.video_cache import VideoCache
from stad.structures import Actors
from stad.utils.text import first_line
from stad.video.source import VideoSource

PEOPLE = "people"
# Who was found only once in a longer video cannot be labelled, and is often not a person.
MIN_BOXES = 2


class PeopleFinder:
    """Finds the people of videos, one video at a time; the detector is opened for the first.

    Args:
        folder: of the videos.
        detector: name, or path of a file, as for ``stad annotate``, or an object; None for the
            best one that can be loaded.
        options: its weights and device.
        log: takes lines about what was chosen.
    """

    def __init__(
        self,
        folder: OwnFolder,
        *,
        detector: str | PersonDetector | None = None,
        options: InferenceOptions | None = None,
        log: Callable[[str], None],
    ) -> None:
        self._folder, self._log = folder, log
        name = detector if isinstance(detector, str) else None
        self._options = replace(options or InferenceOptions(), detector=name)
        self._detector = None if isinstance(detector, str) else detector
        # Without a name, people whom any detector found are good.
        self._wanted = name if self._detector is None else self._detector.name

    def is_done(self, video: str) -> bool:
        """Return whether the people of a video are known, by this detector if it was named."""
        content = VideoCache(self._folder, PEOPLE).read(video)
        return content is not None and self._wanted in (None, content.get("detector"))

    def find(
        self,
        video: str,
        *,
        on_time: Callable[[float], None] = lambda _: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> VideoLabels:
        """Find the people of a video and keep them in the cache.

        Args:
            video: its name in the folder.
            on_time: called with the time of each frame that was read, seconds.
            should_stop: asked before each frame.

        Returns:
            Tracks, size and length, without labels.

        Raises:
            InputError: the video or the detector cannot be used, or the cache cannot be written.
            Stopped: ``should_stop`` said so; nothing was kept.
        """
        with alone_with(self._folder, video, should_stop=should_stop):
            known = people_of(self._folder, video) if self.is_done(video) else None
            return known or self._found(video, on_time, should_stop)

    def _found(
        self, video: str, on_time: Callable[[float], None], should_stop: Callable[[], bool]
    ) -> VideoLabels:
        path = self._folder.video_path(video)
        mark, source, detector = fingerprint(path), VideoSource(path), self._open()
        known: list[tuple[float, Actors]] = []
        last_sec, fps = 0.0, float(source.info.fps)
        with closing(read_frames_ahead(source.frames())) as frames:
            for last_sec, found in track_people(frames, detector, fps=fps):
                if should_stop():
                    raise Stopped
                known += found
                on_time(last_sec)
        for warning in source.warnings:
            self._log(f"note      {video}: {warning}")
        people = VideoLabels(
            video,
            source.info.width_px,
            source.info.height_px,
            last_sec + 1 / fps,
            mark,
            tracks=make_tracks(known),
        )
        content = {**labels_to_json(people), "fps": fps, "detector": detector.name}
        VideoCache(self._folder, PEOPLE).write(video, content)
        return people

    def _open(self) -> PersonDetector:
        if self._detector is None:
            device = resolve_device(self._options.device)
            self._detector = open_named_detector(
                self._options, device, progress=True, log=self._log
            )
            self._log(f"people    {self._detector.name}")
        return self._detector


def find_people(
    folder: OwnFolder,
    videos: Sequence[str],
    *,
    progress: bool,
    log: Callable[[str], None],
    detector: str | PersonDetector | None = None,
) -> None:
    """Find the people of each video whose people are not known yet.

    A video that cannot be read is reported, and the others go on. What is finished stays, so
    that a later call continues after an interruption.

    Args:
        folder: of the videos.
        videos: names of them.
        progress: show a bar with the rate and the time left.
        log: takes lines about what was chosen and what went wrong.
        detector: as for ``PeopleFinder``.

    Raises:
        InputError: the detector cannot be used, or the cache cannot be written.
    """
    finder = PeopleFinder(folder, detector=detector, log=log)
    lengths: dict[str, float] = {}
    for video in [one for one in videos if not finder.is_done(one)]:
        try:
            lengths[video] = VideoSource(folder.video_path(video)).info.duration_sec
        except InputError as error:
            log(f"warning: {video} is left out. {first_line(error)}")
    if not lengths:
        return
    total = math.ceil(sum(lengths.values()))
    with tqdm(
        total=total or None,
        desc="finding people",
        unit=" s of video",
        bar_format="{desc}: {percentage:3.0f}%|{bar}| {n:.0f}/{total:.0f}{unit} "
        "[{elapsed}<{remaining}, {rate_noinv_fmt}{postfix}]",
        dynamic_ncols=True,
        disable=not progress,
    ) as bar:
        begun_sec = 0.0
        for number, (video, length_sec) in enumerate(lengths.items(), 1):
            bar.set_postfix_str(f"video {number} of {len(lengths)}")

            def show(time_sec: float, begun_sec: float = begun_sec) -> None:
                bar.update(max(min(begun_sec + time_sec, total) - bar.n, 0.0))

            try:
                finder.find(video, on_time=show)
            except InputError as error:
                if not _is_about(folder, video, error):
                    raise
                log(f"warning: {video} is left out. {first_line(error)}")
            begun_sec += length_sec
            show(0.0, begun_sec)


def _is_about(folder: OwnFolder, video: str, error: InputError) -> bool:
    """Return whether an error comes from the video, not from the detector or the disk."""
    return str(folder.video_path(video)) in str(error) and "Cannot write" not in str(error)


def people_of(folder: OwnFolder, video: str) -> VideoLabels | None:
    """Return the cached people of a video: tracks, size, length and fingerprint, no labels.

    Returns:
        None where they are not known yet, or the file has changed since.
    """
    content = VideoCache(folder, PEOPLE).read(video)
    if content is None:
        return None
    return replace(labels_from_json(content, origin=str(cached_path(folder, video))), video=video)


def frame_rate_of(folder: OwnFolder, video: str) -> float:
    """Return the cached mean frame rate of a video, frames per second; 0 where it is not known."""
    content = VideoCache(folder, PEOPLE).read(video)
    return 0.0 if content is None else float(content.get("fps", 0.0))


def with_people(folder: OwnFolder, video: str) -> VideoLabels:
    """Return the labels of a video; if they have no tracks of their own, with the cached people.

    Size, length and fingerprint come from the cache where the labels do not have them, and a label
    of the whole video ends with it.

    Raises:
        InputError: the labels cannot be used.
    """
    labels = folder.read_labels(video)
    if labels.tracks and labels.width_px and labels.duration_sec:
        return labels
    people = people_of(folder, video)
    if people is None:
        return labels
    return replace(
        labels,
        width_px=labels.width_px or people.width_px,
        height_px=labels.height_px or people.height_px,
        duration_sec=labels.duration_sec or people.duration_sec,
        fingerprint=labels.fingerprint or people.fingerprint,
        tracks=labels.tracks or people.tracks,
        spans=end_clips(labels.spans, people.duration_sec),
    )


def make_tracks(known: Sequence[tuple[float, Actors]]) -> tuple[ActorTrack, ...]:
    """Return the track of each person, numbered from 0 in the order in which they appear.

    Args:
        known: (time, actors) pairs with ids, in any order; of two boxes of one person at one time
            the later one counts. Who has a single box is left out, unless there is one time only.

    >>> one = Actors.from_arrays([[0, 0, 4, 8]], ids=[7])
    >>> [track] = make_tracks([(0.2, one), (0.0, one)])
    >>> track.id, track.times_sec.tolist()
    (0, [0.0, 0.2])
    """
    boxes: dict[int, dict[float, np.ndarray]] = {}
    for time_sec, actors in known:
        for box, actor_id in zip(actors.boxes, actors.ids.tolist(), strict=True):
            if (box[2:] - box[:2] >= 1).all():
                boxes.setdefault(actor_id, {})[round(time_sec, 3)] = box
    is_short = len({time_sec for time_sec, _ in known}) < MIN_BOXES
    kept = {one: found for one, found in boxes.items() if is_short or len(found) >= MIN_BOXES}
    order = sorted(kept, key=lambda one: (min(kept[one]), one))
    return tuple(
        ActorTrack(
            number,
            np.array(sorted(kept[one])),
            np.array([kept[one][time_sec] for time_sec in sorted(kept[one])], np.float32),
        )
        for number, one in enumerate(order)
    )


def forget_tracks(folder: OwnFolder, video: str) -> None:
    """Forget the people that were found in a video: all of their tracks were deleted.

    Raises:
        InputError: the cache cannot be written.
    """
    if content := VideoCache(folder, PEOPLE).read(video):
        VideoCache(folder, PEOPLE).write(video, {**content, "tracks": []})


def cached_path(folder: OwnFolder, video: str) -> Path:
    """Return the file in which the people of a video are cached."""
    return VideoCache(folder, PEOPLE).path(video)
