"""Print to a terminal or a pipe with rich."""

from __future__ import annotations

from rich.console import Console


class PipeConsole(Console):
    """A console that raises BrokenPipeError where the reader of stdout has ended.

    ``stad.errors.run_script`` turns that into its exit code; rich itself exits with code 1.
    """

    def on_broken_pipe(self) -> None:
        """Raise the BrokenPipeError that rich is handling."""
        # What could not be written is dropped, or the next print would fail of it again.
        self.quiet = True
        raise
