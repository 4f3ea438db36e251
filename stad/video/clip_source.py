"""Read the frames of clips by video id, from video files or from folders of extracted frames."""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path
from typing import Protocol

import numpy as np

from stad.errors import InputError
from stad.utils.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from stad.video.clip_reader import ClipReader, FileFacts, RawClip
from stad.video.images import read_image
from stad.video.source import VideoSource
from stad.video.time_limit import StuckError, within_limit
from stad.video.window import Window, nearest_frames

# Open readers that a process keeps: opening a file again scans it whole.
OPEN_READERS = 4
# Files whose times a process keeps: 300 videos of 15 minutes take 65 MB.
KNOWN_FILES = 512
BLACK_SIZE = (320, 240)


def black_clip(num_frames: int) -> RawClip:
    """Return a black clip of 320x240, in place of one that cannot be read."""
    black = np.zeros((1, BLACK_SIZE[1], BLACK_SIZE[0], 3), dtype=np.uint8)
    return RawClip(black, np.zeros(num_frames, dtype=np.int64))


class ClipSource(Protocol):
    """Reads clips of videos by their ids."""

    @property
    def folder(self) -> Path:
        """The folder of the videos."""
        ...

    def find(self, video_id: str) -> Path | None:
        """Return the path of the video; None where it is missing."""
        ...

    def probe(self, video_id: str) -> None:
        """Raise InputError unless the video is there and a frame of it can be read."""
        ...

    def read(self, video_id: str, center_sec: float, window: Window) -> RawClip:
        """Return the clip around ``center_sec``, seconds from the start of the video.

        Raises:
            InputError: the clip cannot be read; also when its frames are gone through.
        """
        ...

    def read_at(self, video_id: str, times_sec: np.ndarray) -> RawClip:
        """Return the frames nearest to (T,) times, seconds from the start of the video.

        Raises:
            InputError: the frames cannot be read; also when they are gone through.
        """
        ...

    def duration_sec(self, video_id: str) -> float:
        """Return the time from the start of the video to the end of its last frame, seconds.

        Raises:
            InputError: the video cannot be read.
        """
        ...


