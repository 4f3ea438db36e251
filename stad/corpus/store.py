"""Keep the results of many videos as Parquet files that several processes write at once.

A video of a model is four files of the same name, <VIDEO>-<DIGEST>.parquet, one in each of
tracks, keyframes, segments and videos. <DIGEST> is of what they hold: two processes that annotate
one video write the same files, or files with other names, never a mixture. The file in 'videos' is
written last, and a video counts once it is there; of two, the first by name does.

``compact`` joins them. The highest number in batches/ lists the joined files and their videos;
single files of these videos do not count any more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stad.corpus import arrow_rows
from stad.corpus.place import Place
from stad.corpus.schema import (
    CONTENT,
    FORMAT,
    KEY,
    MODEL_KEY,
    SCHEMAS,
    TABLES,
    VERSION,
    Failure,
    VideoResults,
)
from stad.errors import InputError
from stad.structures import RunInfo

ABOUT = "corpus.json"
ENDING = ".parquet"
# Rows that are written at a time, and that DuckDB skips together where none can match.
GROUP_ROWS = 131_072
DIGEST_LENGTH = 8


@dataclass(frozen=True)
class Batch:
    """The joined files of several videos.

    Attributes:
        name: of the files, without their ending.
        keys: of the videos.
    """

    name: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class BatchList:
    """One list of batches/.

    Attributes:
        number: of the list, 0 for none.
        batches: joined files.
        replaced: names of single files and batches that do not count any more.
    """

    number: int
    batches: tuple[Batch, ...]
    replaced: frozenset[str]

    @cached_property
    def keys(self) -> set[str]:
        """The videos in the batches."""
        return {key for batch in self.batches for key in batch.keys}


@dataclass(frozen=True)
class Contents:
    """The files and videos of one model in a store.

    Attributes:
        number: of the list of batches that is in force, 0 for none.
        batches: joined files.
        singles: the name of the files of each video that is in no batch, by its key.
        replaced: names of single files and batches that do not count any more and are there yet.
    """

    number: int
    batches: tuple[Batch, ...]
    singles: dict[str, str]
    replaced: tuple[str, ...]

    @cached_property
    def keys(self) -> set[str]:
        """The videos whose results are complete."""
        return {*self.singles, *(key for batch in self.batches for key in batch.keys)}

    @property
    def names(self) -> list[str]:
        """The files that count, without their ending."""
        return [*(batch.name for batch in self.batches), *sorted(self.singles.values())]


class ResultStore:
    """The results of many videos in a folder or an object store; open it with ``open``."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._known_models: set[str] = set()
        # The list of batches of each model that was read last; its number names what it says.
        self._lists: dict[str, BatchList] = {}

    @classmethod
    def open(cls, url: str | Path, *, create: bool) -> ResultStore:
        """Open the results in a folder or below a URL of fsspec.

        Args:
            url: such as results/ or s3://bucket/results.
            create: begin them where there are none.

        Raises:
            InputError: they cannot be read, or there are none and ``create`` is False.
        """
        place = Place(url)
        about = place.read(ABOUT)
        if about is None and create:
            about = _begin(place)
        if about is None:
            raise InputError(
                f"There are no results in {url}: it has no {ABOUT}. Give the folder that "
                "'stad corpus' wrote with --out."
            )
        _check_about(url, about)
        return cls(place)

    def models(self) -> list[str]:
        """Return the keys of the models that have results or failures."""
        found = {
            name.removeprefix("model=")
            for table in ("videos", "failures")
            for name in self.place.names(table)
        }
        return sorted(name for name in found if MODEL_KEY.fullmatch(name))

    def class_names(self, model_key: str) -> tuple[str, ...]:
        """Return the classes of a model; () where it has results of no video yet."""
        about = self.place.read(f"models/{model_key}.json")
        return () if about is None else tuple(json.loads(about)["class_names"])

    def contents(self, model_key: str) -> Contents:
        """Return which files of a model count now."""
        # First the videos, then the batches: a file that is joined in between is in one of them.
        stems = self._stems("videos", model_key)
        listed = self._batches(model_key)
        singles: dict[str, str] = {}
        gone = []
        for stem in stems:
            key = stem.partition("-")[0]
            if stem in listed.replaced or key in listed.keys or key in singles:
                gone.append(stem)
            elif KEY.fullmatch(key):
                singles[key] = stem
        return Contents(listed.number, listed.batches, singles, tuple(gone))

    def done(self, model_key: str) -> set[str]:
        """Return the keys of the videos whose results of a model are complete."""
        return self.contents(model_key).keys

    def has(self, model_key: str, key: str) -> bool:
        """Return whether the results of one video are complete; of many videos, ask ``done``."""
        # In the order of ``contents``, for its reason.
        stems = self._stems("videos", model_key, prefix=f"{_checked(model_key, key)}-")
        listed = self._batches(model_key)
        return key in listed.keys or any(stem not in listed.replaced for stem in stems)

    def add(self, model_key: str, results: VideoResults) -> bool:
        """Write the results of one video; they count once all of them are written.

        Args:
            model_key: as ``schema.model_key`` makes it.
            results: of the video; its keyframes are read once.

        Returns:
            False where the video has results already: these stay, and nothing is written.

        Raises:
            InputError: they cannot be written, for example on a full disk.
        """
        key = _checked(model_key, results.video.key)
        if self.has(model_key, key):
            return False
        self._describe_model(model_key, results.run)
        with self.place.staging() as folder:
            parts = {table: folder / f"{table}{ENDING}" for table in (*CONTENT, "videos")}
            write_parquet(parts["tracks"], "tracks", [arrow_rows.track_table(results)])
            write_parquet(parts["keyframes"], "keyframes", arrow_rows.keyframe_tables(results))
            write_parquet(parts["segments"], "segments", [arrow_rows.segment_table(results)])
            write_parquet(parts["videos"], "videos", [arrow_rows.video_table(results)])
            stem = f"{key}-{_digest(parts[table] for table in CONTENT)}"
            for table, part in parts.items():
                self.place.publish(part, file_name(table, model_key, stem))
        return True

    def add_failure(self, model_key: str, failure: Failure) -> None:
        """Write down that a video gave no results; a later failure of it takes its place.

        Once the video has results, its failure does not count any more.
        """
        key = _checked(model_key, failure.key)
        with self.place.staging() as folder:
            part = folder / f"failure{ENDING}"
            write_parquet(part, "failures", [arrow_rows.failure_table(failure)])
            self.place.publish(part, file_name("failures", model_key, key))

    def failures(self, model_key: str) -> list[Failure]:
        """Return the failures of a model, in the order of their keys."""
        found = []
        for path in self.files("failures", model_key=model_key):
            with self.place.fs.open(path, "rb") as file:
                found += arrow_rows.read_failures(pq.ParquetFile(file).read())
        return found

    def files(self, table: str, *, model_key: str | None = None) -> list[str]:
        """Return the files of a table that count now, as DuckDB and fsspec open them.

        Args:
            table: one of ``schema.TABLES``.
            model_key: the model; None for all of them.
        """
        return self.all_files(model_key=model_key)[table]

    def all_files(self, *, model_key: str | None = None) -> dict[str, list[str]]:
        """Return the files of each table that count at one moment; see ``files``."""
        found: dict[str, list[str]] = {table: [] for table in TABLES}
        for model in self.models() if model_key is None else [model_key]:
            contents = self.contents(model)
            failed = [key for key in self._stems("failures", model) if key not in contents.keys]
            for table, files in found.items():
                names = failed if table == "failures" else contents.names
                files += [self.place.path(file_name(table, model, name)) for name in names]
        return found

    def compact(self, *, progress: Callable[[int], None] | None = None) -> int:
        """Join the files of videos, so that searching opens fewer; safe at any time.

        Args:
            progress: takes the number of videos joined so far.

        Returns:
            How many single files were joined.
        """
        from stad.corpus.compaction import compact

        return compact(self, progress=progress)

    def _stems(self, table: str, model_key: str, *, prefix: str = "") -> list[str]:
        """Return the names of the files of a table, whether they count or not."""
        names = self.place.names(f"{table}/model={model_key}", prefix=prefix)
        return [name.removesuffix(ENDING) for name in names if name.endswith(ENDING)]

    def _batches(self, model_key: str) -> BatchList:
        """Return the list of batches that is in force."""
        for _ in range(3):
            numbers = self.place.names(f"batches/model={model_key}")
            if not numbers:
                break
            number = int(numbers[-1].removesuffix(".json"))
            known = self._lists.get(model_key)
            if known is not None and known.number == number:
                return known
            content = self.place.read(f"batches/model={model_key}/{numbers[-1]}")
            # A newer list may have taken its place since.
            if content is not None:
                listed = json.loads(content)
                batches = tuple(Batch(one["name"], tuple(one["videos"])) for one in listed["files"])
                found = BatchList(number, batches, frozenset(listed["replaced"]))
                self._lists[model_key] = found
                return found
        return BatchList(0, (), frozenset())

    def _describe_model(self, model_key: str, run: RunInfo) -> None:
        """Write what a model is and which classes it has, once."""
        if model_key in self._known_models:
            return
        about = {
            "model": run.model,
            "detector": run.detector,
            "class_names": list(run.class_names),
            "threshold": run.threshold,
            "stride_sec": run.stride_sec,
        }
        self.place.create(f"models/{model_key}.json", json_bytes(about))
        self._known_models.add(model_key)


