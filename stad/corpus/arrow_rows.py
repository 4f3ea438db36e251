"""Turn the results of a video into the rows of tables."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from stad.corpus.schema import BOX, SCHEMAS, Failure, VideoResults


def table_text(text: str) -> str:
    r"""Return a text as tables can hold it: bytes of file names that are not UTF-8 become '\xff'.

    >>> table_text("caf\udce9.mp4")
    'caf\\xe9.mp4'
    """
    return os.fsencode(text).decode("utf-8", errors="backslashreplace")


def video_table(results: VideoResults) -> pa.Table:
    """Return the row of ``videos``."""
    video, run = results.video, results.run
    row = {
        "video": video.key,
        "path": table_text(video.path),
        "copies": [table_text(one) for one in video.copies],
        "num_segments": len(results.segments),
        "model_name": table_text(run.model),
        "detector": table_text(run.detector),
        "threshold": run.threshold,
        "stride_sec": run.stride_sec,
        "warnings": [table_text(one) for one in video.warnings],
    }
    row |= {name: getattr(video, name) for name in SCHEMAS["videos"].names if name not in row}
    return pa.Table.from_pylist([row], schema=SCHEMAS["videos"])


def track_table(results: VideoResults) -> pa.Table:
    """Return the rows of ``tracks``."""
    tracks = results.tracks
    boxes = np.asarray([one.box for one in tracks], np.float32).reshape(-1, 4)
    return _table(
        "tracks",
        {
            "video": [results.video.key] * len(tracks),
            **_columns(tracks, "actor_id", "start_sec", "end_sec", "num_boxes", "person_score"),
            **_box_columns(boxes),
        },
    )


def segment_table(results: VideoResults) -> pa.Table:
    """Return the rows of ``segments``, in the order of their start."""
    segments = sorted(
        results.segments, key=lambda one: (one.start_sec, one.actor_id, one.class_index)
    )
    names = [table_text(name) for name in results.run.class_names]
    return _table(
        "segments",
        {
            "video": [results.video.key] * len(segments),
            **_columns(segments, "actor_id", "class_index", "start_sec", "end_sec"),
            # NaN would be greater than any other score.
            "score": [None if math.isnan(one.score) else one.score for one in segments],
            "label": [names[one.class_index] for one in segments],
        },
    )


def keyframe_tables(results: VideoResults) -> Iterator[pa.Table]:
    """Yield the rows of ``keyframes``, those of one keyframe at a time."""
    names = np.array([table_text(name) for name in results.run.class_names], object)
    for keyframe in results.keyframes:
        actor, cls = np.nonzero(keyframe.scores >= results.floor)
        if len(actor):
            actors = keyframe.actors
            yield _table(
                "keyframes",
                {
                    "video": [results.video.key] * len(actor),
                    "actor_id": actors.ids[actor],
                    "time_sec": np.full(len(actor), keyframe.time_sec, np.float64),
                    "class_index": cls.astype(np.int32),
                    "label": names[cls],
                    "score": keyframe.scores[actor, cls].astype(np.float32),
                    **_box_columns(actors.boxes[actor]),
                    "person_score": actors.scores[actor],
                },
            )


def failure_table(failure: Failure) -> pa.Table:
    """Return the row of ``failures``."""
    row = {
        "video": failure.key,
        "path": table_text(failure.path),
        "kind": failure.kind,
        "message": table_text(failure.message),
        "tries": failure.tries,
        "failed_at": failure.at,
    }
    return pa.Table.from_pylist([row], schema=SCHEMAS["failures"])


def read_failures(table: pa.Table) -> list[Failure]:
    """Return the rows of ``failures``."""
    return [
        Failure(
            key=row["video"],
            path=row["path"],
            kind=row["kind"],
            message=row["message"],
            tries=row["tries"],
            at=row["failed_at"],
        )
        for row in table.to_pylist()
    ]


def _columns(rows: Sequence[object], *names: str) -> dict[str, list]:
    return {name: [getattr(row, name) for row in rows] for name in names}


def _box_columns(boxes: np.ndarray) -> dict[str, np.ndarray]:
    """Return the columns of boxes (N, 4) float32."""
    return {name: np.ascontiguousarray(boxes[:, at]) for at, (name, _) in enumerate(BOX)}


def _table(name: str, columns: Mapping[str, object]) -> pa.Table:
    schema = SCHEMAS[name]
    arrays = [pa.array(columns[field.name], field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)
