"""Measure the peak memory of a command on a short and on a long video made by looping one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av

from benchmarks.run_cost import Cost, output_words, run_measured

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Row:
    """The costs of a run.

    Attributes:
        minutes: length of its video.
        num_frames: of its video.
        cost: of the run.
    """

    minutes: float
    num_frames: int
    cost: Cost


def measure(
    video: str | Path,
    minutes: Sequence[float],
    command: Callable[[Path, Path], list[str]],
    *,
    folder: Path,
    size: tuple[int, int],
) -> list[Row]:
    """Run a command on videos of several lengths.

    Args:
        video: what they show, again and again.
        minutes: their lengths.
        command: returns the arguments of the interpreter, from a video and a folder for outputs.
        folder: for the videos and the outputs.
        size: (width, height) of the videos, pixels, even.

    Raises:
        InputError: a run fails.
    """
    clip = folder / "clip.mp4"
    encode_once(video, clip, size=size)
    rows = []
    for number, length in enumerate(minutes):
        path, outputs = folder / f"{length:g}min.mp4", folder / f"run{number}"
        outputs.mkdir()
        num_frames = loop(clip, path, length)
        words = [sys.executable, *command(path, outputs)]
        rows.append(Row(length, num_frames, run_measured(words, folder=outputs, python_path=ROOT)))
        path.unlink()
    return rows


def annotate_command(video: Path, folder: Path, options: Sequence[str]) -> list[str]:
    """Return the arguments that annotate a video with all outputs into a folder."""
    script = ROOT / "demo" / "detect_video.py"
    return [str(script), str(video), *output_words(folder), *options]


def encode_once(video: str | Path, target: Path, *, size: tuple[int, int]) -> None:
    """Write the video at another size as H.264 without B-frames: its packets can be repeated."""
    with av.open(str(video)) as source, av.open(str(target), "w") as sink:
        rate = source.streams.video[0].average_rate
        stream = sink.add_stream("libx264", rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.options = {"bf": "0", "preset": "veryfast"}
        for number, frame in enumerate(source.decode(video=0)):
            scaled = frame.reformat(*size, format="yuv420p")
            scaled.pts, scaled.time_base = number, 1 / rate
            sink.mux(stream.encode(scaled))
        sink.mux(stream.encode())


def loop(clip: Path, target: Path, minutes: float) -> int:
    """Repeat the clip's packets until the time is reached; return the number of frames."""
    count, shift = 0, 0
    limit = minutes * 60
    with av.open(str(target), "w") as sink:
        stream = None
        while True:
            with av.open(str(clip)) as source:
                video = source.streams.video[0]
                stream = stream or sink.add_stream_from_template(video)
                step = round(1 / video.average_rate / video.time_base)
                last = 0
                for packet in source.demux(video):
                    if packet.dts is None:
                        continue
                    if float((packet.pts + shift) * packet.time_base) >= limit:
                        return count
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    last, packet.stream = packet.pts, stream
                    sink.mux(packet)
                    count += 1
                shift = last + step


def as_table(rows: Sequence[Row]) -> str:
    """Return the rows with the ratio of each one's memory to that of the first."""
    lines = [f"{'minutes':>8} {'frames':>8} {'peak MiB':>9} {'seconds':>8} {'ratio':>6}"]
    for row in rows:
        ratio = row.cost.max_bytes / rows[0].cost.max_bytes
        lines.append(
            f"{row.minutes:>8g} {row.num_frames:>8} {row.cost.max_bytes / 2**20:>9.0f} "
            f"{row.cost.wall_sec:>8.1f} {ratio:>6.3f}"
        )
    return "\n".join(lines)
