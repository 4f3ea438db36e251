"""Pass events and frames of a live run to screen, JSON lines, webhook, recordings and window."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from stad.cli.watch.console import ConsoleReporter
from stad.cli.watch.display import DisplayWindow
from stad.cli.watch.recorder import Recorder
from stad.errors import InputError
from stad.inference.frame_store import FrameRing
from stad.inference.live.events import Event
from stad.inference.live.webhook import Webhook
from stad.structures import Frame, FrameResult
from stad.utils.files import last_bytes
from stad.utils.part_files import is_special


class JsonLines:
    """Adds each event to a file as one line of JSON, at once.

    Args:
        path: lines are added at its end.

    Raises:
        InputError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = path.open("a", encoding="utf-8", buffering=1)
            if _is_cut(path):
                self._file.write("\n")
        except OSError as error:
            raise InputError(
                f"--jsonl: {path} cannot be written ({error.strerror or error}). Choose another "
                "file name or folder."
            ) from error

    def write(self, event: Event) -> None:
        """Add a line."""
        try:
            self._file.write(json.dumps(event.to_dict()) + "\n")
        except OSError as error:
            raise InputError(
                f"Cannot write {self._path}: {error.strerror or error}. Free some space on that "
                "disk, or choose another file."
            ) from error

    def close(self) -> None:
        """Close the file."""
        # On a full disk it fails once more, after ``write`` has said so.
        with contextlib.suppress(OSError):
            self._file.close()


def _is_cut(path: Path) -> bool:
    """Return whether the last line of a file has no end, as after a crash or on a full disk."""
    if is_special(path):
        return False
    with path.open("rb") as file:
        return last_bytes(file, 1) not in (b"", b"\n")


class Sinks:
    """Passes events and frames to the sinks that the options ask for; see ``WatchSinks``.

    Args:
        screen: shows events and lines.
        jsonl, webhook: take events; None without them.
        ring: the last frames; needed by the recorder and the window.
        recorder, view: take frames and results through the ring; None without them.
    """

    def __init__(
        self,
        screen: ConsoleReporter,
        *,
        jsonl: JsonLines | None = None,
        webhook: Webhook | None = None,
        ring: FrameRing | None = None,
        recorder: Recorder | None = None,
        view: DisplayWindow | None = None,
    ) -> None:
        self.screen, self._jsonl, self._webhook = screen, jsonl, webhook
        self._ring, self._recorder, self._view = ring, recorder, view

    @property
    def wants_to_stop(self) -> bool:
        """True if the window was closed."""
        return self._view is not None and self._view.is_closed

    def take_frame(self, frame: Frame) -> None:
        """Keep a frame that was read."""
        if self._ring is not None:
            self._ring.add(frame)

    def take_result(self, result: FrameResult) -> None:
        """Add the result of a frame to it and show it."""
        if self._ring is None:
            return
        kept = self._ring.add_result(result)
        if kept is not None and self._view is not None:
            self._view.show(kept)

    def take_events(self, events: list[Event]) -> None:
        """Pass on starts and ends of actions."""
        for event in events:
            self.screen.event(event)
            if self._jsonl is not None:
                self._jsonl.write(event)
            if self._webhook is not None:
                self._webhook.send(event)
            if self._recorder is not None:
                self._recorder.add(event)

    def take_status(self, text: str) -> None:
        """Show how the run is going."""
        self.screen.status(text)

    def advance(self) -> None:
        """Do what is waiting; called often."""
        if self._recorder is not None:
            self._recorder.advance()
        if self._view is not None:
            self._view.poll()

    def end_session(self) -> None:
        """Expect no more results for the frames so far: the stream was interrupted."""
        if self._ring is not None:
            self._ring.end_session()

    def close(self) -> None:
        """Finish files and deliveries."""
        if self._recorder is not None:
            self._recorder.close()
            if self._recorder.num_lost_frames:
                lost = self._recorder.num_lost_frames
                self.screen.warn(f"warning: {lost} frames are missing in the recordings")
        if self._jsonl is not None:
            self._jsonl.close()
        if self._webhook is not None:
            self._webhook.close()
            if self._webhook.num_lost:
                self.screen.warn(f"warning: {self._webhook.num_lost} events were not delivered")
        if self._view is not None:
            self._view.close()
