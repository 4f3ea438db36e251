"""Say which segments of a corpus are searched for, as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import duckdb

from stad.errors import InputError
from stad.inference.build import match_labels
from stad.utils.text import shown

SHOWN_LABELS = 8
# Segments with what is known of their videos; --where has these columns.
FOUND = """(
    SELECT s.*, s.end_sec - s.start_sec AS length_sec, v.* EXCLUDE (video, model)
    FROM (SELECT * FROM segments WHERE {segments}) AS s
    JOIN (SELECT * FROM videos WHERE {videos}) AS v USING (video, model)
) AS found"""
IN_VIDEOS = (
    "path GLOB ? OR parse_filename(path) GLOB ? "
    "OR EXISTS (SELECT 1 FROM unnest(copies) AS c(one) WHERE one GLOB ?)"
)
IN_MODELS = "model GLOB ? OR model_name GLOB ? OR split_part(model, '@', 1) GLOB ?"


@dataclass(frozen=True, kw_only=True)
class Query:
    """Conditions on segments, all of which hold.

    Attributes:
        labels: names of classes, as ``match_labels`` reads them, or several with commas between
            them; () for all.
        min_score: minimum score, in [0, 1]; segments without a score have none that is enough,
            unless it is 0.
        longer_sec: minimum length, seconds.
        videos: patterns of paths or file names, such as 'cam1*'; () for all.
        models: patterns of NAME@VERSION or NAME; () for all.
        where: SQL over the columns of ``FOUND``; '' for none.
    """

    labels: tuple[str, ...] = ()
    min_score: float = 0.0
    longer_sec: float = 0.0
    videos: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True)
class FoundSegment:
    """A segment that was found; its fields are the columns of files and --where, too.

    Attributes:
        path: of the video, as it was read.
        label: name of the class.
        score: in [0, 1]; None where it is not known.
        actor_id: track id in the video.
        start_sec, end_sec: seconds of video.
        video: key of the video.
        model: NAME@VERSION.
        class_index: place of the label in the model's classes.
        size_bytes: of the file of the video when it was annotated.
        copies: other paths with the same content.
    """

    path: str
    label: str
    score: float | None
    actor_id: int
    start_sec: float
    end_sec: float
    video: str
    model: str
    class_index: int
    size_bytes: int
    copies: list[str]


COLUMNS = tuple(field.name for field in fields(FoundSegment))
# As FLOAT, 0.7 would be written as 0.699999988.
SELECTED = ", ".join(
    "round(score::DOUBLE, 6) AS score" if name == "score" else name for name in COLUMNS
)


@dataclass(frozen=True)
class Totals:
    """The amount that a query finds.

    Attributes:
        num_segments: of all videos.
        num_videos: with at least one of them.
        num_models: that found them.
    """

    num_segments: int
    num_videos: int
    num_models: int


def segment_conditions(query: Query, names: tuple[str, ...]) -> tuple[str, list[object]]:
    """Return SQL for the segments, and the values of its '?'."""
    conditions: list[str] = ["true"]
    values: list[object] = []
    chosen = match_labels(
        _split(query.labels, names),
        names,
        flag="--label",
        advice=f"Its labels are {shown(names, limit=SHOWN_LABELS)}.",
    )
    if chosen is not None:
        conditions.append(f"label IN ({', '.join('?' * len(chosen))})")
        values += [names[place] for place in sorted(chosen)]
    if query.min_score:
        # Scores are kept as FLOAT, where 0.7 is less than the DOUBLE 0.7.
        conditions.append("score >= CAST(? AS FLOAT)")
        values.append(query.min_score)
    if query.longer_sec:
        conditions.append("end_sec - start_sec >= ?")
        values.append(query.longer_sec)
    return " AND ".join(conditions), values


def _split(labels: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Return labels one by one: 'walk,run' is two, unless a class has this name."""
    whole = {name.lower() for name in names}
    found: list[str] = []
    for label in labels:
        is_whole = label.strip().lower() in whole
        found += [label] if is_whole else [part for part in label.split(",") if part.strip()]
    return tuple(found)


def video_conditions(query: Query) -> tuple[str, list[object]]:
    """Return SQL for the videos, and the values of its '?'."""
    conditions: list[str] = ["true"]
    values: list[object] = []
    for patterns, condition in ((query.videos, IN_VIDEOS), (query.models, IN_MODELS)):
        if patterns:
            conditions.append(f"({' OR '.join([condition] * len(patterns))})")
            values += [pattern for pattern in patterns for _ in range(condition.count("?"))]
    return " AND ".join(conditions), values


def check_where(where: str) -> None:
    """Raise InputError unless a text is one expression of SQL, whole by itself."""
    for text in (f"SELECT (\n{where}\n)", f"SELECT CASE WHEN\n{where}\nTHEN 1 END"):
        try:
            if len(duckdb.extract_statements(text)) != 1:
                raise InputError(f"--where takes one condition, got several: {where!r}.")
        except duckdb.Error as error:
            raise where_error(error) from error


def where_error(error: duckdb.Error) -> InputError:
    """Return the error of wrong SQL: what DuckDB says, without its drawing of the place."""
    said = " ".join(str(error).partition("\n\nLINE ")[0].split()).rstrip(".!")
    return InputError(
        f"--where is not SQL that can be used here. {said}. Give a condition over the columns of "
        "segments and videos, such as \"start_sec > 60 AND path LIKE '%cam1%'\"."
    )
