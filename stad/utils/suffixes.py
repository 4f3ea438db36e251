"""List the file name endings of videos and images."""

from __future__ import annotations

# fmt: off
VIDEO_SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2", ".f4v", ".mkv",
    ".webm", ".avi", ".divx", ".wmv", ".asf", ".flv", ".ts", ".m2ts",
    ".mts", ".m2t", ".mpg", ".mpeg", ".m2v", ".mpv", ".vob", ".mxf",
    ".ogv", ".ogg", ".dv", ".gif", ".h264", ".264", ".hevc", ".265", ".rm", ".rmvb",
)
# fmt: on
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
