"""Which streams of a container are read, and what the container says about them."""

from __future__ import annotations

import re
from fractions import Fraction

import av
from av.format import Flags
from av.stream import Disposition

DEFAULT_FPS = Fraction(30)
# Covers, thumbnails and single pictures beside a film.
STILL = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
# Commentary for people who do not see, or mixes for people who do not hear well.
SPECIAL_AUDIO = Disposition.visual_impaired | Disposition.hearing_impaired | Disposition.comment
# MPEG clocks have 33 bits at 90 kHz; longer durations come from a clock that jumped.
MAX_DURATION_SEC = 90_000.0


def choose_video(container):
    """Return the video stream that a player shows, or None.

    The stream marked as default, else the one with the largest frames; a cover picture is not a
    video.
    """
    films = film_streams(container)
    marked = [one for one in films if one.disposition & Disposition.default]
    return max(
        marked or films,
        key=lambda one: (one.codec_context.width * one.codec_context.height, -one.index),
        default=None,
    )


def film_streams(container) -> list:
    """Return the video streams that can be decoded, without covers and thumbnails."""
    return [
        one
        for one in container.streams.video
        if not one.disposition & STILL and one.codec_context is not None
    ]


def choose_audio(container):
    """Return the audio stream that a player plays, or None where none can be decoded."""
    tracks = [one for one in container.streams.audio if one.codec_context is not None]
    return max(
        tracks,
        key=lambda one: (
            bool(one.disposition & Disposition.default),
            not one.disposition & SPECIAL_AUDIO,
            -one.index,
        ),
        default=None,
    )


def origin_sec(container) -> float:
    """Return what the container's clock shows at its first frame or sample, seconds."""
    return container.start_time / av.time_base if container.start_time else 0.0


def may_jump(container) -> bool:
    """Return whether the format allows its clock to jump, as MPEG streams do."""
    return bool(container.format.flags & Flags.ts_discont.value)


def stream_fps(stream) -> Fraction:
    """Return the frames per second of a stream, as well as it is known."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0 < rate <= 1000:
            return Fraction(rate)
    return DEFAULT_FPS


def stream_duration_sec(container, stream) -> float:
    """Return the length of a stream that the file states, seconds; 0.0 where it states none."""
    stated = own_duration_sec(stream)
    if not stated and container.duration:
        stated = container.duration / av.time_base
    if may_jump(container) and stated > MAX_DURATION_SEC:
        return 0.0
    return max(stated, 0.0)


def own_duration_sec(stream) -> float:
    """Return the length that the file states for this stream alone, seconds, or 0.0."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    # Matroska keeps it as a tag, HH:MM:SS.nnnnnnnnn, and it counts from the container's start.
    tag = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if tag is None:
        return 0.0
    hours, minutes, seconds = (float(part) for part in tag.groups())
    return 3600 * hours + 60 * minutes + seconds
