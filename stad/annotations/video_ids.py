"""Guess why video ids match no video: a folder, a file ending or 'v_' too many or too few."""

from __future__ import annotations

import re
from collections.abc import Sequence

# A file ending, such as '.mp4'.
ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,3}$")


def guess_video_ids(missing: Sequence[str], available: Sequence[str]) -> str:
    """Return how ids without a video differ from those that exist, as a sentence or ''.

    Args:
        missing: ids without a video.
        available: ids of videos, or names of files, that exist.

    >>> guess_video_ids(["a.mp4", "b.mp4"], ["a", "b"])
    "They look like ids with a file ending: 'a.mp4' is 'a' there."
    """
    by_spelling: dict[str, str] = {}
    for name in available:
        by_spelling.setdefault(_plain(name), name)
    pairs = [(one, by_spelling[_plain(one)]) for one in missing if _plain(one) in by_spelling]
    if not pairs or len(pairs) * 2 < len(missing):
        return ""
    wrong, right = pairs[0]
    what = " and ".join(_differences(wrong, right))
    return f"They look like ids {what}: {wrong!r} is {right!r} there."


def _differences(wrong: str, right: str) -> list[str]:
    """List how two spellings of one id differ."""
    found = []
    if ("/" in wrong) != ("/" in right):
        found.append("with a folder in front" if "/" in wrong else "without the folder in front")
    if _has_ending(wrong) != _has_ending(right):
        found.append("with a file ending" if _has_ending(wrong) else "without the file ending")
    stems = [_stem(name) for name in (wrong, right)]
    if stems[0] != stems[1] and stems[0].lower() == stems[1].lower():
        found.append("in another case")
    elif stems[0].lower() != stems[1].lower():
        found.append("with 'v_' in front" if stems[0].startswith("v_") else "without 'v_' in front")
    return found or ["in another spelling"]


def _plain(name: str) -> str:
    return _stem(name).lower().removeprefix("v_")


def _stem(name: str) -> str:
    last = name.strip().replace("\\", "/").rpartition("/")[2]
    return last[: last.rindex(".")] if _has_ending(name) else last


def _has_ending(name: str) -> bool:
    return ENDING.search(name.strip()) is not None
