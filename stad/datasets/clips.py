"""The frames of a clip, read from video files or from folders of extracted frames."""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Protocol

import av

# Before decord, which brings a zlib of its own: OpenCV would take that one, and write no PNG.
import cv2
import decord
import numpy as np
from mmengine.logging import MMLogger
from torch.utils.dlpack import from_dlpack

from stad.errors import InputError
from stad.video.source import VideoSource
from stad.video.window import Window, nearest_frames

VIDEO_SUFFIXES = (".mp4", ".mkv", ".webm", ".avi", ".mov", ".m4v", ".mpg", ".mpeg", ".ts", ".flv")
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
# Open readers that a process keeps: opening one again scans the whole file.
OPEN_READERS = 4
# What PyAV reads around a window, so that its nearest frames are among them.
MARGIN_SEC = 0.5
BLACK_SIZE = (320, 240)
# Of the videos that are left out, so many are named.
SHOWN_VIDEOS = 5


class RawClip(NamedTuple):
    """The frames of a clip, each one once.

    Attributes:
        frames: (U, H, W, 3) uint8 RGB.
        order: (T,) int64; ``frames[order[i]]`` is frame i of the clip. At the ends of a video,
            and where it has few frames per second, some stand for several.
    """

    frames: np.ndarray
    order: np.ndarray


def black_clip(num_frames: int) -> RawClip:
    """Stands for a clip of so many frames that cannot be read: black, of television's shape."""
    black = np.zeros((1, BLACK_SIZE[1], BLACK_SIZE[0], 3), dtype=np.uint8)
    return RawClip(black, np.zeros(num_frames, dtype=np.int64))


class ClipSource(Protocol):
    """Videos, by their ids."""

    def find(self, video_id: str) -> Path | None:
        """Where the video is; None where it is missing."""

    def probe(self, video_id: str) -> None:
        """Raise InputError unless the video is there and a frame of it can be read."""

    def read(self, video_id: str, center_sec: float, window: Window) -> RawClip:
        """The clip around ``center_sec``, seconds from the start of the video.

        Raises:
            InputError: it cannot be read.
        """

    def read_at(self, video_id: str, times_sec: np.ndarray) -> RawClip:
        """The frames nearest to (T,) times, seconds from the start of the video.

        Raises:
            InputError: they cannot be read.
        """

    def duration_sec(self, video_id: str) -> float:
        """From the start of the video to the end of its last frame, seconds.

        Raises:
            InputError: it cannot be read.
        """


class VideoFiles:
    """Videos as files, ``folder/ID.mp4`` or with another ending; decord reads them.

    An id may also be the path of a file below the folder, with its ending.
    Only the frames that a clip needs are decoded (and those between them and the key picture
    before). Times are the container's, counted as in ``stad.video.source``, so that a clip has
    the same frames as the demo's. PyAV takes over a file that decord cannot read.

    Args:
        folder: where the files are.
        num_threads: of the decoder, per reader; 0 lets it choose.
    """

    def __init__(self, folder: str | Path, *, num_threads: int = 1) -> None:
        self.folder = Path(folder)
        self._num_threads = num_threads
        self._paths: dict[str, Path] | None = None
        self._readers: OrderedDict[str, _Reader | None] = OrderedDict()
        self._origins_sec: dict[str, float] = {}
        self._owner = os.getpid()

    def find(self, video_id: str) -> Path | None:
        """As in ``ClipSource``."""
        path = self.folder / video_id
        if path.is_file():
            return path
        if self._paths is None:
            files = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
            files = [path for path in files if path.suffix.lower() in VIDEO_SUFFIXES]
            self._paths = {path.stem: path for path in files}
        return self._paths.get(video_id)

    def probe(self, video_id: str) -> None:
        """As in ``ClipSource``; decodes one frame."""
        VideoSource(self._path(video_id))

    def read(self, video_id: str, center_sec: float, window: Window) -> RawClip:
        """As in ``ClipSource``."""
        return self.read_at(video_id, center_sec + window.offsets_sec())

    def read_at(self, video_id: str, times_sec: np.ndarray) -> RawClip:
        """As in ``ClipSource``."""
        reader = self._reader(video_id)
        if reader is not None:
            try:
                return reader.read_at(times_sec)
            except decord.DECORDError:
                self._readers[video_id] = None
        return _read_with_pyav(self._path(video_id), times_sec)

    def duration_sec(self, video_id: str) -> float:
        """As in ``ClipSource``."""
        reader = self._reader(video_id)
        if reader is not None:
            return reader.duration_sec
        source = VideoSource(self._path(video_id))
        return source.info.duration_sec or source.info.num_frames / float(source.info.fps)

    def _path(self, video_id: str) -> Path:
        path = self.find(video_id)
        if path is None:
            raise InputError(f"there is no video {video_id} in {self.folder}")
        return path

    def _reader(self, video_id: str) -> _Reader | None:
        """The open reader of a video; None where decord cannot read it."""
        if self._owner != os.getpid():
            # A decoder does not survive the fork into a worker process.
            self._readers, self._owner = OrderedDict(), os.getpid()
        if video_id not in self._readers:
            while len(self._readers) >= OPEN_READERS:
                self._readers.popitem(last=False)
            self._readers[video_id] = self._open(video_id)
        self._readers.move_to_end(video_id)
        return self._readers[video_id]

    def _open(self, video_id: str) -> _Reader | None:
        path = self._path(video_id)
        if video_id not in self._origins_sec:
            self._origins_sec[video_id] = _origin_sec(path)
        try:
            return _Reader(path, self._num_threads, self._origins_sec[video_id])
        except decord.DECORDError:
            return None

    def __getstate__(self) -> dict:
        return {**self.__dict__, "_readers": OrderedDict()}


