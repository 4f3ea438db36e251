"""Read the frames of a file at chosen times, in any order: with decord where it is exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar, overload

# Before decord, which brings its own zlib: OpenCV would use that one, and could not write PNG.
import cv2
import decord
import numpy as np
from torch.utils.dlpack import from_dlpack

from stad.video.index import FrameIndex
from stad.video.losses import describe_losses_of
from stad.video.source import VideoSource
from stad.video.time_limit import StuckError, within_limit
from stad.video.window import nearest_frames

# Errors reach the user once, in a sentence; FFmpeg would print a line for each packet.
decord.logging.set_level(decord.logging.QUIET)

# In these formats every packet has a time and is found by it. In others decord counts frames from
# where its seek should have led, and returns the wrong ones.
DECORD_FORMATS = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi"})
# Files of these codecs may hold packets that are never shown, which decord counts.
HIDDEN_FRAME_CODECS = frozenset({"vp8"})
TIME_TOLERANCE_SEC = 1e-3
# Frames that a file may state for each that it has.
MAX_STATED, STATED_FRAMES = 10, 100_000
# Frames of a clip that one call into decord decodes.
DECODED_AHEAD = 4
# Mean difference of two images, in levels of 255, up to which they are the same frame.
SAME_IMAGE = 1.0

Result = TypeVar("Result")


class RawClip(NamedTuple):
    """The distinct frames of a clip, and their order.

    Attributes:
        frames: U times (H, W, 3) uint8 RGB. Frames of a file may be decoded only while they are
            gone through, which can raise InputError: go through them once, in order.
        order: (T,) int64; ``frames[order[i]]`` is frame i of the clip. Some are repeated at the
            ends of a video, and where it has few frames per second.
    """

    frames: Sequence[np.ndarray] | np.ndarray
    order: np.ndarray

    def whole(self) -> np.ndarray:
        """Return all frames of the clip, (T, H, W, 3) uint8 RGB."""
        return np.stack(list(self.frames))[self.order]


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
    are compared with the container's when the file is opened. PyAV reads everything else, also
    where decord fails. No call waits longer for a decoder than ``within_limit`` allows.

    Args:
        path: the file.
        facts: facts of the file if it was open before; they save reading it again.
        num_threads: threads of the decoder; 0 lets it choose.

    Attributes:
        facts: facts of the file.
        stuck: the error of PyAV's decoder if it did not return: it would do so again.

    Raises:
        InputError: the file cannot be read.
    """

    def __init__(
        self, path: str | Path, *, facts: FileFacts | None = None, num_threads: int = 1
    ) -> None:
        self._path, self._num_threads = str(path), num_threads
        self._source: VideoSource | None = None
        self._video: decord.VideoReader | None = None
        self.stuck: StuckError | None = None
        if facts is None:
            self._source, index = within_limit(self._index, self._path, whole_file=True)
            self.facts, source = FileFacts(index.times_sec, uses_decord=True), self._source
            self._video = self._by_decord(
                lambda: self._trusted_decord(source, index), whole_file=True
            )
            self.facts = FileFacts(index.times_sec, self._video is not None)
            return
        self.facts = facts
        if facts.uses_decord:
            self._video = self._by_decord(
                lambda: open_with_decord(path, num_threads=num_threads), whole_file=True
            )

    def _index(self) -> tuple[VideoSource, FrameIndex]:
        source = VideoSource(self._path, num_threads=self._num_threads)
        return source, source.index()

    def _by_decord(self, call: Callable[[], Result], *, whole_file: bool = False) -> Result | None:
        """Return the result of a call into decord; None, and never again, if it fails or hangs."""
        try:
            return within_limit(call, self._path, whole_file=whole_file)
        # decord has errors of its own, asserts what a file states, and ends with StopIteration.
        except Exception:
            self._video, self.facts = None, self.facts._replace(uses_decord=False)
            return None

    @property
    def duration_sec(self) -> float:
        """The time of the end of the last frame, seconds."""
        return FrameIndex(self.facts.times_sec).duration_sec

    def read_at(self, times_sec: np.ndarray) -> RawClip:
        """Return the frames nearest to (T,) times, seconds from the start of the video.

        Raises:
            InputError: the frames cannot be decoded; also when they are gone through.
        """
        positions = nearest_frames(times_sec, self.facts.times_sec)
        needed, order = np.unique(positions, return_inverse=True)
        if self._video is not None:
            return RawClip(_DecodedFrames(self, needed), order)
        return RawClip(self.images_at(needed), order)

    def decord_images(self, positions: np.ndarray) -> list[np.ndarray] | None:
        """Return frames by decord, (H, W, 3) uint8 RGB each; None where it cannot be used any more.

        Args:
            positions: (U,) ascending positions among the frames of the file.
        """
        video = self._video
        if video is None:
            return None
        # Where the file is damaged, PyAV decodes more of it.
        return self._by_decord(lambda: [_decord_frame(video, one) for one in positions.tolist()])

    def images_at(self, positions: np.ndarray) -> list[np.ndarray]:
        """Return frames by PyAV, (H, W, 3) uint8 RGB each.

        Args:
            positions: (U,) ascending positions among the frames of the file.

        Raises:
            InputError: no frame can be decoded.
        """
        times_sec = self.facts.times_sec[positions].tolist()
        try:
            return within_limit(lambda: self._images_at(times_sec), self._path, whole_file=True)
        except StuckError as error:
            self.stuck = error
            raise

    def describe_losses(self) -> str:
        """Return a warning if frames are missing in the file; "" if few or none are.

        Raises:
            InputError: the file cannot be read any more.
        """
        times_sec = self.facts.times_sec
        return within_limit(
            lambda: describe_losses_of(self._path, times_sec), self._path, whole_file=True
        )

    def _images_at(self, times_sec: list[float]) -> list[np.ndarray]:
        if self._source is None:
            self._source = VideoSource(self._path, num_threads=self._num_threads)
        return self._source.images_at(times_sec)

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
            # Its FFmpeg is old, and a fault in it would end the process.
            and not index.is_damaged
            # decord takes memory for all frames that are stated; without it the process aborts.
            and _stated_frames(source) <= max(MAX_STATED * len(index.times_sec), STATED_FRAMES)
        ):
            return None
        video = open_with_decord(self._path, num_threads=self._num_threads)
        if not _same_times(video, index.times_sec):
            return None
        probes = _probes(index)
        found = [_decord_frame(video, position) for position in probes.tolist()]
        expected = source.images_at(index.times_sec[probes].tolist())
        is_same = all(map(_is_same_image, found, expected))
        return video if is_same else None


