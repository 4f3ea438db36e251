"""Measure how long 'stad find' searches, beside a plain scan of the same columns by pyarrow.

    python tools/bench_find.py
    python tools/bench_find.py --segments 10000000 --videos 10000

Without --results, the results of made-up videos are written to a temporary folder.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import find as benchmark
from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.corpus.store import ResultStore
from stad.errors import InputError, run_script


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the results to search."""

    results: Annotated[
        Path | None, option("folder for the made-up results, to keep them", metavar="DIR")
    ] = None
    segments: Annotated[int, option("segments that are made up", metavar="N")] = 1_000_000
    videos: Annotated[int, option("videos that they are in", metavar="N")] = 1_000
    repeats: Annotated[int, option("how often each search is timed", metavar="N")] = 5
    cores: Annotated[int, option("cores to use, at most", metavar="N")] = 2


def main() -> None:
    """Measure and print."""
    options = parse(Options, description=__doc__)
    if min(options.segments, options.videos, options.repeats, options.cores) < 1:
        raise InputError("--segments, --videos, --repeats and --cores must be 1 or more.")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    with tempfile.TemporaryDirectory() as folder:
        place = options.results or Path(folder) / "results"
        if (place / "corpus.json").exists():
            store = ResultStore.open(place, create=False)
        else:
            begin = time.perf_counter()
            store = benchmark.make_corpus(
                place, num_segments=options.segments, num_videos=options.videos
            )
            seconds = time.perf_counter() - begin
            print(f"{options.videos} videos written in {seconds:.1f} s")
            print_times("a file for each video", store, options.repeats)
        begin = time.perf_counter()
        joined = store.compact()
        print(f"{joined} files joined in {time.perf_counter() - begin:.1f} s")
        print_times("joined", store, options.repeats)


def print_times(title: str, store: ResultStore, repeats: int) -> None:
    """Print how long the searches take, and how many times as long as a plain scan."""
    # The first scan brings the files into memory.
    benchmark.time_scan(store, repeats=1)
    scan = benchmark.time_scan(store, repeats=repeats)
    print(f"{title:<24}{'found':>12}{'seconds':>10}{'of scan':>10}{'CPU s':>10}")
    print(f"{scan.name:<24}{'':>12}{scan.seconds:>10.3f}{1:>10.2f}{scan.cpu_sec:>10.3f}")
    for one in benchmark.time_searches(store, repeats=repeats):
        ratio = one.seconds / scan.seconds
        print(
            f"{one.name:<24}{one.num_found:>12,}{one.seconds:>10.3f}{ratio:>10.2f}"
            f"{one.cpu_sec:>10.3f}"
        )


if __name__ == "__main__":
    run_script(main)
