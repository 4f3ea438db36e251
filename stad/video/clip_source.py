"""The frames of a clip, read from video files or from folders of extracted frames."""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from mmengine.logging import MMLogger

from stad.errors import InputError
from stad.utils.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from stad.video.clip_reader import ClipReader, FileFacts, RawClip
from stad.video.source import VideoSource
from stad.video.window import Window, nearest_frames

# Open readers that a process keeps: opening one again scans the whole file.
OPEN_READERS = 4
# Files whose times a process keeps: 300 films of 15 minutes take 65 MB.
KNOWN_FILES = 512
BLACK_SIZE = (320, 240)
# Of the videos that are left out, so many are named.
SHOWN_VIDEOS = 5


def black_clip(num_frames: int) -> RawClip:
    """Stands for a clip of so many frames that cannot be read: black, of television's shape."""
    black = np.zeros((1, BLACK_SIZE[1], BLACK_SIZE[0], 3), dtype=np.uint8)
    return RawClip(black, np.zeros(num_frames, dtype=np.int64))


class ClipSource(Protocol):
    """Videos, by their ids."""

    @property
    def folder(self) -> Path:
        """The folder of the videos."""
        ...

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
    """Videos as files, ``folder/ID.mp4`` or with another ending; see ``ClipReader``.

    An id may also be the path of a file below the folder, with its ending. Only the frames that
    a clip needs are decoded (and those between them and the key frame before). A clip has the
    frames that annotation shows at the same times.

    Args:
        folder: where the files are.
        num_threads: of the decoder, per reader; 0 lets it choose.
    """

    def __init__(self, folder: str | Path, *, num_threads: int = 1) -> None:
        self.folder = Path(folder)
        self._num_threads = num_threads
        self._paths: dict[str, Path] | None = None
        self._readers: OrderedDict[str, ClipReader] = OrderedDict()
        self._facts: OrderedDict[str, FileFacts] = OrderedDict()
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
        return self._reader(video_id).read_at(times_sec)

    def duration_sec(self, video_id: str) -> float:
        """As in ``ClipSource``."""
        return self._reader(video_id).duration_sec

    def _path(self, video_id: str) -> Path:
        path = self.find(video_id)
        if path is None:
            raise InputError(f"there is no video {video_id} in {self.folder}")
        return path

    def _reader(self, video_id: str) -> ClipReader:
        """Return the open reader of a video."""
        if self._owner != os.getpid():
            # A decoder does not survive the fork into a worker process.
            self._readers, self._owner = OrderedDict(), os.getpid()
        if video_id not in self._readers:
            while len(self._readers) >= OPEN_READERS:
                self._readers.popitem(last=False)
            self._readers[video_id] = self._open(video_id)
        self._readers.move_to_end(video_id)
        return self._readers[video_id]

    def _open(self, video_id: str) -> ClipReader:
        facts = self._facts.get(video_id)
        reader = ClipReader(self._path(video_id), facts=facts, num_threads=self._num_threads)
        self._facts[video_id] = reader.facts
        self._facts.move_to_end(video_id)
        while len(self._facts) > KNOWN_FILES:
            self._facts.popitem(last=False)
        return reader

    def __getstate__(self) -> dict:
        return {**self.__dict__, "_readers": OrderedDict()}


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
