"""Measure how long a search of a corpus takes, beside a plain scan of the same columns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.dataset as ds
from tqdm import tqdm

from stad.annotations.label_maps import class_names
from stad.corpus.query import Query
from stad.corpus.schema import VideoResults, VideoRow, model_key, short_key
from stad.corpus.search import find_in
from stad.corpus.store import ResultStore
from stad.structures import RunInfo, Segment, VideoInfo

MODEL = model_key("made_up", {"seed": 0})
LENGTH_SEC = 3600.0
QUERIES = {
    "label, score, length": Query(labels=("fall down",), min_score=0.7, longer_sec=1.0),
    "two labels": Query(labels=("fall down", "fight/hit (a person)"), min_score=0.5),
    "videos": Query(videos=("*cam1*",), min_score=0.9),
    "SQL": Query(where="start_sec > 1800 AND num_people > 10 AND label LIKE 'ride%'"),
    "everything": Query(),
}


@dataclass(frozen=True)
class Timing:
    """The time that a search took.

    Attributes:
        name: of the query.
        num_found: segments.
        seconds: median over the repeats.
        cpu_sec: median of the time of all cores, which other programs do not change.
    """

    name: str
    num_found: int
    seconds: float
    cpu_sec: float


def make_corpus(folder: Path, *, num_segments: int, num_videos: int) -> ResultStore:
    """Write results of made-up videos with AVA's labels, as 'stad corpus' writes them."""
    store = ResultStore.open(folder, create=True)
    names = class_names("ava")
    rng = np.random.default_rng(0)
    bounds = np.linspace(0, num_segments, num_videos + 1).astype(int)
    for number in tqdm(range(num_videos), desc="videos", disable=None, leave=False):
        count = int(bounds[number + 1] - bounds[number])
        store.add(MODEL, _made_up(number, names, count, rng))
    return store


def _made_up(
    number: int, names: tuple[str, ...], count: int, rng: np.random.Generator
) -> VideoResults:
    path = f"/videos/cam{number % 100}/{number:06d}.mp4"
    # Postures are frequent, most other actions are rare.
    classes = np.minimum(rng.zipf(1.3, count) - 1, len(names) - 1)
    starts = rng.uniform(0, LENGTH_SEC, count)
    lengths = rng.exponential(4.0, count)
    scores = rng.beta(2, 2, count)
    people = rng.integers(1, 40, count)
    rows = zip(people, classes, starts, starts + lengths, scores, strict=True)
    return VideoResults(
        video=VideoRow(
            key=short_key("made up", number),
            path=path,
            size_bytes=10**9,
            duration_sec=LENGTH_SEC,
            width_px=1280,
            height_px=720,
            fps=25.0,
            num_frames=int(25 * LENGTH_SEC),
            num_people=int(rng.integers(1, 40)),
            processing_sec=600.0,
            finished_at=datetime(2026, 1, 1, tzinfo=UTC),
        ),
        run=RunInfo(
            video=VideoInfo(path, 1280, 720, Fraction(25), 90_000, LENGTH_SEC),
            model="made_up",
            detector="made_up",
            class_names=names,
            threshold=0.3,
            stride_sec=1.0,
        ),
        segments=[
            Segment(int(one), int(cls), float(start), float(end), float(score))
            for one, cls, start, end, score in rows
        ],
    )


def median_sec(call: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return the median time of some calls, and of all cores in them, seconds."""
    times, cpu_times = [], []
    for _ in range(repeats):
        begin, cpu_begin = time.perf_counter(), time.process_time()
        call()
        times.append(time.perf_counter() - begin)
        cpu_times.append(time.process_time() - cpu_begin)
    return statistics.median(times), statistics.median(cpu_times)


def time_scan(store: ResultStore, *, repeats: int) -> Timing:
    """Time a filter over all segments with pyarrow, from opening the files on."""

    def scan() -> None:
        wanted = (ds.field("label") == "fall down") & (ds.field("score") >= 0.7)
        table = ds.dataset(store.files("segments")).to_table(filter=wanted)
        pc.sum(pc.subtract(table["end_sec"], table["start_sec"]))

    return Timing("plain scan", 0, *median_sec(scan, repeats))


def time_searches(
    store: ResultStore, *, repeats: int, limit: int = 100, names: Sequence[str] = tuple(QUERIES)
) -> list[Timing]:
    """Time searches as 'stad find' does them: list and open the files, count, find the best."""
    found = []
    for name in names:
        query = QUERIES[name]
        totals, _ = find_in(store, query, limit)
        times = median_sec(lambda query=query: find_in(store, query, limit), repeats)
        found.append(Timing(name, totals.num_segments, *times))
    return found
