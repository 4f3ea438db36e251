"""Tell the video and the frame of the name of an image or a text file."""

from __future__ import annotations

import re

# 'clip_000012.txt', 'clip.mp4#12'; or within the folder of a video '000012.jpg', 'frame_12.txt'.
NUMBERED = re.compile(r"^(?P<stem>.*?)(?:[_\-.#]|frame)?(?P<number>\d+)$", re.IGNORECASE)
ONLY_NUMBER = re.compile(r"^(?:frame|img|image)?[_\-]?(?P<number>\d+)$", re.IGNORECASE)
ENDINGS = (".txt", ".jpg", ".jpeg", ".png", ".bmp", ".webp")


def split_frame_name(name: str) -> tuple[str, int] | None:
    """Return the path of a video without an ending, and the number of a frame; None without both.

    >>> split_frame_name("shop/clip_000012.txt"), split_frame_name("shop/clip/frame_12.jpg")
    (('shop/clip', 12), ('shop/clip', 12))
    >>> split_frame_name("clip.mp4#7"), split_frame_name("000012.txt"), split_frame_name("a.txt")
    (('clip.mp4', 7), None, None)
    """
    folder, _, last = name.replace("\\", "/").rpartition("/")
    stem = next((last[: -len(end)] for end in ENDINGS if last.lower().endswith(end)), last)
    if only := ONLY_NUMBER.match(stem):
        return (folder, int(only["number"])) if folder else None
    if not (numbered := NUMBERED.match(stem)):
        return None
    video = numbered["stem"].rstrip("_-.#")
    return (f"{folder}/{video}".lstrip("/"), int(numbered["number"])) if video else None
