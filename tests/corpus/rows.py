"""Make results of videos that were never annotated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stad.corpus.schema import Failure, TrackRow, VideoResults, VideoRow, model_key, short_key
from stad.corpus.store import ResultStore
from stad.structures import Actors, Keyframe, RunInfo, Segment, VideoInfo

MODEL = model_key("two_actions", {"weights": "ab12", "detector": "stick"})
CLASSES = ("walk", "carry/hold (an object)", "fall down")
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def make_results(number: int, *, score: float = 0.75, **video: object) -> VideoResults:
    """Return one person in three keyframes who walks and, from second 2, falls.

    Args:
        number: of the video.
        score: of the fall.
        **video: fields of its row that differ.
    """
    box = np.array([[1, 2, 3, 4 + number]], np.float32)
    actors = Actors.from_arrays(box, [0.5], [7])
    scores = np.array([[0.5, 0.01, score]], np.float32)
    row = VideoRow(
        key=short_key("content", number),
        path=f"videos/{number}.mp4",
        size_bytes=1000 + number,
        duration_sec=10.0,
        width_px=320,
        height_px=240,
        fps=25.0,
        num_frames=250,
        num_people=1,
        processing_sec=2.5,
        finished_at=AT,
    )
    row = replace(row, **video)
    return VideoResults(
        video=row,
        run=RunInfo(
            video=VideoInfo(row.path, 320, 240, Fraction(25), 250, 10.0),
            model="two_actions",
            detector="stick",
            class_names=CLASSES,
            threshold=0.5,
            stride_sec=1.0,
        ),
        tracks=[
            TrackRow(
                actor_id=7,
                start_sec=0.5,
                end_sec=9.5,
                num_boxes=90,
                box=tuple(box[0].tolist()),
                person_score=0.5,
            )
        ],
        keyframes=(Keyframe(float(time), actors, scores) for time in range(1, 4)),
        segments=[
            Segment(actor_id=7, class_index=2, start_sec=2.0, end_sec=4.5, score=score),
            Segment(actor_id=7, class_index=0, start_sec=0.5, end_sec=3.0, score=0.5),
        ],
    )


def make_failure(number: int, *, tries: int = 1) -> Failure:
    """Return a failure of the video of that number."""
    return Failure(
        key=short_key("content", number),
        path=f"videos/{number}.mp4",
        kind="crash",
        message="The decoder died of SIGSEGV.",
        tries=tries,
        at=AT,
    )


def read_rows(store: ResultStore, table: str) -> list[dict]:
    """Return all rows of a table that count."""
    found = []
    for path in store.files(table):
        with store.place.fs.open(path, "rb") as file:
            found.append(pq.ParquetFile(file).read())
    return pa.concat_tables(found).to_pylist() if found else []


def check_whole(store: ResultStore, made: Callable[[int], VideoResults] = make_results) -> set[int]:
    """Assert that each video that counts has all of its rows once; return the numbers of these."""
    paths = {made(number).video.key: number for number in range(50)}
    done = sorted(paths[key] for key in store.done(MODEL))
    videos = read_rows(store, "videos")
    assert sorted(paths[row["video"]] for row in videos) == done
    for table, count in (("tracks", 1), ("keyframes", 6), ("segments", 2)):
        rows = sorted(paths[row["video"]] for row in read_rows(store, table))
        assert rows == [number for number in done for _ in range(count)], table
    return set(done)
