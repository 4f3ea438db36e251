"""Records of frame features with labels, as YouTube-8M's: what a video tagger learns from."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from mmengine.dist import broadcast_object_list, get_dist_info
from mmengine.logging import print_log
from torch.utils.data import Dataset, get_worker_info

from stad.annotations import label_maps
from stad.datasets.records.features import FrameRecord, VideoRecord, decode
from stad.datasets.records.index import RecordIndex, build_index
from stad.datasets.records.modalities import as_modalities, check_labels, join_modalities
from stad.datasets.records.shards import ShardReader
from stad.datasets.records.tfrecord import Fault, RecordError
from stad.errors import InputError, one_line
from stad.registry import DATASETS
from stad.structures import RecordMeta, RecordSample
from stad.utils.text import shown

if TYPE_CHECKING:
    from stad.datasets.epoch_sampler import EpochIndex

MAX_FRAMES = 300
# The offset of a record that stands in for one that cannot be used: evaluations leave it out.
STAND_IN = -1
# This many records in a row that cannot be used mean that the config does not fit the data.
MAX_FAULTS_IN_A_ROW = 1000
WARNED_FAULTS = 20
# Up to this number of records, their labels are read before a run. It takes 2 seconds.
LISTED_RECORDS = 5000
# What is known of a record that cannot be used.
FOUND, REPORTED = 1, 2


class _Named(NamedTuple):
    """The name and the labels of a record."""

    record_id: str
    labels: tuple[int, ...]


@DATASETS.register_module()
class RecordDataset(Dataset):
    """One item per record of frame features; records of whole videos are items of one frame.

    A record that cannot be used (truncated, wrong checksum, labels or dimensions) is reported once
    with its file, number and byte, and another one takes its place: batches keep their size.

    Args:
        records: a folder of shards '*.tfrecord', or a pattern such as
            'data/youtube8m/frame/train*.tfrecord'.
        modalities: their order, as {'name': such as 'rgb', 'channels': values a frame}.
        label_map: names of the classes, see ``stad.annotations.label_maps``; label k is the k-th
            name, from 0.
        max_frames: later frames of a video are left out.
        seed: not used, since nothing is drawn at random; runs give it to each data set.

    Attributes:
        index: where the records are.
        class_ids: the label of each output.

    Raises:
        InputError: there are no shards or no records, or a file cannot be read.
    """

    def __init__(
        self,
        records: str,
        *,
        modalities: Sequence[Mapping],
        label_map: str,
        max_frames: int = MAX_FRAMES,
        seed: int = 0,
    ) -> None:
        if max_frames < 1:
            raise ValueError(f"expected max_frames of 1 or more, got {max_frames}")
        self.annotations, self.label_map, self.seed = records, label_map, seed
        self._classes = label_maps.class_names(label_map)
        self.class_ids = tuple(range(len(self._classes)))
        self._modalities, self._max_frames = as_modalities(modalities), max_frames
        self.index = _shared_index(records)
        if not len(self.index):
            raise InputError(
                f"{records} has {len(self.index.shards)} shards without a record that can be "
                "read. Check the files, or write them again."
            )
        self._reader = ShardReader()
        # In memory that the loader's processes share, so that each fault counts once.
        self._faults = torch.zeros(len(self.index), dtype=torch.uint8).share_memory_()
        self._warn_of_index()

    def _warn_of_index(self) -> None:
        faults = self.index.faults
        if faults:
            few = shown([str(one) for one in faults], limit=WARNED_FAULTS, between="\n  ")
            text = f"{len(faults)} records of {self.annotations} are skipped:\n  {few}"
            print_log(text, logger="current", level=logging.WARNING)

    @property
    def metainfo(self) -> dict:
        """Files and classes as plain values, for the evaluator and the checkpoint."""
        return {
            "annotations": str(self.annotations),
            "label_map": str(self.label_map),
            "classes": list(self._classes),
        }

    @property
    def shard_starts(self) -> np.ndarray:
        """The first record of each shard, and the number of all: (S + 1,) int64."""
        return self.index.first

    @property
    def example_counts(self) -> np.ndarray | None:
        """The number of records of each class, (C,) int64; None for many records."""
        known = self._few_records
        if known is None:
            return None
        labels = np.array([label for one in known for label in set(one.labels)], dtype=np.int64)
        is_class = (labels >= 0) & (labels < len(self._classes))
        return np.bincount(labels[is_class], minlength=len(self._classes))

    @property
    def video_keys(self) -> frozenset[str]:
        """The names of the records; for many records, the paths of the shards."""
        known = self._few_records
        if known is None:
            return frozenset(str(Path(one).resolve()) for one in self.index.shards)
        return frozenset(one.record_id for one in known)

    @functools.cached_property
    def _few_records(self) -> tuple[_Named, ...] | None:
        """The names and labels of the records that can be read; None if reading takes long."""
        if len(self) > LISTED_RECORDS:
            return None
        found = []
        for index in range(len(self)):
            path, _, place = self.index.locate(index)
            # A fault is reported when the record is wanted.
            with contextlib.suppress(RecordError):
                record = decode(self._reader.read(path, place))
                found.append(_Named(record.record_id, record.labels))
        return tuple(found)

    @property
    def num_faulty(self) -> int:
        """Records that were found faulty so far, in all processes of its loader."""
        return len(self.index.faults) + int(self._faults.count_nonzero())

    def __len__(self) -> int:
        return len(self.index)

    def record(self, index: int) -> FrameRecord | VideoRecord:
        """Return a record as it was written.

        Raises:
            InputError: it cannot be used; says which and why.
        """
        path, number, place = self.index.locate(index)
        try:
            return decode(self._reader.read(path, place))
        except RecordError as error:
            fault = Fault(path, number, place.offset, str(error))
            raise InputError(f"{fault}. Leave it out, or write it again.") from error

    def __getitem__(self, item: int | EpochIndex) -> dict:
        """Return a video.

        Args:
            item: index, or epoch and index, see ``EpochIndex``.

        Returns:
            'inputs' (T, D) uint8, D the channels of all modalities, and 'data_samples'
            ``RecordSample``. In place of a record that cannot be used comes the next one that can,
            and its ``meta.offset`` is ``STAND_IN``.

        Raises:
            InputError: a file cannot be read, or no record in a long row can be used.
        """
        wanted = item[1] if isinstance(item, tuple) else item
        if not -len(self) <= wanted < len(self):
            raise IndexError(f"expected an index below {len(self)}, got {wanted}")
        wanted %= len(self)
        for step in range(min(len(self), MAX_FAULTS_IN_A_ROW)):
            index = (wanted + step) % len(self)
            if self._faults[index] == REPORTED or (self._faults[index] and step):
                continue
            try:
                return self._item(index, is_wanted=not step)
            except RecordError as error:
                self._note_fault(index, str(error), is_wanted=not step)
        path, number, place = self.index.locate(wanted)
        raise InputError(
            f"No record in a row of {min(len(self), MAX_FAULTS_IN_A_ROW)} can be used, from record "
            f"{number} of {path} (byte {place.offset}) on. The log says why: check that modalities "
            "and label_map of the config fit the records."
        )

    def _item(self, index: int, *, is_wanted: bool) -> dict:
        path, _, place = self.index.locate(index)
        record = decode(self._reader.read(path, place))
        check_labels(record.labels, len(self._classes))
        features, num_frames = join_modalities(
            record, self._modalities, max_frames=self._max_frames
        )
        label = torch.zeros(len(self._classes))
        label[list(record.labels)] = 1
        meta = RecordMeta(record.record_id, path, place.offset if is_wanted else STAND_IN)
        sample = RecordSample(label, num_frames, meta)
        return {"inputs": torch.from_numpy(features), "data_samples": sample}

    def _note_fault(self, index: int, reason: str, *, is_wanted: bool) -> None:
        self._faults[index] = REPORTED if is_wanted else FOUND
        # One process asks for a record in an epoch; others may come across it at the same time.
        if not is_wanted:
            return
        path, number, place = self.index.locate(index)
        text = f"skipped: {Fault(path, number, place.offset, reason)}"
        print_log(one_line(text), logger="current", level=logging.WARNING)


def _shared_index(records: str) -> RecordIndex:
    """Return the index, which the first of several processes makes for all."""
    rank, world = get_dist_info()
    if world == 1:
        return build_index(records)
    found: list[RecordIndex | str] = [""]
    if rank == 0:
        try:
            found = [build_index(records)]
        except InputError as error:
            found = [str(error)]
    broadcast_object_list(found)
    if isinstance(found[0], str):
        raise InputError(found[0])
    return found[0]


def collate_records(items: Sequence[dict]) -> dict:
    """Join items of ``RecordDataset`` to a batch.

    Returns:
        'inputs' (N, T, D) uint8, T the frames of the longest video, 0 beyond the end of others;
        'data_samples' N times ``RecordSample``.
    """
    # Copied by numpy: torch would start threads for each of them.
    parts = [item["inputs"].numpy() for item in items]
    shape = (len(parts), max(len(one) for one in parts), parts[0].shape[1])
    inputs = _empty(shape)
    for row, one in zip(inputs.numpy(), parts, strict=True):
        row[: len(one)] = one
        row[len(one) :] = 0
    return {"inputs": inputs, "data_samples": [item["data_samples"] for item in items]}


def _empty(shape: tuple[int, int, int]) -> torch.Tensor:
    """Return an uninitialised uint8 tensor, in a loader's process in memory that is shared."""
    if get_worker_info() is None:
        return torch.empty(shape, dtype=torch.uint8)
    size = int(np.prod(shape))
    # The same way as torch's default_collate.
    storage = torch.empty(0, dtype=torch.uint8)._typed_storage()._new_shared(size, device="cpu")
    return torch.empty(0, dtype=torch.uint8).new(storage).view(shape)