class _Reader:
    """One open file of decord's with the times of its frames."""

    def __init__(self, path: Path, num_threads: int, origin_sec: float) -> None:
        self._video, times_sec = open_with_decord(path, num_threads=num_threads)
        self._times_sec = times_sec - origin_sec

    @property
    def duration_sec(self) -> float:
        """The last frame is shown as long as the others are in the mean."""
        first, last = self._times_sec[0], self._times_sec[-1]
        return float(last + (last - first) / max(len(self._times_sec) - 1, 1))

    def read_at(self, times_sec: np.ndarray) -> RawClip:
        """As in ``ClipSource``."""
        needed, order = np.unique(nearest_frames(times_sec, self._times_sec), return_inverse=True)
        # Without decord's own copy: in large videos it takes a tenth of the time.
        batch = from_dlpack(self._video.get_batch(needed).to_dlpack())
        return RawClip(batch.numpy(), order)


def open_with_decord(path: Path, *, num_threads: int = 1) -> tuple[decord.VideoReader, np.ndarray]:
    """A reader of decord's and the (F,) float64 times of its frames, as the file has them, sec.

    Raises:
        decord.DECORDError: decord cannot read the file.
    """
    video = decord.VideoReader(str(path), ctx=decord.cpu(0), num_threads=num_threads)
    times_sec = video.get_frame_timestamp(range(len(video)))[:, 0]
    return video, times_sec.astype(np.float64)


