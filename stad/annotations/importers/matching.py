"""Find the video that a file of labels means among those of a folder."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlparse

from stad.utils.suffixes import VIDEO_SUFFIXES
from stad.utils.text import shown

# Names such as '01.mp4' may be there once in each folder.
NUMBERED = re.compile(r"^\D?\d+(\.\w+)?$")
# Label Studio puts eight digits before the name of an uploaded file.
UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")


class VideoMatch(NamedTuple):
    """The video that a name means, or why there is none.

    Attributes:
        video: one of those that were given; None if there is none, or more than one.
        reason: a phrase after the name; '' if the video was found.
        is_guess: only the name of the file agrees, and the folders differ.
    """

    video: str | None
    reason: str = ""
    is_guess: bool = False


def match_video(
    name: str,
    videos: Sequence[str],
    *,
    hints: Sequence[str] = (),
    paths: Sequence[str] = (),
    where: str = "the folder",
) -> VideoMatch:
    r"""Return the video that a name means.

    Names match with or without folders in front and the ending, in any case, and also as part of
    an address. A number such as '01.mp4', which may be there once in each folder, has to agree
    with one of the hints or paths as a whole, if there are any.

    Args:
        name: as a file of labels has it.
        videos: paths below the folder, with '/'.
        hints: folders in which the video may be, below the folder, the best first.
        paths: where the video was when the file was written, as far as it is known.
        where: the folder, for the reason.

    >>> match_video("C:\\me\\b\\clip.MP4", ["a/clip.mp4", "b/clip.mp4"]).video
    'b/clip.mp4'
    >>> match_video("clip", ["a/clip.mp4", "b/clip.mp4"]).reason
    'matches 2 videos: a/clip.mp4, b/clip.mp4'
    """
    plain = plain_path(name)
    for hint in hints:
        if (path := f"{hint}/{plain}".strip("/")) in videos:
            return VideoMatch(path)
    if plain in videos:
        return VideoMatch(plain)
    for path in paths:
        found, is_guess = _find(plain_path(path), videos)
        if len(found) == 1 and not is_guess:
            return VideoMatch(found[0])
    # Where the best of the folders has videos and this one is not among them, it is missing: one of
    # the same number in another folder is another video.
    inside = ([one for one in videos if one.startswith(f"{hint}/")] for hint in hints if hint)
    near = next(filter(None, inside), [])
    is_number = NUMBERED.match(plain.rpartition("/")[2]) is not None
    is_strict = is_number and bool(hints or paths)
    candidates = [near] if is_strict or near else []
    candidates += [] if is_strict else [videos]
    for own in candidates:
        for spelling in dict.fromkeys((plain, UPLOADED.sub("", plain.rpartition("/")[2]))):
            found, is_guess = _find(spelling, own)
            if len(found) == 1:
                return VideoMatch(found[0], is_guess=is_guess or own is not candidates[0])
            if found:
                return VideoMatch(None, f"matches {len(found)} videos: {shown(found)}")
    return VideoMatch(None, f"is not in {where}{_similar(plain, candidates[-1])}")


def _find(name: str, videos: Sequence[str]) -> tuple[list[str], bool]:
    """Return the videos that a path may mean, and whether only the name of the file agrees."""
    has_ending = without_ending(name) != name
    # The same video may have been converted to another format.
    for keep_ending in (True, False) if has_ending else (False,):
        wanted = _parts(name, keep_ending)
        common = {one: _common_end(wanted, _parts(one, keep_ending)) for one in videos}
        best = max(common.values(), default=0)
        if not best:
            continue
        found = [one for one, length in common.items() if length == best]
        whole = [one for one in found if best == min(len(wanted), one.count("/") + 1)]
        if whole:
            return whole, False
        # The file's folders are those of the videos: this one is missing there.
        has_folder = any(one.lower().startswith(f"{wanted[0]}/") for one in videos)
        return ([], False) if has_folder else (found, True)
    return [], False


def plain_path(name: str) -> str:
    r"""Return the path in a name: with '/', without a drive, the address of a server and '..'.

    >>> plain_path("http://a.b/data/local-files/?d=x%20y/c.mp4"), plain_path("D:\\c.mp4")
    ('x y/c.mp4', 'c.mp4')
    """
    text = name.strip().replace("\\", "/")
    address = urlparse(text)
    inner = [one for values in parse_qs(address.query).values() for one in values]
    if "?" in text and any(one.lower().endswith(VIDEO_SUFFIXES) for one in inner):
        text = next(one for one in inner if one.lower().endswith(VIDEO_SUFFIXES))
    elif len(address.scheme) > 1:
        text = unquote(address.path)
    parts = re.sub(r"^[A-Za-z]:", "", text).split("/")
    return "/".join(part for part in parts if part not in ("", ".", ".."))


def without_ending(path: str) -> str:
    """Return a path without the ending of a video.

    >>> without_ending("a/b.mp4"), without_ending("a/b.1")
    ('a/b', 'a/b.1')
    """
    return next((path[: -len(one)] for one in VIDEO_SUFFIXES if path.lower().endswith(one)), path)


def _parts(path: str, keep_ending: bool) -> list[str]:
    return (path if keep_ending else without_ending(path)).lower().split("/")


def _common_end(first: Sequence[str], second: Sequence[str]) -> int:
    length = 0
    for one, other in zip(reversed(first), reversed(second), strict=False):
        if one != other:
            break
        length += 1
    return length


def _similar(name: str, videos: Sequence[str]) -> str:
    by_name = {without_ending(one.rpartition("/")[2]).lower(): one for one in videos}
    wanted = without_ending(name.rpartition("/")[2]).lower()
    near = difflib.get_close_matches(wanted, by_name, n=1, cutoff=0.75)
    return f"; perhaps {by_name[near[0]]}" if near else ""
