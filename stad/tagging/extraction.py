"""Write records of the features of one's own videos; what is finished is not done again."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stad.annotations.own.fingerprint import fingerprint
from stad.datasets.records.features import FrameRecord
from stad.errors import InputError
from stad.tagging.describer import ClipDescriber
from stad.tagging.opening import open_pca, open_table
from stad.tagging.parts import VectorFiles
from stad.tagging.pca import MAX_COMPONENTS, Pca, fit_pca, save_pca
from stad.tagging.progress import SecondsBar
from stad.tagging.shards import next_shard, rewrite_shard, write_shard
from stad.tagging.table import (
    PARTS,
    PCA,
    RGB,
    SHARDS,
    RecordsTable,
    VideoRow,
    is_records,
    read_table,
    write_table,
)
from stad.tagging.videos import ListedVideo, VideoListing, stated_lengths
from stad.utils.files import make_folder
from stad.utils.text import first_line

# Vectors of the first videos, five hours; 80 MB.
PCA_VECTORS = 20_000
# A shard of ten minutes each has 25 MB.
VIDEOS_PER_SHARD = 64
LOCK = ".lock"

Log = Callable[[str], None]


@dataclass(frozen=True)
class Extraction:
    """Options of an extraction.

    Attributes:
        backbone: name of the model whose backbone sees the clips, or path of its config.
        weights: 'auto' for the published ones, or the path of its checkpoint.
        pca: file of a PCA that was fitted before; None fits one, or takes that of the folder.
        max_components: of a PCA that is fitted.
        num_pca_vectors: that it is fitted on.
        videos_per_shard: records of a file.
    """

    backbone: str
    weights: str = "auto"
    pca: Path | None = None
    max_components: int = MAX_COMPONENTS
    num_pca_vectors: int = PCA_VECTORS
    videos_per_shard: int = VIDEOS_PER_SHARD


def extract_features(
    listing: VideoListing,
    out: Path,
    options: Extraction,
    describer: ClipDescriber,
    *,
    progress: bool = True,
    log: Log = lambda text: None,
) -> RecordsTable:
    """Write the features of videos to a folder, or add them to those that are there.

    Videos whose features are there are not read again; their labels and sources are brought up to
    date. A video that cannot be read is reported and left out. An interrupted run continues
    with the video that it was at.

    Args:
        listing: the videos, with their labels.
        out: the folder.
        options: how.
        describer: of ``options.backbone``.
        progress: show a progress bar.
        log: takes lines about what was done and left out.

    Returns:
        The table of the folder.

    Raises:
        InputError: the folder holds features of another kind, no video can be read, or a file
            cannot be written.
    """
    make_folder(out)
    with _alone(out):
        run = _Run(listing, out, options, describer, log)
        run.bring_up_to_date()
        run.describe(progress=progress)
        return run.finish()


class _Run:
    """One run of ``extract_features``; for the arguments see there."""

    def __init__(
        self,
        listing: VideoListing,
        out: Path,
        options: Extraction,
        describer: ClipDescriber,
        log: Log,
    ) -> None:
        self._out, self._options, self._describer = out, options, describer
        self._log = log
        self._listing = listing
        self._parts = VectorFiles(out / PARTS, describer.kind.to_json())
        self._pca = open_pca(out, options.pca, describer.kind)
        self._table = open_table(
            out, options.backbone, options.weights, kind=describer.kind, classes=listing.classes
        )
        self._marks: dict[str, str] = {}
        self._left_out: dict[str, str] = {}
        self._waiting: list[ListedVideo] = []
        _delete_strays(out, self._table)

    def bring_up_to_date(self) -> None:
        """Take what the table has of the videos, and find out which are new."""
        known = {one.id: one for one in self._table.videos if (self._out / one.shard).is_file()}
        rows, todo = dict(known), []
        for video in self._listing.videos:
            try:
                mark = self._marks[video.id] = fingerprint(video.path)
            except InputError as error:
                self._leave_out(video, error)
                continue
            row = known.get(video.id)
            if row is not None and row.fingerprint != mark:
                self._check_replaced(row, video)
                del rows[video.id]
            if row is None or row.fingerprint != mark:
                todo.append(video)
                continue
            rows[video.id] = replace(
                row, path=_text(video.path), source=video.source, labels=video.labels
            )
        self._todo = todo
        self._drop_moved(rows)
        self._rewrite(known, rows)

    def _drop_moved(self, rows: dict[str, VideoRow]) -> None:
        """Drop videos that are listed under another name now, perhaps in another class."""
        listed = set(self._marks.values())
        for name, row in list(rows.items()):
            is_gone = name not in self._marks and not Path(row.path).is_file()
            if is_gone and row.fingerprint in listed:
                del rows[name]
                self._log(f"moved     {name} has another name now")

    def _check_replaced(self, row: VideoRow, video: ListedVideo) -> None:
        old = Path(row.path)
        if old.is_file() and old.resolve() != video.path.resolve():
            raise InputError(
                f"{video.path} and {old} have the same name {video.id!r} in {self._out}. Give both "
                "folders in one command, or another --out."
            )

    def _rewrite(self, known: Mapping[str, VideoRow], rows: Mapping[str, VideoRow]) -> None:
        """Write the shards again whose records changed, and the table."""
        table = replace(self._table, videos=tuple(rows.values()))
        is_renumbered = self._numbered != table.classes
        for shard in sorted({one.shard for one in known.values()}):
            before = [one for one in known.values() if one.shard == shard]
            after = [one for one in rows.values() if one.shard == shard]
            if is_renumbered or [(one.id, one.labels) for one in before] != [
                (one.id, one.labels) for one in after
            ]:
                rewrite_shard(self._out, shard, table, after)
        self._table = table
        if known:
            write_table(self._out, table)

    @property
    def _numbered(self) -> tuple[str, ...]:
        """The classes whose numbers the records have."""
        return read_table(self._out).classes if is_records(self._out) else ()

    def describe(self, *, progress: bool) -> None:
        """Compute the vectors of all new videos; shards are written as soon as they are full."""
        # Before others are left out, which are among those to do.
        if known := len(self._listing.videos) - len(self._todo) - len(self._left_out):
            self._log(f"known     {known} videos have their features already")
        lengths = stated_lengths(self._todo, on_error=self._leave_out)
        todo = [one for one in self._todo if one.id in lengths]
        with SecondsBar(sum(lengths.values()), shows=progress) as bar:
            for video in todo:
                bar.begin(video.id, lengths[video.id])
                self._describe_one(video, bar)
                bar.end()
        if not self._waiting and not self._table.videos:
            texts = list(self._left_out.items())
            raise InputError(
                f"None of the {len(texts)} videos can be read, for example {texts[0][0]}: "
                f"{texts[0][1]}"
            )

    def _describe_one(self, video: ListedVideo, bar: SecondsBar) -> None:
        mark = self._marks[video.id]
        if not self._parts.num_frames(mark):
            try:
                vectors = self._describer.describe_video(video.path, on_second=bar.step)
            except InputError as error:
                self._leave_out(video, error)
                return
            if not len(vectors):
                self._leave_out(video, InputError("It has no frames."))
                return
            self._parts.write(mark, vectors)
        self._waiting.append(video)
        self._write_full_shards()

    def _leave_out(self, video: ListedVideo, error: Exception) -> None:
        self._left_out[video.id] = first_line(error)
        self._log(f"warning   {video.id} is left out. {first_line(error)}")

    def _write_full_shards(self) -> None:
        size = self._options.videos_per_shard
        if self._pca is None and len(self._waiting) >= size:
            counts = [self._parts.num_frames(self._marks[one.id]) for one in self._waiting]
            if sum(counts) < self._options.num_pca_vectors:
                return
        while len(self._waiting) >= size:
            self._write_shard()

    def _write_shard(self) -> None:
        """Write a shard, then the table that names it, then delete the parts."""
        pca = self._pca = self._pca or self._fit()
        size = self._options.videos_per_shard
        videos, self._waiting = self._waiting[:size], self._waiting[size:]
        shard = next_shard(self._out, self._table)
        rows = []

        def records() -> Iterator[FrameRecord]:
            for video in videos:
                mark = self._marks[video.id]
                vectors = self._parts.read(mark)
                if vectors is None:
                    raise InputError(
                        f"The vectors of {video.id} in {self._out} are gone. Run the command again."
                    )
                frames = pca.quantise(vectors)
                rows.append(_row(video, mark, len(frames), shard))
                yield FrameRecord(video.id, self._table.numbers(video.labels), {RGB: frames})

        write_shard(self._out / shard, records())
        self._table = replace(self._table, videos=(*self._table.videos, *rows))
        write_table(self._out, self._table)
        # Two files may have the same content.
        needed = {self._marks[one.id] for one in self._waiting}
        self._parts.delete({one.fingerprint for one in rows} - needed)

    def _fit(self) -> Pca:
        """Fit the PCA to the vectors of the first videos, and write it."""
        sample, count = [], 0
        for video in self._waiting:
            vectors = self._parts.read(self._marks[video.id])
            if vectors is not None and count < self._options.num_pca_vectors:
                sample.append(vectors[: self._options.num_pca_vectors - count])
                count += len(sample[-1])
        pca = fit_pca(np.concatenate(sample), max_components=self._options.max_components)
        digest = save_pca(self._out / PCA, pca, self._describer.kind.to_json())
        self._table = replace(self._table, pca_sha256=digest, num_channels=pca.num_components)
        self._log(
            f"pca       {pca.num_components} of {pca.num_inputs} components, fitted to {count} "
            "seconds"
        )
        return pca

    def finish(self) -> RecordsTable:
        """Write the last shard and the table."""
        while self._waiting:
            self._write_shard()
        self._table = replace(self._table, left_out=self._left_out)
        write_table(self._out, self._table)
        return self._table


def _row(video: ListedVideo, mark: str, num_frames: int, shard: str) -> VideoRow:
    return VideoRow(
        id=video.id,
        path=_text(video.path),
        fingerprint=mark,
        source=video.source,
        labels=video.labels,
        num_frames=num_frames,
        shard=shard,
    )


def _text(path: Path) -> str:
    return str(path.resolve())


def _delete_strays(out: Path, table: RecordsTable) -> None:
    """Delete shards that an interrupted run wrote and did not note."""
    named = {one.shard for one in table.videos}
    for path in out.glob(SHARDS):
        if path.name not in named:
            path.unlink()


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the lock of a folder of records.

    Raises:
        InputError: another process holds it.
    """
    with (out / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                f"Another program is writing to {out}. Wait for it, or give another --out."
            ) from error
        yield
