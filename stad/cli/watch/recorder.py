"""Record an mp4 of the seconds around each event of chosen labels, in its own thread."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stad.errors import InputError
from stad.inference.frame_store import FrameRing, StoredFrame
from stad.inference.live.events import Event
from stad.outputs.drawing import draw_actors
from stad.structures import VideoInfo
from stad.utils.part_files import delete_dead
from stad.video.sink import VideoSink

MAX_CLIP_SEC = 600.0
# If no frame comes for this time after an event, its file is finished.
QUIET_SEC = 10.0
MAX_WAITING_BYTES = 256 * 2**20
# The parts of recordings.
UNFINISHED = re.compile(r"\.\d{8}T\d{9}_.*\.part\.mp4")


@dataclass
class _Recording:
    """A file that is being written.

    Attributes:
        path: of the mp4.
        from_sec, until_sec: the time that it holds, seconds; until_sec is infinite during an event.
        open_events: actors and classes of the events that have not ended.
        last_sec: of the last frame that was passed on.
        part: which file of a long event this is, from 1.
    """

    path: Path
    from_sec: float
    until_sec: float
    open_events: set[tuple[int, int]] = field(default_factory=set)
    last_sec: float = float("-inf")
    part: int = 1


class Recorder:
    """Records events of chosen labels, with some seconds before and after.

    Overlapping events share a file; a recording of more than ten minutes is split into several.
    Boxes and actions are drawn in.

    Args:
        folder: for the files; created if it does not exist.
        ring: the last frames; it holds ``margin_sec`` and the delay of the events.
        info: of the stream.
        class_names: of the model.
        labels: class indices whose events are recorded.
        margin_sec: seconds before and after an event.
        log: takes a line for each file, and when one cannot be written.

    Raises:
        InputError: the folder cannot be created.
    """

    def __init__(
        self,
        folder: Path,
        ring: FrameRing,
        info: VideoInfo,
        *,
        class_names: tuple[str, ...],
        labels: frozenset[int],
        margin_sec: float,
        log: Callable[[str], None],
    ) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"--record-dir {folder}: {error.strerror}. Choose another folder."
            ) from error
        # What a run that died was writing cannot be played.
        for path in folder.iterdir():
            if UNFINISHED.fullmatch(path.name):
                delete_dead(path)
        self._folder, self._ring = folder, ring
        self._labels, self._margin_sec, self._log = labels, margin_sec, log
        self._recording: _Recording | None = None
        # When the last frame was written, on the monotonic clock.
        self._fed_sec = 0.0
        self._writer = _Writer(info, class_names, log)

    def add(self, event: Event) -> None:
        """Add an event; those of other labels are ignored."""
        segment = event.segment
        if segment.class_index not in self._labels:
            return
        key = (segment.actor_id, segment.class_index)
        if event.kind == "start":
            from_sec = segment.start_sec - self._margin_sec
            if self._recording is not None and from_sec > self._recording.until_sec:
                # The frames of the time between are not there yet, or never come.
                self.advance()
                self._finish()
            if self._recording is None:
                self._recording = _Recording(self._path_of(event), from_sec, float("inf"))
                self._recording.last_sec = from_sec
                self._fed_sec = time.monotonic()
            self._recording.open_events.add(key)
            self._recording.until_sec = float("inf")
        elif self._recording is not None and key in self._recording.open_events:
            self._recording.open_events.discard(key)
            if not self._recording.open_events:
                self._recording.until_sec = segment.end_sec + self._margin_sec

    def _path_of(self, event: Event) -> Path:
        began_at = event.began_at
        stamp = f"{began_at:%Y%m%dT%H%M%S}{began_at.microsecond // 1000:03d}"
        label = re.sub(r"[^a-z0-9]+", "-", event.label.lower()).strip("-")[:40]
        path = self._folder / f"{stamp}_{label}_{event.segment.actor_id}.mp4"
        # Another stream may record into this folder.
        numbers = itertools.count(2)
        while path.exists():
            path = path.with_name(f"{path.stem.partition('~')[0]}~{next(numbers)}.mp4")
        return path

    def advance(self) -> None:
        """Write the frames whose results have become known."""
        recording = self._recording
        if recording is None:
            return
        for kept in self._ring.known(recording.last_sec):
            if kept.time_sec > recording.until_sec:
                self._finish()
                return
            self._writer.write(recording.path, kept)
            recording.last_sec = kept.time_sec
            self._fed_sec = time.monotonic()
        quiet_sec = time.monotonic() - self._fed_sec
        if not recording.open_events and quiet_sec > self._margin_sec + QUIET_SEC:
            self._finish()
        elif recording.last_sec - recording.from_sec > MAX_CLIP_SEC:
            self._split(recording)

    def _split(self, recording: _Recording) -> None:
        self._writer.finish(recording.path)
        stem = re.sub(r"_part\d+$", "", recording.path.stem)
        number = recording.part + 1
        path = recording.path.with_name(f"{stem}_part{number}.mp4")
        self._recording = _Recording(
            path=path,
            from_sec=recording.last_sec,
            until_sec=recording.until_sec,
            open_events=recording.open_events,
            last_sec=recording.last_sec,
            part=number,
        )

    def _finish(self) -> None:
        if self._recording is not None:
            self._writer.finish(self._recording.path)
            self._recording = None

    def close(self) -> None:
        """Finish all files and wait until they are written."""
        self.advance()
        self._finish()
        self._writer.close()

    @property
    def num_lost_frames(self) -> int:
        """Frames that are missing in files because writing could not keep up."""
        return self._writer.num_lost


class _Writer:
    """Draws and encodes in a thread; frames are left out when too many wait."""

    def __init__(
        self, info: VideoInfo, class_names: tuple[str, ...], log: Callable[[str], None]
    ) -> None:
        self._info, self._class_names, self._log = info, class_names, log
        # A frame to add to a file, or None to finish it.
        self._waiting: deque[tuple[Path, StoredFrame | None]] = deque()
        self._num_bytes = 0
        self._changed = threading.Condition()
        self._is_closing = False
        self._sink: VideoSink | None = None
        self._failed: Path | None = None
        self.num_lost = 0
        self._thread = threading.Thread(target=self._run, name="recorder")
        self._thread.start()

    def write(self, path: Path, kept: StoredFrame) -> None:
        """Add a frame to a file."""
        with self._changed:
            if self._num_bytes + kept.stored.num_bytes > MAX_WAITING_BYTES:
                self.num_lost += 1
                return
            self._num_bytes += kept.stored.num_bytes
            self._waiting.append((path, kept))
            self._changed.notify()

    def finish(self, path: Path) -> None:
        """Finish a file."""
        with self._changed:
            self._waiting.append((path, None))
            self._changed.notify()

    def close(self) -> None:
        """Write what waits, then end the thread."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_closing)
                if not self._waiting:
                    return
                path, kept = self._waiting.popleft()
                self._num_bytes -= 0 if kept is None else kept.stored.num_bytes
            if path == self._failed:
                continue
            try:
                self._take(path, kept)
            except InputError as error:
                self._log(f"recording: {error}")
                self._give_up(path)

    def _give_up(self, path: Path) -> None:
        """Skip the rest of a file that cannot be written."""
        sink, self._sink, self._failed = self._sink, None, path
        if sink is not None:
            sink.abort()

    def _take(self, path: Path, kept: StoredFrame | None) -> None:
        if kept is None:
            if self._sink is not None:
                self._sink.close()
                self._sink = None
                self._log(f"recorded  {path}")
            return
        if self._sink is None:
            self._sink = VideoSink(path, self._info, start_sec=kept.time_sec)
        image = kept.image()
        if kept.result is not None:
            result = kept.result
            image = draw_actors(
                image, result.actors, result.labels, self._class_names, unsure=result.unsure
            )
        self._sink.write(image, kept.time_sec)
