"""Small real videos for tests, made on the fly with PyAV."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def moving_square(index: int, width_px: int = 160, height_px: int = 120) -> np.ndarray:
    """A red square that moves 2 px a frame to the right over a grey ground."""
    image = np.full((height_px, width_px, 3), 90, dtype=np.uint8)
    left = 10 + 2 * index % (width_px - 40)
    image[40:80, left : left + 20] = (220, 30, 30)
    return image


def moving_noise(step_px, count=11):
    """Frames of one texture that moves to the right."""
    rng = np.random.default_rng(0)
    texture = np.kron(rng.integers(0, 256, (16, 40, 3)), np.ones((4, 4, 1))).astype(np.uint8)
    return [np.ascontiguousarray(np.roll(texture, i * step_px, axis=1)) for i in range(count)]


def write_video(
    path: Path,
    *,
    num_frames: int = 30,
    fps: int | Fraction = 30,
    size: tuple[int, int] = (160, 120),
    codec: str = "libx264",
    times_sec: list[float] | None = None,
    audio: str | None = None,
    picture=moving_square,
    gop: int = 10,
    options: dict[str, str] | None = None,
    pixel_ratio: Fraction | None = None,
) -> Path:
    """Write ``num_frames`` pictures; ``audio`` names a codec for a tone beside them."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p" if codec != "mjpeg" else "yuvj420p"
        stream.codec_context.gop_size = gop
        if pixel_ratio is not None:
            stream.codec_context.sample_aspect_ratio = pixel_ratio
        if times_sec is not None:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        sound = container.add_stream(audio, rate=16000, layout="mono") if audio else None
        for index in range(num_frames):
            frame = av.VideoFrame.from_ndarray(picture(index, *size), format="rgb24")
            if times_sec is not None:
                frame.pts, frame.time_base = round(times_sec[index] * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound is not None:
            write_tone(container, sound, num_frames / float(fps))
    return path


def write_tone(container, stream, seconds: float) -> None:
    """A 440 Hz tone into an audio stream of 16 kHz."""
    samples = (np.sin(np.arange(int(16000 * seconds)) * 440 * 2 * np.pi / 16000) * 8000).astype(
        np.int16
    )
    frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
    frame.sample_rate = 16000
    container.mux(stream.encode(frame))
    container.mux(stream.encode())


def write_audio_only(path: Path) -> Path:
    """A file with sound and no picture."""
    with av.open(str(path), "w") as container:
        write_tone(container, container.add_stream("aac", rate=16000, layout="mono"), 1.0)
    return path


def set_rotation(path: Path, degrees: int) -> None:
    """Write a clockwise rotation into the mp4's track header, as phones do."""
    turns = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
    set_matrix(path, turns[degrees])


def set_matrix(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Write the display matrix a, b, c, d into the mp4's track header."""
    a, b, c, d = (value * 0x10000 & 0xFFFFFFFF for value in matrix)
    content = b"".join(value.to_bytes(4, "big") for value in (a, b, 0, c, d, 0, 0, 0, 0x40000000))
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 40
    data[start : start + 36] = content
    path.write_bytes(bytes(data))


def write_file(path: Path, content: bytes) -> Path:
    """A file of these bytes."""
    path.write_bytes(content)
    return path


# What is not a video: how to make it in a folder, and what the error says of it.
NO_VIDEOS = {
    "missing": (lambda folder: folder / "none.mp4", "No such file"),
    "folder": (lambda folder: folder, "is a folder"),
    "text": (
        lambda folder: write_file(folder / "bad.mp4", b"this is no video\n" * 50),
        "cannot be read as one",
    ),
    "empty": (lambda folder: write_file(folder / "bad.mp4", b""), "is empty"),
    "audio only": (lambda folder: write_audio_only(folder / "bad.mp4"), "only audio"),
}
