"""Search the tables of a corpus with DuckDB: which segments, in which videos."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from stad.corpus.query import (
    FOUND,
    SELECTED,
    FoundSegment,
    Query,
    Totals,
    check_where,
    segment_conditions,
    video_conditions,
    where_error,
)
from stad.corpus.schema import SCHEMAS
from stad.corpus.store import ResultStore
from stad.errors import InputError
from stad.utils.ranges import check_positive_int, check_probability
from stad.utils.text import first_line

# How often the files are listed again if another process joins them meanwhile.
TRIES = 3
ROWS_AT_A_TIME = 65_536
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # Nothing is fetched, and SQL sees no variable of Python.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}

# What DuckDB raises for files that are missing or damaged.
FILE_ERRORS = (duckdb.OperationalError, duckdb.InvalidInputException, FileNotFoundError)
Result = TypeVar("Result")


class Tables:
    """The tables of a corpus in DuckDB, for reading; SQL reaches no other file.

    Args:
        store: the results; its files are those of this moment.
    """

    def __init__(self, store: ResultStore) -> None:
        self._store = store
        self._db = duckdb.connect(":memory:", config=CONFIG)
        if not store.place.is_local:
            self._db.register_filesystem(store.place.fs)
        # Several queries read the same files.
        self._db.execute("SET parquet_metadata_cache = true")
        files = store.all_files()
        for table, paths in files.items():
            self._db.execute(_view(table, paths))
        self._db.execute(f"SET allowed_paths = {_list(list(chain(*files.values())))}")
        self._db.execute("SET enable_external_access = false")
        self._db.execute("SET lock_configuration = true")

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """The classes of all models, each name once."""
        names: dict[str, None] = {}
        for model in self._store.models():
            names |= dict.fromkeys(self._store.class_names(model))
        return tuple(names)

    def count(self, query: Query) -> Totals:
        """Return how much a query finds.

        Raises:
            InputError: a label is not known, or the SQL is wrong.
        """
        select = "SELECT count(*), count(DISTINCT video), count(DISTINCT model) FROM"
        return Totals(*self._execute(query, select).fetchall()[0])

    def best(self, query: Query, limit: int | None = None) -> list[FoundSegment]:
        """Return the segments with the highest scores first.

        Args:
            query: what is searched.
            limit: how many at most; None for all.

        Raises:
            InputError: a label is not known, or the SQL is wrong.
        """
        return list(self.iterate(query, limit))

    def iterate(self, query: Query, limit: int | None = None) -> Iterator[FoundSegment]:
        """Yield what ``best`` returns; not all of it needs to be in memory."""
        order = (
            "ORDER BY found.score DESC NULLS LAST, path, start_sec, actor_id, class_index, model"
        )
        if limit is not None:
            order += f" LIMIT {int(limit)}"
        cursor = self._execute(query, f"SELECT {SELECTED} FROM", order)
        while rows := cursor.fetchmany(ROWS_AT_A_TIME):
            for row in rows:
                yield FoundSegment(*row)

    def boxes_of(
        self, found: Sequence[FoundSegment], *, reach_sec: float
    ) -> Iterator[tuple[int, float, float, float, float, float]]:
        """Yield the place of a segment, a time and the box of its actor then, in order of time.

        Args:
            found: the segments.
            reach_sec: how far outside of a segment keyframes are used, seconds.
        """
        if not found:
            return
        self._db.execute(
            "CREATE OR REPLACE TEMP TABLE wanted (place INTEGER, video VARCHAR, model VARCHAR, "
            "actor_id BIGINT, start_sec DOUBLE, end_sec DOUBLE)"
        )
        self._db.executemany(
            "INSERT INTO wanted VALUES (?, ?, ?, ?, ?, ?)",
            [
                (place, one.video, one.model, one.actor_id, one.start_sec, one.end_sec)
                for place, one in enumerate(found)
            ],
        )
        cursor = self._db.execute(
            "SELECT DISTINCT place, time_sec, x1_px, y1_px, x2_px, y2_px FROM keyframes AS k "
            "JOIN wanted AS w USING (video, model, actor_id) "
            "WHERE k.time_sec BETWEEN w.start_sec - ? AND w.end_sec + ? ORDER BY place, time_sec",
            [reach_sec, reach_sec],
        )
        while rows := cursor.fetchmany(ROWS_AT_A_TIME):
            yield from rows

    def _execute(self, query: Query, select: str, rest: str = "") -> duckdb.DuckDBPyConnection:
        segments, segment_values = segment_conditions(query, self.class_names)
        videos, video_values = video_conditions(query)
        source = FOUND.format(segments=segments, videos=videos)
        if query.where:
            check_where(query.where)
            # On a line of its own, so that a comment at its end ends there.
            source += f" WHERE (\n{query.where}\n)"
        try:
            return self._db.execute(f"{select} {source} {rest}", segment_values + video_values)
        except duckdb.Error as error:
            if query.where:
                # Of a damaged file the same query without it fails, too.
                self._execute(replace(query, where=""), select, rest)
                raise where_error(error) from error
            raise

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def __enter__(self) -> Tables:
        return self

    def __exit__(self, *_) -> None:
        self.close()


def with_tables(store: ResultStore, use: Callable[[Tables], Result]) -> Result:
    """Return what ``use`` returns for the tables; it is called again if files were joined.

    Args:
        store: the results.
        use: reads the tables.

    Raises:
        InputError: the files cannot be read.
    """
    for left in reversed(range(TRIES)):
        try:
            with Tables(store) as tables:
                return use(tables)
        except FILE_ERRORS as error:
            # 'stad corpus' joins the files of videos and removes the single ones.
            if not left:
                raise InputError(
                    f"The tables in {store.place.url} cannot be read: {first_line(error)} "
                    "Copy them again, or run 'stad corpus' again with a new --out."
                ) from error
    raise AssertionError


def find_in(
    store: ResultStore, query: Query, limit: int | None = None
) -> tuple[Totals, list[FoundSegment]]:
    """Return how much a query finds, and the segments with the highest scores; see ``find``."""
    return with_tables(store, lambda tables: (tables.count(query), tables.best(query, limit)))


def find(
    results: str | Path,
    *labels: str,
    min_score: float = 0.0,
    longer_sec: float = 0.0,
    videos: str | Sequence[str] = (),
    models: str | Sequence[str] = (),
    where: str = "",
    limit: int | None = None,
) -> list[FoundSegment]:
    """Find segments in the results of ``stad corpus``, those with the highest scores first.

    >>> for one in stad.find("results", "fall down", min_score=0.7):      # doctest: +SKIP
    ...     print(one.path, one.start_sec, one.end_sec, one.score)

    Args:
        results: folder or URL, as of ``stad corpus --out``.
        *labels: names of actions, in part ('carry' for 'carry/hold (an object)'); none for all.
        min_score: minimum score, in [0, 1].
        longer_sec: minimum length, seconds.
        videos: patterns of paths or file names, such as 'cam1*'.
        models: patterns of NAME@VERSION or NAME.
        where: SQL over the columns of segments and videos, such as "start_sec > 60".
        limit: how many at most; None for all.

    Raises:
        InputError: there are no results, a label is not known, or the SQL is wrong.
    """
    check_probability("min_score", min_score)
    check_positive_int("limit", limit)
    query = Query(
        labels=labels,
        min_score=min_score,
        longer_sec=longer_sec,
        videos=(videos,) if isinstance(videos, str) else tuple(videos),
        models=(models,) if isinstance(models, str) else tuple(models),
        where=where,
    )
    store = ResultStore.open(results, create=False)
    try:
        return with_tables(store, lambda tables: tables.best(query, limit))
    except InputError as error:
        # Python has arguments where the command has options.
        text = str(error).replace("--where", "where").replace("--label", "labels")
        raise InputError(text) from error


def _view(table: str, paths: Sequence[str]) -> str:
    """Return the SQL that defines a table by its files, with a column 'model'."""
    if paths:
        rows = f"read_parquet({_list(paths)}, hive_partitioning=true, hive_types_autocast=false)"
        return f"CREATE VIEW {table} AS SELECT * FROM {rows}"
    columns = [f"NULL::{_sql_type(field.type)} AS {field.name}" for field in SCHEMAS[table]]
    return f"CREATE VIEW {table} AS SELECT {', '.join(columns)}, NULL::VARCHAR AS model WHERE false"


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"{_sql_type(kind.value_type)}[]"
    names = {"string": "VARCHAR", "int32": "INTEGER", "int64": "BIGINT", "float": "FLOAT"}
    return names.get(str(kind), "DOUBLE" if kind == pa.float64() else "TIMESTAMPTZ")


def _list(texts: Sequence[str]) -> str:
    quoted = ("'" + text.replace("'", "''") + "'" for text in texts)
    return f"[{', '.join(quoted)}]"
