"""Show how many seconds of video are done, how fast, and how long the rest takes."""

from __future__ import annotations

from tqdm import tqdm

FORMAT = (
    "{desc} {percentage:3.0f}%|{bar}| {n:.0f}/{total:.0f} s of video "
    "[{elapsed}<{remaining}, {rate_fmt}{postfix}]"
)
SHOWN_CHARACTERS = 40


class SecondsBar:
    """A progress bar over the seconds of videos, on a terminal only.

    Args:
        total_sec: length of all videos.
        shows: whether there is a bar at all.
    """

    def __init__(self, total_sec: float, *, shows: bool) -> None:
        self._bar = tqdm(
            total=total_sec,
            desc="features",
            unit="s",
            smoothing=0.05,
            bar_format=FORMAT,
            disable=None if shows else True,
        )
        self._end_sec = 0.0

    def __enter__(self) -> SecondsBar:
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def begin(self, name: str, length_sec: float) -> None:
        """Begin with a video of that length."""
        self._bar.set_postfix_str(name[-SHOWN_CHARACTERS:], refresh=False)
        self._end_sec += length_sec

    def step(self) -> None:
        """Count a second of the video."""
        self._bar.update(min(1.0, max(self._end_sec - self._bar.n, 0.0)))

    def end(self) -> None:
        """Count what is left of the video."""
        self._bar.update(max(self._end_sec - self._bar.n, 0.0))
