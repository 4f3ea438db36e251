"""Show a live run on the terminal: events as lines, and one status line."""

from __future__ import annotations

import time

from rich.live import Live
from rich.markup import escape
from rich.text import Text

from stad.annotations.document import actor_name
from stad.cli.log_lines import print_line
from stad.cli.terminal import PipeConsole
from stad.errors import harmless
from stad.inference.live.events import Event

REFRESH_SEC = 0.5
PLAIN_STATUS_SEC = 10.0


class ConsoleReporter:
    """Prints events to stdout, with the status below them or now and then on stderr.

    Args:
        is_quiet: show warnings only.
    """

    def __init__(self, *, is_quiet: bool = False) -> None:
        self._is_quiet = is_quiet
        self._console = PipeConsole()
        self._live: Live | None = None
        if self._console.is_terminal and not is_quiet:
            self._live = Live(
                Text(), console=self._console, auto_refresh=False, redirect_stderr=False
            )
        self._shown_sec = time.monotonic()

    def __enter__(self) -> ConsoleReporter:
        self._shown_sec = time.monotonic()
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_) -> None:
        if self._live is not None:
            self._live.stop()

    def event(self, event: Event) -> None:
        """Print an event."""
        if self._is_quiet:
            return
        segment = event.segment
        clock = event.began_at.astimezone().strftime("%H:%M:%S")
        text = f"{clock}  {actor_name(segment.actor_id):>5}  {escape(event.label)}"
        if event.kind == "start":
            text += f" begins  {segment.score:.2f}"
        else:
            length_sec = segment.end_sec - segment.start_sec
            text = f"[dim]{text} ends, {length_sec:.1f} s  {segment.score:.2f}[/dim]"
        self._console.print(text, highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """Print a line; may be called in any thread."""
        if self._is_quiet:
            return
        if self._live is not None:
            self._console.print(escape(text), highlight=False, soft_wrap=True)
        else:
            print_line(text)

    def warn(self, text: str) -> None:
        """Print a line even if quiet; may be called in any thread."""
        if self._live is not None:
            self._console.print(escape(text), highlight=False, soft_wrap=True)
        else:
            print_line(text)

    def status(self, text: str) -> None:
        """Show the status, unless it was shown just now."""
        now_sec = time.monotonic()
        every_sec = PLAIN_STATUS_SEC if self._live is None else REFRESH_SEC
        if self._is_quiet or now_sec - self._shown_sec < every_sec:
            return
        self._shown_sec = now_sec
        if self._live is not None:
            self._live.update(Text(harmless(text), no_wrap=True), refresh=True)
        else:
            print_line(text)
