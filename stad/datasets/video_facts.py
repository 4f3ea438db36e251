"""Read the duration, rate and size of a data set's videos from their containers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from stad.errors import InputError
from stad.utils.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from stad.video.clip_source import ClipSource, VideoFiles
from stad.video.images import read_image
from stad.video.source import VideoSource

# Probing one video takes milliseconds: a bar is shown if all of them take longer.
BAR_AFTER_SEC = 3
UNKNOWN = math.nan


class VideoFacts(NamedTuple):
    """Describes a video, with NaN where it is unknown.

    Attributes:
        duration_sec: from its start to its end, seconds.
        fps: frames per second.
        size_px: upright width and height.
    """

    duration_sec: float = UNKNOWN
    fps: float = UNKNOWN
    size_px: tuple[float, float] = (UNKNOWN, UNKNOWN)


def probe_videos(
    source: ClipSource, latest_sec: Mapping[str, float], *, listed_in: str
) -> tuple[dict[str, VideoFacts], dict[str, str]]:
    """Open each video once; read it through if the container's duration cannot be right.

    Args:
        source: of the videos.
        latest_sec: the latest time that is needed of each, by id, seconds.
        listed_in: the file that names them, for the progress bar.

    Returns:
        The facts of the readable videos, and why the others cannot be read.
    """
    facts: dict[str, VideoFacts] = {}
    reasons: dict[str, str] = {}
    description = f"videos of {Path(listed_in).name}"
    for video_id in tqdm(
        sorted(latest_sec), desc=description, unit="video", delay=BAR_AFTER_SEC, leave=False
    ):
        try:
            facts[video_id] = _facts_of(source, video_id, latest_sec[video_id])
        except InputError as error:
            reasons[video_id] = str(error)
    return facts, reasons


def _facts_of(source: ClipSource, video_id: str, latest_sec: float) -> VideoFacts:
    path = source.find(video_id)
    if path is None or path.is_dir():
        # This raises with the reason if there is no video.
        source.probe(video_id)
        return VideoFacts() if path is None else _facts_of_folder(source, video_id, path)
    video = VideoSource(path)
    info, fps = video.info, float(video.info.fps)
    duration_sec = info.duration_sec or info.num_frames / fps
    if latest_sec > duration_sec:
        duration_sec = video.measured_duration_sec()
    duration_sec = duration_sec or UNKNOWN
    return VideoFacts(duration_sec, fps, (info.width_px, info.height_px))


def _facts_of_folder(source: ClipSource, video_id: str, folder: Path) -> VideoFacts:
    images = [one for one in folder.iterdir() if one.suffix.lower() in IMAGE_SUFFIXES]
    duration_sec = source.duration_sec(video_id)
    height_px, width_px = read_image(min(images)).shape[:2]
    return VideoFacts(duration_sec, len(images) / duration_sec, (width_px, height_px))


def available_ids(source: ClipSource) -> list[str]:
    """Return the names of the video files, or of the folders of frames, of a source.

    Args:
        source: of video files or folders of frames.
    """
    folder = Path(source.folder)
    if not folder.is_dir():
        return []
    found = sorted(one for one in folder.iterdir() if not one.name.startswith("."))
    if isinstance(source, VideoFiles):
        return [one.name for one in found if one.name.lower().endswith(VIDEO_SUFFIXES)]
    return [one.name for one in found if one.is_dir()]