class VideoFiles:
    """Reads clips from files, ``folder/ID.mp4`` or with another suffix; see ``ClipReader``.

    An id may also be the path of a file below the folder, with its suffix or without, such as
    'Class/video'. Only the frames that a clip needs are decoded (and those between them and the
    key frame before). A clip has the same frames as annotating at the same times.

    Args:
        folder: the folder of the files.
        num_threads: threads of the decoder, per reader; 0 lets it choose.
    """

    def __init__(self, folder: str | Path, *, num_threads: int = 1) -> None:
        self.folder = Path(folder)
        self._num_threads = num_threads
        self._paths: dict[Path, dict[str, Path]] = {}
        self._readers: OrderedDict[str, ClipReader] = OrderedDict()
        self._facts: OrderedDict[str, FileFacts] = OrderedDict()
        # Files that a decoder does not return from: trying again would cost as much time.
        self._stuck: dict[str, StuckError] = {}
        self._owner = os.getpid()

    def find(self, video_id: str) -> Path | None:
        """Do as ``ClipSource`` says."""
        path = self.folder / video_id
        if path.is_file():
            return path
        if path.parent not in self._paths:
            files = sorted(path.parent.iterdir()) if path.parent.is_dir() else []
            files = [one for one in files if one.suffix.lower() in VIDEO_SUFFIXES]
            self._paths[path.parent] = {one.stem: one for one in files}
        return self._paths[path.parent].get(path.name)

    def probe(self, video_id: str) -> None:
        """Do as ``ClipSource`` says; decodes one frame."""
        path = self._path(video_id)
        within_limit(lambda: VideoSource(path), path, whole_file=True)

    def read(self, video_id: str, center_sec: float, window: Window) -> RawClip:
        """Do as ``ClipSource`` says."""
        return self.read_at(video_id, center_sec + window.offsets_sec())

    def read_at(self, video_id: str, times_sec: np.ndarray) -> RawClip:
        """Do as ``ClipSource`` says."""
        return self._reader(video_id).read_at(times_sec)

    def duration_sec(self, video_id: str) -> float:
        """Do as ``ClipSource`` says."""
        return self._reader(video_id).duration_sec

    def describe_losses(self, video_id: str) -> str:
        """Return a warning if frames are missing in the video; "" if few or none are.

        Raises:
            InputError: the video cannot be read.
        """
        return self._reader(video_id).describe_losses()

    def _path(self, video_id: str) -> Path:
        path = self.find(video_id)
        if path is None:
            raise InputError(f"There is no video {video_id} in {self.folder}. Put it there.")
        return path

    def _reader(self, video_id: str) -> ClipReader:
        """Return the open reader of a video."""
        if self._owner != os.getpid():
            # A decoder does not survive the fork into a worker process.
            self._readers, self._owner = OrderedDict(), os.getpid()
        if video_id in self._stuck:
            raise self._stuck[video_id].with_traceback(None)
        if video_id not in self._readers:
            while len(self._readers) >= OPEN_READERS:
                self._close(next(iter(self._readers)))
            self._readers[video_id] = self._open(video_id)
        elif self._readers[video_id].stuck:
            self._close(video_id)
            return self._reader(video_id)
        self._readers.move_to_end(video_id)
        return self._readers[video_id]

    def _open(self, video_id: str) -> ClipReader:
        facts, path = self._facts.get(video_id), self._path(video_id)
        try:
            reader = ClipReader(path, facts=facts, num_threads=self._num_threads)
        except StuckError as error:
            self._stuck[video_id] = error
            raise
        self._keep_facts(video_id, reader)
        return reader

    def _close(self, video_id: str) -> None:
        """Forget a reader, but not what is known of its file."""
        reader = self._readers.pop(video_id)
        self._keep_facts(video_id, reader)
        if reader.stuck:
            self._stuck[video_id] = reader.stuck

    def _keep_facts(self, video_id: str, reader: ClipReader) -> None:
        self._facts[video_id] = reader.facts
        self._facts.move_to_end(video_id)
        while len(self._facts) > KNOWN_FILES:
            self._facts.popitem(last=False)

    def __getstate__(self) -> dict:
        return {**self.__dict__, "_readers": OrderedDict()}


class FrameFolders:
    """Reads clips from folders of images, ``folder/ID/*.jpg``, in the order of their names.

    Args:
        folder: the folder of the folders.
        fps: images per second; the first one is at 0 s.
    """

    def __init__(self, folder: str | Path, *, fps: float) -> None:
        self.folder, self._fps = Path(folder), fps
        self._files: dict[str, list[Path]] = {}

    def find(self, video_id: str) -> Path | None:
        """Do as ``ClipSource`` says."""
        path = self.folder / video_id
        return path if path.is_dir() else None

    def probe(self, video_id: str) -> None:
        """Do as ``ClipSource`` says; decodes one image."""
        read_image(self._list(video_id)[0])

    def read(self, video_id: str, center_sec: float, window: Window) -> RawClip:
        """Do as ``ClipSource`` says."""
        return self.read_at(video_id, center_sec + window.offsets_sec())

    def read_at(self, video_id: str, times_sec: np.ndarray) -> RawClip:
        """Do as ``ClipSource`` says."""
        files = self._list(video_id)
        positions = nearest_frames(times_sec, np.arange(len(files)) / self._fps)
        needed, order = np.unique(positions, return_inverse=True)
        return RawClip(np.stack([read_image(files[i]) for i in needed]), order)

    def duration_sec(self, video_id: str) -> float:
        """Do as ``ClipSource`` says."""
        return len(self._list(video_id)) / self._fps

    def _list(self, video_id: str) -> list[Path]:
        if video_id not in self._files:
            path = self.find(video_id)
            if path is None:
                raise InputError(f"There is no folder {video_id} in {self.folder}. Put it there.")
            files = sorted(one for one in path.iterdir() if one.suffix.lower() in IMAGE_SUFFIXES)
            if not files:
                raise InputError(
                    f"There are no images ({', '.join(IMAGE_SUFFIXES)}) in {path}. Put some there."
                )
            self._files[video_id] = files
        return self._files[video_id]