def write_parquet(path: Path, table: str, parts: Iterable[pa.Table]) -> None:
    """Write a Parquet file; the parts need not be in memory together."""
    waiting: list[pa.Table] = []
    num_waiting = 0
    with pq.ParquetWriter(path, SCHEMAS[table], compression="zstd") as writer:
        for part in parts:
            waiting.append(part)
            num_waiting += len(part)
            if num_waiting >= GROUP_ROWS:
                writer.write_table(pa.concat_tables(waiting), row_group_size=GROUP_ROWS)
                waiting, num_waiting = [], 0
        if waiting:
            writer.write_table(pa.concat_tables(waiting), row_group_size=GROUP_ROWS)


def _begin(place: Place) -> bytes | None:
    """Write the file that says what the folder is; return its content."""
    others = place.names()
    about = place.read(ABOUT)
    if about is None and others:
        raise InputError(
            f"{place.url} has other files, such as {others[0]}, and no results. Give a new or "
            "an empty folder."
        )
    place.create(ABOUT, json_bytes({"format": FORMAT, "version": VERSION}))
    return place.read(ABOUT)


def _check_about(url: str | Path, content: bytes) -> None:
    try:
        about = json.loads(content)
        kind = about["format"], int(about["version"])
    except (ValueError, TypeError, KeyError):
        kind = None
    if kind is None or kind[0] != FORMAT:
        raise InputError(
            f"{ABOUT} in {url} is not of 'stad corpus'. Give the folder that it wrote with --out."
        )
    if kind[1] > VERSION:
        raise InputError(
            f"The results in {url} have version {kind[1]}, and this stad reads up to {VERSION}. "
            "Update stad."
        )


def _checked(model_key: str, key: str) -> str:
    """Return the key of a video; both become names of files."""
    if not MODEL_KEY.fullmatch(model_key):
        raise ValueError(f"{model_key!r} is not a key of schema.model_key.")
    if not KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not a key of schema.short_key.")
    return key


def file_name(table: str, model_key: str, stem: str) -> str:
    """Return the name of a file in the store."""
    return f"{table}/model={model_key}/{stem}{ENDING}"


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:DIGEST_LENGTH]


def json_bytes(content: dict) -> bytes:
    """Return an object as JSON."""
    return (json.dumps(content, indent=1) + "\n").encode("utf-8")
