"""Read the frames of a file at chosen times, in any order: with decord where it is exact."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

# Before decord, which brings its own zlib: OpenCV would use that one, and could not write PNG.
import cv2
import decord
import numpy as np
from torch.utils.dlpack import from_dlpack

from stad.video.index import FrameIndex
from stad.video.source import VideoSource
from stad.video.window import nearest_frames

# In these formats every packet has a time and is found by it. In others decord counts frames from
# where its seek should have led, and returns the wrong ones.
DECORD_FORMATS = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi"})
# Files of these codecs may hold packets that are never shown, which decord counts.
HIDDEN_FRAME_CODECS = frozenset({"vp8"})
TIME_TOLERANCE_SEC = 1e-3
# Mean difference of two images, in levels of 255, up to which they are the same frame.
SAME_IMAGE = 1.0


class RawClip(NamedTuple):
    """The distinct frames of a clip, and their order.

    Attributes:
        frames: (U, H, W, 3) uint8 RGB.
        order: (T,) int64; ``frames[order[i]]`` is frame i of the clip. Some are repeated at the
            ends of a video, and where it has few frames per second.
    """

    frames: np.ndarray
    order: np.ndarray


class FileFacts(NamedTuple):
    """Facts about a file that are known after it was opened once.

    Attributes:
        times_sec: (F,) float64 ascending times of its frames, seconds.
        uses_decord: whether decord returns exactly these frames.
    """

    times_sec: np.ndarray
    uses_decord: bool


class ClipReader:
    """Reads the frames of an open file at chosen times.

    The frames are those of ``VideoSource`` at the same times, in every container. decord reads
    mp4 and Matroska files with upright square pixels in SDR; its times and some of its frames
    are compared with the container's when the file is opened. PyAV reads everything else.

    Args:
        path: the file.
        facts: facts of the file if it was open before; they save reading it again.
        num_threads: threads of the decoder; 0 lets it choose.

    Attributes:
        facts: facts of the file.

    Raises:
        InputError: the file cannot be read.
    """

    def __init__(
        self, path: str | Path, *, facts: FileFacts | None = None, num_threads: int = 1
    ) -> None:
        self._path, self._num_threads = str(path), num_threads
        self._source: VideoSource | None = None
        self._video: decord.VideoReader | None = None
        if facts is None:
            self._source = source = VideoSource(path, num_threads=num_threads)
            index = source.index()
            self._video = self._trusted_decord(source, index)
            facts = FileFacts(index.times_sec, self._video is not None)
        elif facts.uses_decord:
            self._video = open_with_decord(path, num_threads=num_threads)
        self.facts = facts

    @property
    def duration_sec(self) -> float:
        """The time of the end of the last frame, seconds."""
        return FrameIndex(self.facts.times_sec).duration_sec

    def read_at(self, times_sec: np.ndarray) -> RawClip:
        """Return the frames nearest to (T,) times, seconds from the start of the video.

        Raises:
            InputError: the frames cannot be decoded.
        """
        positions = nearest_frames(times_sec, self.facts.times_sec)
        needed, order = np.unique(positions, return_inverse=True)
        if self._video is not None:
            try:
                return RawClip(_decord_frames(self._video, needed), order)
            except decord.DECORDError:
                # Damage inside the file: FFmpeg decodes more of it.
                self._video = None
        if self._source is None:
            self._source = VideoSource(self._path, num_threads=self._num_threads)
        images = self._source.images_at(self.facts.times_sec[needed].tolist())
        return RawClip(np.stack(images), order)

    def _trusted_decord(self, source: VideoSource, index: FrameIndex) -> decord.VideoReader | None:
        """Return decord's reader if its frames are those of the container."""
        if not (
            source.format_name in DECORD_FORMATS
            and source.codec_name not in HIDDEN_FRAME_CODECS
            and source.num_films == 1
            and source.is_plain
            and index.keys
            and not index.has_leading
            and not index.may_resize
        ):
            return None
        try:
            video = open_with_decord(self._path, num_threads=self._num_threads)
            if not _same_times(video, index.times_sec):
                return None
            probes = _probes(index)
            found = _decord_frames(video, probes)
        except (decord.DECORDError, UnicodeEncodeError):
            # decord only takes names in UTF-8.
            return None
        expected = source.images_at(index.times_sec[probes].tolist())
        is_same = all(map(_is_same_image, found, expected))
        return video if is_same else None


def open_with_decord(path: str | Path, *, num_threads: int = 1) -> decord.VideoReader:
    """Open a file with decord.

    Raises:
        decord.DECORDError: decord cannot read it.
    """
    # Absolute: FFmpeg takes text before a colon for a protocol, but not after a slash.
    return decord.VideoReader(
        str(Path(path).absolute()), ctx=decord.cpu(0), num_threads=num_threads
    )


def _decord_frames(video: decord.VideoReader, positions: np.ndarray) -> np.ndarray:
    """Return (U, H, W, 3) uint8."""
    # Without decord's own copy, which takes a tenth of the time in large videos.
    return from_dlpack(video.get_batch(positions).to_dlpack()).numpy()


def _same_times(video: decord.VideoReader, times_sec: np.ndarray) -> bool:
    """Return whether decord has the same frames at the same times, on its own clock."""
    if len(video) != len(times_sec):
        return False
    own_sec = video.get_frame_timestamp(range(len(video)))[:, 0].astype(np.float64)
    shift_sec = own_sec - times_sec
    # decord keeps times in single precision.
    tolerance_sec = TIME_TOLERANCE_SEC + 1e-6 * float(np.abs(own_sec).max())
    return bool(np.ptp(shift_sec) <= tolerance_sec)


def _is_same_image(image: np.ndarray, other: np.ndarray) -> bool:
    if image.shape != other.shape:
        return False
    return cv2.norm(image, other, cv2.NORM_L1) <= SAME_IMAGE * image.size


def _probes(index: FrameIndex) -> np.ndarray:
    """Return positions of a few frames over the whole file, next to key frames: cheap to decode."""
    last = len(index.times_sec) - 1
    keys = {index.keys[len(index.keys) // 2], index.keys[-1]} - {index.keys[0]}
    positions = np.searchsorted(index.times_sec, sorted(key.time_sec for key in keys))
    return np.unique(np.clip([2, *positions + 1], 0, last))
