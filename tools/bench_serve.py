"""Put 50 clients on a service on this machine for a minute; print answers, latencies and memory.

    python tools/bench_serve.py
    python tools/bench_serve.py --clients 100 --seconds 20

The service runs a small network with random weights, so that the service itself is measured. The
exit code is 1 if there was any error but a 429 that says when to come back.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import serving as benchmark
from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.errors import InputError, run_script


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the load."""

    clients: Annotated[int, option("clients at once", metavar="N")] = 50
    seconds: Annotated[float, option("how long they ask", metavar="SEC")] = 60.0
    rate: Annotated[float, option("requests per second of one address", metavar="N")] = 100_000.0
    max_queue: Annotated[int, option("videos that may wait", metavar="N")] = 20


def main() -> int:
    """Measure and print; return the exit code."""
    options = parse(Options, description=__doc__)
    if options.clients < 1 or options.seconds <= 0:
        raise InputError("--clients and --seconds must be above 0.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        video = benchmark.write_video(folder / "video.mp4")
        words = benchmark.small_model(folder, ROOT / "tests" / "data" / "tiny_detector.py")
        words += ["--rate", str(options.rate), "--max-queue", str(options.max_queue)]
        with benchmark.running_service(folder, words) as (url, pid):
            load = asyncio.run(
                benchmark.put_load(
                    url, video, num_clients=options.clients, seconds=options.seconds, pid=pid
                )
            )
    print(f"{'action':<12}{'median ms':>10}{'95 % ms':>10}{'max ms':>10}  answers")
    for row in benchmark.rows(load):
        times = "".join(f"{row[key]:>10.0f}" for key in ("median_ms", "p95_ms", "max_ms"))
        print(f"{row['action']:<12}{times}  {row['answers']}")
    total = sum(load.answers.values())
    print(f"{total} answers, {total / options.seconds:.0f} per second")
    own, every = zip(*load.memory_mb, strict=True)
    print(
        f"memory of the service {own[0]:.0f} MB at first, {max(own):.0f} MB at most, "
        f"{own[-1]:.0f} MB at last ({load.growth():.2f} times the second quarter in the last); "
        f"with its processes {max(every):.0f} MB"
    )
    for text, number in load.errors.most_common():
        print(f"error: {text}, {number} times")
    return 1 if load.errors else 0


if __name__ == "__main__":
    run_script(main)
