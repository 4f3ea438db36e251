"""Find the files of annotated videos; those on a server are copied while they are used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from stad.corpus.fetching import Fetcher
from stad.corpus.query import FoundSegment
from stad.corpus.videos import is_url
from stad.errors import InputError
from stad.utils.text import and_more


class Originals:
    """The files of found segments; a context manager, which removes the copies at its end.

    Attributes:
        problems: why a video cannot be used, by its path.
    """

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}
        # Only the last copy is kept: segments come video by video.
        self._fetcher = Fetcher()
        self._last: tuple[str, Path] | None = None

    def file(self, segment: FoundSegment) -> Path | None:
        """Return the file of a segment's video on this machine; None, with a problem, for none."""
        if segment.path in self.problems:
            return None
        if self._last is not None and self._last[0] == segment.video:
            return self._last[1]
        reasons = []
        for path in (segment.path, *segment.copies):
            try:
                file = self._file(segment, path)
            except InputError as error:
                reasons.append(str(error))
            else:
                self._last = segment.video, file
                return file
        self.problems[segment.path] = reasons[0]
        return None

    def use(self, segment: FoundSegment, call: Callable[[Path], None]) -> bool:
        """Call a function with the file of a segment; return whether it could be used."""
        file = self.file(segment)
        if file is None:
            return False
        try:
            call(file)
        except InputError as error:
            self.problems[segment.path] = str(error)
            return False
        return True

    def _file(self, segment: FoundSegment, path: str) -> Path:
        """Return a file of this machine, or a copy of one on a server."""
        if is_url(path):
            file = self._fetcher.fetch(path, segment.size_bytes)
        else:
            file = Path(path)
            if not file.is_file():
                raise InputError(f"There is no file {path}.")
        size = file.stat().st_size
        if segment.size_bytes and size != segment.size_bytes:
            raise InputError(
                f"{path} is another file than the one that was annotated: it has {size:,} bytes, "
                f"and that one had {segment.size_bytes:,}."
            )
        return file

    def __enter__(self) -> Originals:
        return self

    def __exit__(self, *_) -> None:
        self._fetcher.forget()


def by_video(found: Sequence[FoundSegment]) -> list[FoundSegment]:
    """Return segments video by video, in the order of time, so that each is opened once."""
    return sorted(found, key=lambda one: (one.path, one.video, one.start_sec))


def problem_lines(problems: dict[str, str], *, limit: int = 5) -> list[str]:
    """Return a line for each of the first videos that cannot be used.

    >>> problem_lines({"a.mp4": "There is no file a.mp4."})
    ['left out  There is no file a.mp4.']
    """
    lines = [f"left out  {reason}" for reason in problems.values()]
    more = len(lines) - limit
    return lines if more <= 0 else [*lines[:limit], f"left out  {and_more(more)} videos"]
