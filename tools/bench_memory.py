"""Measure the peak memory of the demo on a short and on a long video made by looping it.

    python tools/bench_memory.py sample.avi --minutes 1 30 -- --stride 5 --detect-every 1

What follows ``--`` goes to demo/detect_video.py. Prints a row per length and the ratio.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import av
from tyro.conf import Positional

from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.errors import InputError, run_script

SIZE = (1280, 720)
CLOCK = Fraction(1, 90000)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the videos to measure."""

    video: Annotated[
        str, Positional, option("a video; it is scaled to 1280x720 and looped", metavar="VIDEO")
    ]
    minutes: Annotated[
        tuple[float, ...], option("lengths (default: 1 30)", metavar="MINUTES ...")
    ] = (1.0, 30.0)


def encode_once(video: str, target: Path) -> None:
    """Write the video at 1280x720 as H.264 without B-frames: its packets can be repeated."""
    with av.open(video) as source, av.open(str(target), "w") as sink:
        stream = sink.add_stream("libx264", rate=source.streams.video[0].average_rate)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.options = {"bf": "0", "preset": "veryfast"}
        for frame in source.decode(video=0):
            scaled = frame.reformat(width=SIZE[0], height=SIZE[1], format="yuv420p")
            scaled.pts = None
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


def peak_memory(video: Path, folder: Path, options: list[str]) -> tuple[float, float]:
    """Run the demo on the video; return its peak resident memory (MiB) and its seconds."""
    command = [
        *(
            sys.executable,
            str(ROOT / "demo" / "detect_video.py"),
            str(video),
            "--overwrite",
            "--quiet",
        ),
        *("--out", str(folder / "out.mp4"), "--json", str(folder / "out.json"), *options),
    ]
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise InputError(f"The demo failed on {video.name}. Its message is above.")
    return usage.ru_maxrss / 1024, time.perf_counter() - begin


def main() -> None:
    """Measure each length and print the table."""
    words = sys.argv[1:]
    split = words.index("--") if "--" in words else len(words)
    options = parse(Options, words[:split], description=__doc__)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        encode_once(options.video, folder / "clip.mp4")
        for minutes in options.minutes:
            video = folder / f"{minutes:g}min.mp4"
            frames = loop(folder / "clip.mp4", video, minutes)
            rows.append((minutes, frames, *peak_memory(video, folder, words[split + 1 :])))
    print(f"{'minutes':>8} {'frames':>8} {'peak MiB':>9} {'seconds':>8} {'ratio':>6}")
    for minutes, frames, peak, seconds in rows:
        print(f"{minutes:>8g} {frames:>8} {peak:>9.0f} {seconds:>8.1f} {peak / rows[0][2]:>6.3f}")


if __name__ == "__main__":
    run_script(main)
