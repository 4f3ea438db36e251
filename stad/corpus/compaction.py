"""Join the files of many videos into few; killed at any time, it loses and doubles nothing.

The joined files are written first; then the next number in batches/ lists them and their videos,
from which moment they count and the single files do not; these are removed afterwards. Of two
processes that compact at once, one can write that number; the other removes what it joined.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from stad.corpus.schema import CONTENT
from stad.corpus.store import ENDING, Batch, file_name, json_bytes, write_parquet

if TYPE_CHECKING:
    from stad.corpus.store import ResultStore

PREFIX = "batch-"
# Videos of a batch, at most. A smaller one is joined again with new videos.
FULL_VIDEOS = 2_000
# The list in force and the one before it, which a reader may be about to read.
KEPT_LISTS = 2


class JoinedMeanwhileError(Exception):
    """Another process has joined and removed a file that was about to be joined."""


def compact(store: ResultStore, *, progress: Callable[[int], None] | None = None) -> int:
    """Join the files of each model; see ``ResultStore.compact``."""
    joined = 0
    for model_key in store.models():
        while number := _compact_some(store, model_key):
            joined += number
            if progress is not None:
                progress(joined)
        _clean(store, model_key)
    store.place.remove_abandoned()
    return joined


def _compact_some(store: ResultStore, model_key: str) -> int:
    """Join files into one batch; return how many single files were joined."""
    contents = store.contents(model_key)
    singles = dict(sorted(contents.singles.items())[:FULL_VIDEOS])
    open_batches: list[Batch] = []
    room = FULL_VIDEOS - len(singles)
    for batch in sorted(contents.batches, key=lambda one: len(one.keys)):
        if len(batch.keys) <= room:
            open_batches.append(batch)
            room -= len(batch.keys)
    if not singles or len(singles) + len(open_batches) < 2:
        return 0
    keys = [*singles, *(key for batch in open_batches for key in batch.keys)]
    stems = [*(batch.name for batch in open_batches), *singles.values()]
    joined = Batch(PREFIX + secrets.token_hex(8), tuple(keys))
    try:
        _join(store, model_key, stems, joined.name)
    except JoinedMeanwhileError:
        _remove(store, model_key, joined.name)
        return 0
    kept = [batch for batch in contents.batches if batch not in open_batches]
    still_there = [stem for stem in contents.replaced if stem.startswith(PREFIX)]
    listed = {
        "files": [{"name": one.name, "videos": list(one.keys)} for one in (*kept, joined)],
        "replaced": [*still_there, *(batch.name for batch in open_batches)],
    }
    name = f"{_lists(model_key)}/{contents.number + 1:08d}.json"
    is_listed = store.place.create(name, json_bytes(listed)) and any(
        # A process that was stopped for long may write the number of a list that was removed.
        one.name == joined.name
        for one in store.contents(model_key).batches
    )
    if not is_listed:
        _remove(store, model_key, joined.name)
        return 0
    _clean(store, model_key)
    return len(singles)


def _join(store: ResultStore, model_key: str, stems: list[str], name: str) -> None:
    """Write the rows of some files into files of a new name."""

    def rows(table: str) -> Iterator[pa.Table]:
        for stem in stems:
            path = store.place.path(file_name(table, model_key, stem))
            try:
                with store.place.fs.open(path, "rb") as file:
                    parquet = pq.ParquetFile(file)
                    for group in range(parquet.num_row_groups):
                        yield parquet.read_row_group(group)
            except FileNotFoundError:
                raise JoinedMeanwhileError from None

    with store.place.staging() as folder:
        for table in (*CONTENT, "videos"):
            part = folder / table
            write_parquet(part, table, rows(table))
            store.place.publish(part, file_name(table, model_key, name))


def _clean(store: ResultStore, model_key: str) -> None:
    """Remove what does not count any more, and what killed processes left a day ago or earlier."""
    contents = store.contents(model_key)
    for stem in contents.replaced:
        _remove(store, model_key, stem)
    folder, done = f"failures/model={model_key}", contents.keys
    for failed in store.place.names(folder):
        if failed.removesuffix(ENDING) in done:
            store.place.remove(f"{folder}/{failed}")
    for number in store.place.names(_lists(model_key))[:-KEPT_LISTS]:
        store.place.remove(f"{_lists(model_key)}/{number}")
    counted = set(contents.names)
    for table in (*CONTENT, "videos"):
        folder = f"{table}/model={model_key}"
        for file in store.place.names(folder):
            name = f"{folder}/{file}"
            if file.removesuffix(ENDING) not in counted and store.place.is_abandoned(name):
                store.place.remove(name)


def _remove(store: ResultStore, model_key: str, stem: str) -> None:
    """Remove the files of a video or batch; 'videos' last, which tells that they are there."""
    for table in (*CONTENT, "videos"):
        store.place.remove(file_name(table, model_key, stem))


def _lists(model_key: str) -> str:
    return f"batches/model={model_key}"
