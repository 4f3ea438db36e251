"""Print to a terminal or a pipe with rich."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from stad.errors import harmless


class PipeConsole(Console):
    """A console that shows names of any characters, and raises BrokenPipeError as the system does.

    ``stad.errors.run_script`` turns that into its exit code; rich itself exits with code 1.
    """

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text with its markup; control characters in it are shown as escapes."""
        return super().render_str(harmless(text), **options)

    def on_broken_pipe(self) -> None:
        """Raise the BrokenPipeError that rich is handling."""
        # What could not be written is dropped, or the next print would fail of it again.
        self.quiet = True
        raise
