"""Choose the streams of a container, and read the facts that it states about them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.format import Flags
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from stad.utils.limits import MEGAPIXELS

DEFAULT_FPS = Fraction(30)
# Time lapses have a frame in a minute or so, and streams that state less or more have no rate.
MIN_FPS, MAX_FPS = Fraction(1, 3600), 1000
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
    return [one for one in container.streams.video if not one.disposition & STILL and decodes(one)]


def choose_audio(container: InputContainer) -> AudioStream | None:
    """Return the audio stream that a player plays, or None where none can be decoded."""
    tracks = [one for one in container.streams.audio if decodes(one)]
    return max(
        tracks,
        key=lambda one: (
            bool(one.disposition & Disposition.default),
            not one.disposition & SPECIAL_AUDIO,
            -one.index,
        ),
        default=None,
    )


def decodes(stream: AudioStream | VideoStream) -> bool:
    """Return whether FFmpeg knows the codec of a stream."""
    return stream.codec_context is not None


def origin_sec(container: InputContainer) -> float:
    """Return the container's clock at its first frame or sample, seconds."""
    return container.start_time / av.time_base if container.start_time else 0.0


def packets_of(container: InputContainer, *streams: Stream) -> Iterator[av.Packet]:
    """Yield the packets of some streams, or of all of them, as ``InputContainer.demux`` does.

    PyAV raises IndexError at a stream that begins inside the file, as damage may make one, and
    can go on after its packet.
    """
    while True:
        try:
            yield from container.demux(*streams)
            return
        except IndexError:
            continue


def may_jump(container: InputContainer) -> bool:
    """Return whether the format allows its clock to jump, as MPEG streams do."""
    return bool(container.format.flags & Flags.ts_discont.value)


def limit_frames(stream: VideoStream) -> None:
    """Let the decoder of a stream, which is not open yet, refuse frames above the limit."""
    stream.codec_context.options = {"max_pixels": str(int(MEGAPIXELS.value * 1e6))}


def stream_fps(stream: VideoStream) -> Fraction:
    """Return the frames per second of a stream, 30 where it states none."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and MIN_FPS <= rate <= MAX_FPS:
            return Fraction(rate)
    return DEFAULT_FPS


def has_clock(stream: VideoStream) -> bool:
    """Return whether the timestamps of a stream can be right: not thousands of frames a second."""
    return not stream.average_rate or stream.average_rate <= MAX_FPS


def stream_duration_sec(container: InputContainer, stream: VideoStream) -> float:
    """Return the stated length of a stream, seconds; 0.0 where the file states none."""
    if not has_clock(stream):
        return 0.0
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
