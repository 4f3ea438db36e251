"""Find the region of all people of one's own videos once, and keep it in the folder's cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from tqdm import tqdm

from stad.actors.detectors.base import PersonDetector
from stad.actors.detectors.group import GroupDetector
from stad.annotations.own.examples import WHOLE_FRAME
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import ActorTrack
from stad.inference.build import open_named_detector, resolve_device
from stad.inference.frames import read_frames_ahead
from stad.inference.options import InferenceOptions
from stad.inference.tracking import track_people
from stad.own_classes.video_cache import VideoCache
from stad.video.source import VideoSource

GROUPS = "groups"
Log = Callable[[str], None]


def find_groups(
    folder: OwnFolder,
    videos: Sequence[str],
    *,
    detector: str | PersonDetector | None = None,
    device: str = "auto",
    progress: bool,
    log: Log,
) -> None:
    """Find the region of each video whose region is not known yet.

    Args:
        folder: of the videos.
        videos: names of them.
        detector: finds people: its name, or an object; None for the best one that can be loaded.
        device: of the detector.
        progress: show a bar with the rate and the time left.
        log: takes lines about what was chosen.

    Raises:
        InputError: a video or the detector cannot be used, or the cache cannot be written.
    """
    todo = [one for one in videos if group_of(folder, one) is None]
    if not todo:
        return
    people = detector
    if people is None or isinstance(people, str):
        options = InferenceOptions(detector=people)
        people = open_named_detector(options, resolve_device(device), progress=progress, log=log)
    log(f"people    {people.name}")
    for video in tqdm(
        todo, desc="finding people", unit="video", dynamic_ncols=True, disable=not progress
    ):
        track = _follow(folder.video_path(video), people)
        rows = np.column_stack((track.times_sec, track.boxes.astype(np.float64)))
        VideoCache(folder, GROUPS).write(video, {"boxes": rows.round(3).tolist()})


def _follow(path: Path, people: PersonDetector) -> ActorTrack:
    """Return where the people of a video are, as one track; the whole frame if there are none."""
    source = VideoSource(path)
    info = source.info
    rows: list[np.ndarray] = []
    times: list[float] = []
    with closing(read_frames_ahead(source.frames())) as frames:
        for _, known in track_people(frames, GroupDetector(people), fps=float(info.fps)):
            for time_sec, actors in known:
                times.append(time_sec)
                rows.append(actors.boxes[0])
    if not rows:
        times, rows = [0.0], [np.array([0, 0, info.width_px, info.height_px], np.float32)]
    return ActorTrack(WHOLE_FRAME, np.array(times), np.stack(rows).astype(np.float32))


def group_of(folder: OwnFolder, video: str) -> ActorTrack | None:
    """Return the cached region of a video; None where it is not known, or the file has changed."""
    content = VideoCache(folder, GROUPS).read(video)
    try:
        rows = np.array((content or {})["boxes"], np.float64)
        return ActorTrack(WHOLE_FRAME, rows[:, 0], rows[:, 1:].astype(np.float32))
    except (KeyError, TypeError, ValueError, IndexError):
        return None