def _origin_sec(path: Path) -> float:
    """What the container calls its first moment; decord does not take it off its times."""
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            return (container.start_time or 0) / av.time_base
    except (av.error.FFmpegError, OSError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def _read_with_pyav(path: Path, times_sec: np.ndarray) -> RawClip:
    start_sec = max(float(times_sec.min()) - MARGIN_SEC, 0.0)
    end_sec = max(float(times_sec.max()) + MARGIN_SEC, 2 * MARGIN_SEC)
    around = f"around {float(times_sec.mean()):g} s"
    source = VideoSource(path, start_sec=start_sec, end_sec=end_sec)
    try:
        # Twice, because the frames of ten seconds are too many to keep.
        found_sec = np.array([frame.time_sec for frame in source.frames()])
        if not len(found_sec):
            raise InputError(f"{path} has no readable frame {around}")
        needed, order = np.unique(nearest_frames(times_sec, found_sec), return_inverse=True)
        wanted = frozenset(needed.tolist())
        images = [one.image for i, one in enumerate(source.frames()) if i in wanted]
    except av.error.FFmpegError as error:
        raise InputError(f"{path} cannot be read {around}: {error}") from error
    return RawClip(np.stack(images), order)


class FrameFolders:
    """Videos as folders of pictures, ``folder/ID/*.jpg``, in the order of their names.

    Args:
        folder: where the folders are.
        fps: pictures per second; the first one is at 0 s.
    """

    def __init__(self, folder: str | Path, *, fps: float) -> None:
        self.folder, self._fps = Path(folder), fps
        self._files: dict[str, list[Path]] = {}

    def find(self, video_id: str) -> Path | None:
        """As in ``ClipSource``."""
        path = self.folder / video_id
        return path if path.is_dir() else None

    def probe(self, video_id: str) -> None:
        """As in ``ClipSource``; decodes one picture."""
        _read_image(self._list(video_id)[0])

    def read(self, video_id: str, center_sec: float, window: Window) -> RawClip:
        """As in ``ClipSource``."""
        return self.read_at(video_id, center_sec + window.offsets_sec())

    def read_at(self, video_id: str, times_sec: np.ndarray) -> RawClip:
        """As in ``ClipSource``."""
        files = self._list(video_id)
        positions = nearest_frames(times_sec, np.arange(len(files)) / self._fps)
        needed, order = np.unique(positions, return_inverse=True)
        return RawClip(np.stack([_read_image(files[i]) for i in needed]), order)

    def duration_sec(self, video_id: str) -> float:
        """As in ``ClipSource``."""
        return len(self._list(video_id)) / self._fps

    def _list(self, video_id: str) -> list[Path]:
        if video_id not in self._files:
            path = self.find(video_id)
            if path is None:
                raise InputError(f"there is no folder {video_id} in {self.folder}")
            files = sorted(one for one in path.iterdir() if one.suffix.lower() in IMAGE_SUFFIXES)
            if not files:
                raise InputError(f"there are no pictures ({', '.join(IMAGE_SUFFIXES)}) in {path}")
            self._files[video_id] = files
        return self._files[video_id]


def _read_image(path: Path) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise InputError(f"{path} cannot be read as a picture")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def unreadable_videos(source: ClipSource, video_ids: Iterable[str]) -> dict[str, str]:
    """The videos that cannot be read, and why, in the order of their ids."""
    reasons: dict[str, str] = {}
    for video_id in sorted(video_ids):
        try:
            source.probe(video_id)
        except InputError as error:
            reasons[video_id] = str(error)
    return reasons


def empty_videos(source: ClipSource, video_ids: Iterable[str]) -> dict[str, str]:
    """The videos that have nothing in them, and why, by one look at the disk for each."""
    reasons: dict[str, str] = {}
    for video_id in sorted(video_ids):
        path = source.find(video_id)
        if path is None:
            reasons[video_id] = "is not there any more"
        elif path.is_dir():
            if not any(one.suffix.lower() in IMAGE_SUFFIXES for one in path.iterdir()):
                reasons[video_id] = "has no pictures"
        elif path.stat().st_size == 0:
            reasons[video_id] = "is empty (0 bytes)"
    return reasons


def warn_of_left_out(reasons: dict[str, str], total: int, *, listed_in: str) -> None:
    """Log a warning as ``left_out_text`` has it; the log's file names all of the videos.

    Args:
        reasons, total, listed_in: as for ``left_out_text``.

    Raises:
        InputError: that is all of them.
    """
    logger = MMLogger.get_current_instance()
    files = [one for one in logger.handlers if isinstance(one, logging.FileHandler)]
    text = left_out_text(reasons, total, listed_in=listed_in)
    if len(reasons) <= SHOWN_VIDEOS or not files:
        logger.warning(text)
        return
    logger.warning(f"{text}; all are named in {files[0].baseFilename}")
    # Thousands of lines are of use in the file; on the screen they would bury the rest.
    lines = [f"left out of {listed_in}:", *(f"{name} ({why})" for name, why in reasons.items())]
    record = logger.makeRecord(
        logger.name, logging.WARNING, __file__, 0, "\n".join(lines), args=(), exc_info=None
    )
    for handler in files:
        handler.handle(record)


def left_out_text(reasons: dict[str, str], total: int, *, listed_in: str) -> str:
    """What to say of videos that cannot be read.

    Args:
        reasons: why, for each of them; at least one.
        total: videos that the list has.
        listed_in: the list, for people.

    Raises:
        InputError: that is all of them.
    """
    shown = [f"{name} ({why})" for name, why in list(reasons.items())[:SHOWN_VIDEOS]]
    if len(reasons) == total:
        raise InputError(
            f"none of the {total} videos of {listed_in} can be read, for example "
            f"{shown[0]}: put them where the config says, or change 'videos' in it"
        )
    more = f" and {len(reasons) - len(shown)} more" if len(reasons) > len(shown) else ""
    return (
        f"{len(reasons)} of {total} videos of {listed_in} cannot be read "
        f"and are left out: {'; '.join(shown)}{more}"
    )
