"""Find the videos that cannot be read, and report them."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from mmengine.logging import MMLogger

from stad.errors import InputError, one_line
from stad.utils.suffixes import IMAGE_SUFFIXES
from stad.utils.text import shown
from stad.video.clip_source import ClipSource

# Maximum number of videos that a message names.
SHOWN_VIDEOS = 5


def unreadable_videos(source: ClipSource, video_ids: Iterable[str]) -> dict[str, str]:
    """Return the reasons why videos cannot be read, by video id, in order."""
    reasons: dict[str, str] = {}
    for video_id in sorted(video_ids):
        try:
            source.probe(video_id)
        except InputError as error:
            reasons[video_id] = str(error)
    return reasons


def empty_videos(source: ClipSource, video_ids: Iterable[str]) -> dict[str, str]:
    """Return the reasons why videos are missing or empty, by video id, without decoding."""
    reasons: dict[str, str] = {}
    for video_id in sorted(video_ids):
        path = source.find(video_id)
        if path is None:
            reasons[video_id] = "does not exist any more"
        elif path.is_dir():
            if not any(one.suffix.lower() in IMAGE_SUFFIXES for one in path.iterdir()):
                reasons[video_id] = "has no images"
        elif path.stat().st_size == 0:
            reasons[video_id] = "is empty (0 bytes)"
    return reasons


def warn_of_left_out(reasons: dict[str, str], total: int, *, listed_in: str) -> None:
    """Log the warning of ``left_out_text``; the log file names all of the videos.

    Args:
        reasons: the reason for each video that is left out; at least one.
        total: number of videos in the list.
        listed_in: name of the list, for users.

    Raises:
        InputError: all videos are left out.
    """
    logger = MMLogger.get_current_instance()
    files = [one for one in logger.handlers if isinstance(one, logging.FileHandler)]
    text = one_line(left_out_text(reasons, total, listed_in=listed_in))
    if len(reasons) <= SHOWN_VIDEOS or not files:
        logger.warning(text)
        return
    logger.warning(f"{text}; all are named in {files[0].baseFilename}")
    # Thousands of lines help in the file; on the screen they would hide the rest.
    lines = [f"left out of {listed_in}:", *(f"{name} ({why})" for name, why in reasons.items())]
    lines = list(map(one_line, lines))
    record = logger.makeRecord(
        logger.name, logging.WARNING, __file__, 0, "\n".join(lines), args=(), exc_info=None
    )
    for handler in files:
        handler.handle(record)


def left_out_text(reasons: dict[str, str], total: int, *, listed_in: str) -> str:
    """Return a warning about videos that cannot be read.

    Args:
        reasons: the reason for each of them; at least one.
        total: number of videos in the list.
        listed_in: name of the list, for users.

    Raises:
        InputError: all videos cannot be read.
    """
    texts = [f"{name} ({why})" for name, why in reasons.items()]
    if len(reasons) == total:
        raise InputError(
            f"None of the {total} videos of {listed_in} can be read, for example {texts[0]}. "
            "Put them where the config says, or change 'videos' in it."
        )
    return (
        f"{len(reasons)} of {total} videos of {listed_in} cannot be read "
        f"and are left out: {shown(texts, limit=SHOWN_VIDEOS, between='; ')}"
    )
