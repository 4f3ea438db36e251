"""Choose the streams of a container, and read the facts that it states about them."""

from __future__ import annotations

import re
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.format import Flags
from av.stream import Disposition
from av.video.stream import VideoStream

DEFAULT_FPS = Fraction(30)
# Covers, thumbnails and still images beside a video.
STILL = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
# Audio description for blind people, and mixes for people who are hard of hearing.
SPECIAL_AUDIO = Disposition.visual_impaired | Disposition.hearing_impaired | Disposition.comment
# MPEG clocks have 33 bits at 90 kHz; longer durations come from a clock that jumped.
MAX_DURATION_SEC = 90_000.0


def choose_video(container: InputContainer) -> VideoStream | None:
    """Return the video stream that a player shows, or None.

    It is the stream marked as default, else the one with the largest frames; a cover is not a
    video.
    """
    films = film_streams(container)
    marked = [one for one in films if one.disposition & Disposition.default]
    return max(
        marked or films,
        key=lambda one: (one.codec_context.width * one.codec_context.height, -one.index),
        default=None,
    )


def film_streams(container: InputContainer) -> list[VideoStream]:
    """Return the video streams that can be decoded, without covers and thumbnails."""
    return [
        one
        for one in container.streams.video
        if not one.disposition & STILL and one.codec_context is not None
    ]


def choose_audio(container: InputContainer) -> AudioStream | None:
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


def origin_sec(container: InputContainer) -> float:
    """Return the container's clock at its first frame or sample, seconds."""
    return container.start_time / av.time_base if container.start_time else 0.0


def may_jump(container: InputContainer) -> bool:
    """Return whether the format allows its clock to jump, as MPEG streams do."""
    return bool(container.format.flags & Flags.ts_discont.value)


def stream_fps(stream: VideoStream) -> Fraction:
    """Return the frames per second of a stream, 30 where it states none."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0 < rate <= 1000:
            return Fraction(rate)
    return DEFAULT_FPS


def stream_duration_sec(container: InputContainer, stream: VideoStream) -> float:
    """Return the stated length of a stream, seconds; 0.0 where the file states none."""
    stated = own_duration_sec(stream)
    if not stated and container.duration:
        stated = container.duration / av.time_base
    if may_jump(container) and stated > MAX_DURATION_SEC:
        return 0.0
    return max(stated, 0.0)


def own_duration_sec(stream: VideoStream) -> float:
    """Return the stated length of this stream alone, seconds; 0.0 where it has none."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    # Matroska has it as a tag, HH:MM:SS.nnnnnnnnn, from the start of the container.
    tag = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if tag is None:
        return 0.0
    hours, minutes, seconds = (float(part) for part in tag.groups())
    return 3600 * hours + 60 * minutes + seconds
