"""One rendered clip in every kind of container, codec and clock, made with PyAV.

Frame n shows the number n as a bar code, so that a test can read which frame it was given. In
the cases with audio, a tone sounds during the frames of ``BEEP_FRAMES``, which are also marked
by a white lower half: sight and hearing can be compared.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

FPS, NUM_FRAMES = 25, 100
WIDTH_PX, HEIGHT_PX = 176, 144
NUM_BITS = 8
RATE = 48000
BEEP_FRAMES = (range(20, 25), range(70, 75))
Picture = Callable[..., np.ndarray]


def bar_code(number: int, *, size: tuple[int, int] = (WIDTH_PX, HEIGHT_PX)) -> np.ndarray:
    """Return (H, W, 3) uint8: bits of the number as columns, the highest on the left."""
    width_px, height_px = size
    image = np.full((height_px, width_px, 3), 30, np.uint8)
    edges = np.linspace(0, width_px, NUM_BITS + 1).round().astype(int)
    for bit in range(NUM_BITS):
        if number >> (NUM_BITS - 1 - bit) & 1:
            image[: height_px // 2, edges[bit] : edges[bit + 1]] = 220
    if any(number in frames for frames in BEEP_FRAMES):
        image[height_px // 2 :] = 220
    return image


def read_number(image: np.ndarray) -> int:
    """Return the number that the bar code of an image shows."""
    upper = image[: image.shape[0] // 2]
    rows = upper[upper.shape[0] // 4 : -upper.shape[0] // 4].mean(axis=(0, 2))
    bits = [part[len(part) // 3 : -len(part) // 3].mean() > 125 for part in np.array_split(rows, 8)]
    return int("".join(str(int(bit)) for bit in bits), 2)


def is_marked(image: np.ndarray) -> bool:
    """Return whether the lower half of an image is white."""
    return bool(image[-image.shape[0] // 3 :].mean() > 125)


@dataclass(frozen=True)
class Kind:
    """How a clip is written.

    Attributes:
        suffix: of the file.
        codec: of the video, as FFmpeg calls it.
        options: of the encoder.
        muxer: options of the container.
        pix_fmt: of the encoded frames.
        audio: codec of the tone; None for none.
        offset_sec: added to all times of the video.
        format: of the container, where the suffix does not say it.
    """

    suffix: str
    codec: str
    options: dict[str, str] = field(default_factory=dict)
    muxer: dict[str, str] = field(default_factory=dict)
    pix_fmt: str = "yuv420p"
    audio: str | None = None
    offset_sec: float = 0.0
    format: str | None = None


B_FRAMES = {"g": "12", "bf": "2"}
X264 = {"g": "12", "bf": "3", "x264-params": "scenecut=0"}
KINDS = {
    "mp4 h264": Kind("mp4", "libx264", X264),
    "mp4 hevc": Kind("mp4", "libx265", {"x265-params": "log-level=none:keyint=12"}),
    "mp4 open gop": Kind("mp4", "libx264", {"x264-params": "open-gop=1:keyint=12:bframes=3"}),
    "mp4 intra refresh": Kind("mp4", "libx264", {"x264-params": "intra-refresh=1:keyint=25"}),
    "ts intra refresh": Kind("ts", "libx264", {"x264-params": "intra-refresh=1:keyint=25"}),
    "mp4 fragmented": Kind("mp4", "libx264", X264, {"movflags": "frag_keyframe+empty_moov"}),
    "mp4 from 3 s": Kind("mp4", "libx264", X264, offset_sec=3.0),
    "mp4 audio first": Kind("mp4", "libx264", X264, audio="aac", offset_sec=0.5),
    "mp4 full range": Kind("mp4", "libx264", X264, pix_fmt="yuvj420p"),
    "mov mpeg4": Kind("mov", "mpeg4", B_FRAMES),
    "mov prores": Kind("mov", "prores_ks", pix_fmt="yuv422p10le"),
    "mkv h264": Kind("mkv", "libx264", X264),
    "mkv hevc 10 bit": Kind(
        "mkv", "libx265", {"x265-params": "log-level=none:keyint=12"}, pix_fmt="yuv420p10le"
    ),
    "mkv hevc 12 bit": Kind(
        "mkv", "libx265", {"x265-params": "log-level=none:keyint=12"}, pix_fmt="yuv420p12le"
    ),
    "mkv ffv1": Kind("mkv", "ffv1"),
    "webm vp9": Kind("webm", "libvpx-vp9", {"g": "12", "deadline": "realtime", "cpu-used": "8"}),
    "webm vp8": Kind("webm", "libvpx", {"g": "12", "auto-alt-ref": "1", "lag-in-frames": "16"}),
    "webm av1": Kind("webm", "libsvtav1", {"preset": "8", "crf": "5"}),
    "avi b-frames": Kind("avi", "mpeg4", B_FRAMES, audio="mp3"),
    "avi mpeg4": Kind("avi", "mpeg4", {"g": "12"}),
    "avi h264": Kind("avi", "libx264", X264),
    "avi hevc": Kind("avi", "libx265", {"x265-params": "log-level=none:keyint=12"}),
    "avi mpeg2": Kind("avi", "mpeg2video", B_FRAMES),
    "avi vp9": Kind("avi", "libvpx-vp9", {"g": "12", "deadline": "realtime", "cpu-used": "8"}),
    "avi mjpeg": Kind("avi", "mjpeg", pix_fmt="yuvj420p"),
    "ts h264": Kind("ts", "libx264", X264, audio="aac"),
    "ts mpeg2": Kind("ts", "mpeg2video", B_FRAMES, audio="mp2"),
    "ts from 100 s": Kind("ts", "libx264", X264, {"output_ts_offset": "100"}, audio="aac"),
    "ts clock wraps": Kind("ts", "libx264", X264, {"output_ts_offset": "95440.7"}, audio="aac"),
    "m2ts": Kind("m2ts", "libx264", X264, audio="ac3"),
    "mpg mpeg2": Kind("mpg", "mpeg2video", B_FRAMES, audio="mp2"),
    "vob mpeg1": Kind("mpg", "mpeg1video", B_FRAMES, audio="mp2", format="mpeg"),
    "flv h264": Kind("flv", "libx264", X264, audio="aac"),
    "wmv": Kind("wmv", "wmv2", audio="wmav2"),
    "3gp h263": Kind("3gp", "h263"),
    "ogv theora": Kind("ogv", "libtheora"),
    "mxf mpeg2": Kind("mxf", "mpeg2video", B_FRAMES),
    "gif": Kind("gif", "gif", pix_fmt="gray"),
    "raw h264": Kind("h264", "libx264", X264),
    "raw mpeg4": Kind("m4v", "mpeg4", {"g": "12"}, format="m4v"),
}


def write_kind(
    path: Path,
    kind: Kind,
    *,
    numbers: Iterable[int] = range(NUM_FRAMES),
    size: tuple[int, int] = (WIDTH_PX, HEIGHT_PX),
    audio_sec: float | None = None,
    pixel_ratio: Fraction | None = None,
    picture: Picture = bar_code,
) -> Path:
    """Write frames as a kind; skip the test where FFmpeg's encoder is missing here."""
    for codec in filter(None, (kind.codec, kind.audio)):
        if codec not in av.codecs_available:
            pytest.skip(f"PyAV has no {codec} here")
    numbers = list(numbers)
    if kind.codec.startswith("libvpx") and "decord" in sys.modules:
        # decord brings a libvpx of its own, which FFmpeg's encoder takes for its own and refuses.
        name = next(name for name, one in KINDS.items() if one is kind)
        subprocess.run([sys.executable, "-m", __name__, name, str(path)], check=True)
        return path
    with av.open(str(path), "w", format=kind.format, options=dict(kind.muxer)) as container:
        try:
            stream = container.add_stream(kind.codec, rate=FPS, options=dict(kind.options))
        except (av.codec.codec.UnknownCodecError, ValueError):
            pytest.skip(f"PyAV has no encoder {kind.codec} here")
        stream.width, stream.height = size
        stream.pix_fmt = kind.pix_fmt
        if pixel_ratio is not None:
            stream.codec_context.sample_aspect_ratio = pixel_ratio
        sound = None
        if kind.audio:
            sound = container.add_stream(kind.audio, rate=RATE, layout="stereo")
            sound.bit_rate = 128_000
        packets = _video_packets(stream, kind, [picture(one, size=size) for one in numbers])
        if sound is not None:
            samples = tone(numbers, kind.offset_sec, length_sec=audio_sec)
            packets += _audio_packets(sound, samples)
            packets.sort(key=lambda packet: packet.dts * packet.time_base)
        for packet in packets:
            container.mux(packet)
    return path