def _stated_frames(source: VideoSource) -> float:
    return max(source.info.num_frames, source.longest_sec * float(source.info.fps))


class _DecodedFrames(Sequence[np.ndarray]):
    """Frames that are decoded when they are asked for.

    Each is then used while it is still in the processor's cache, and its memory is used again: a
    batch of large frames takes new memory each time, which costs as much as decoding them. A few
    are decoded at once, as each call into a decoder costs some time, too.

    Args:
        reader: of the file.
        positions: (U,) ascending positions among its frames.
    """

    def __init__(self, reader: ClipReader, positions: np.ndarray) -> None:
        self._reader, self._positions = reader, positions
        self._last: tuple[int, np.ndarray] | None = None
        self._ready: dict[int, np.ndarray] = {}
        self._others: list[np.ndarray] | None = None

    def __len__(self) -> int:
        return len(self._positions)

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, index: slice) -> list[np.ndarray]: ...
    def __getitem__(self, index: int | slice) -> np.ndarray | list[np.ndarray]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        # Raises IndexError at the end.
        index = range(len(self))[index]
        if self._last is None or self._last[0] != index:
            self._last = None
            self._last = index, self._decode(index)
        return self._last[1]

    def _decode(self, index: int) -> np.ndarray:
        if self._others is None and index not in self._ready:
            self._ready = {}
            images = self._reader.decord_images(self._positions[index : index + DECODED_AHEAD])
            if images is None:
                # PyAV opens the file for each call.
                self._others = self._reader.images_at(self._positions)
            else:
                self._ready = dict(enumerate(images, index))
        return self._ready.pop(index) if self._others is None else self._others[index]


def open_with_decord(path: str | Path, *, num_threads: int = 1) -> decord.VideoReader:
    """Open a file with decord.

    Raises:
        decord.DECORDError: decord cannot read it.
    """
    # Absolute: FFmpeg takes text before a colon for a protocol, but not after a slash.
    return decord.VideoReader(
        str(Path(path).absolute()), ctx=decord.cpu(0), num_threads=num_threads
    )


def _decord_frame(video: decord.VideoReader, position: int) -> np.ndarray:
    """Return (H, W, 3) uint8."""
    video.seek_accurate(position)
    # Without decord's own copy.
    return from_dlpack(video.next().to_dlpack()).numpy()


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