def _video_packets(stream, kind: Kind, images: list[np.ndarray]) -> list:
    packets, offset = [], round(kind.offset_sec * FPS)
    for place, image in enumerate(images):
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame = frame.reformat(format=kind.pix_fmt)
        frame.pts, frame.time_base = place + offset, Fraction(1, FPS)
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def _audio_packets(stream, samples: np.ndarray) -> list:
    form = stream.codec_context.format.name
    resampler = av.AudioResampler(form, "stereo", RATE, frame_size=stream.frame_size or 1024)
    packets = []
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    for one in [*resampler.resample(frame), *resampler.resample(None)]:
        packets += stream.encode(one)
    return packets + stream.encode(None)


def tone(
    numbers: list[int], offset_sec: float = 0.0, *, length_sec: float | None = None
) -> np.ndarray:
    """Return (1, 2 S) int16 interleaved samples: 1 kHz during the marked frames, else silence."""
    length = round((length_sec or offset_sec + len(numbers) / FPS) * RATE)
    wave = np.zeros(length)
    for place, number in enumerate(numbers):
        if any(number in frames for frames in BEEP_FRAMES):
            begin = round((offset_sec + place / FPS) * RATE)
            wave[begin : begin + RATE // FPS] = 1.0
    wave *= 12000 * np.sin(np.arange(length) * 1000 * 2 * np.pi / RATE)
    return np.repeat(wave.astype(np.int16), 2)[None]


def beep_times(path: Path) -> list[float]:
    """Return when tones begin in the audio of a file, on the clock of its frames, seconds."""
    times, levels = [], []
    with av.open(str(path)) as container:
        origin_sec = (container.start_time or 0) / av.time_base
        for frame in container.decode(audio=0):
            wave = frame.to_ndarray().astype(np.float64)
            wave = wave if frame.format.is_planar else wave.reshape(-1, frame.layout.nb_channels).T
            scale = 1.0 if frame.format.name.startswith("flt") else 32768.0
            times.append(frame.time - origin_sec + np.arange(wave.shape[1]) / frame.sample_rate)
            levels.append(np.abs(wave[0]) / scale)
    return _onsets(np.concatenate(times), np.concatenate(levels) > 0.1)


def flash_times(frames) -> list[float]:
    """Return when marked frames begin, seconds."""
    found = [(frame.time_sec, is_marked(frame.image)) for frame in frames]
    return [
        time_sec
        for place, (time_sec, marked) in enumerate(found)
        if marked and (place == 0 or not found[place - 1][1])
    ]


def _onsets(times: np.ndarray, loud: np.ndarray) -> list[float]:
    """Times at which something is loud after 0.1 s of silence."""
    found = times[loud]
    if not len(found):
        return []
    begins = np.concatenate([[True], np.diff(found) > 0.1])
    return found[begins].tolist()


def joined(path: Path, *parts: Path) -> Path:
    """Write files one after the other into one, byte by byte."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


if __name__ == "__main__":
    write_kind(Path(sys.argv[2]), KINDS[sys.argv[1]])
