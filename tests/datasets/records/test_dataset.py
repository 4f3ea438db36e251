from __future__ import annotations

import numpy as np
import torch
from torch.utils.data import DataLoader

from stad.datasets.records.dataset import RecordDataset, collate_records
from tests.datasets.records.shard_files import (
    MODALITIES,
    make_record,
    write_label_map,
    write_shards,
)


def open_records(folder, records=None, **options) -> RecordDataset:
    return RecordDataset(
        str(records or folder),
        modalities=MODALITIES,
        label_map=write_label_map(folder),
        **options,
    )


def test_items_are_the_records_in_the_order_of_the_files(tmp_path):
    paths = write_shards(tmp_path, [3, 0, 2])
    dataset = open_records(tmp_path)
    assert len(dataset) == 5
    assert dataset.shard_starts.tolist() == [0, 3, 3, 5]
    for number in range(5):
        item, record = dataset[number], make_record(number)
        expected = np.concatenate([record.features["rgb"], record.features["audio"]], axis=1)
        assert item["inputs"].dtype == torch.uint8
        np.testing.assert_array_equal(item["inputs"], expected)
        sample = item["data_samples"]
        assert sample.label.tolist() == [float(k == number % 4) for k in range(4)]
        assert sample.num_frames == (len(expected),) * 2
        assert sample.meta.record_id == f"v{number:03d}"
        assert sample.meta.file == str(paths[0 if number < 3 else 2])
    assert dataset[3]["data_samples"].meta.offset == 0


def test_batches_are_padded_with_zeros(tmp_path):
    write_shards(tmp_path, [5])
    dataset = open_records(tmp_path, max_frames=4)
    for workers in (0, 2):
        loader = DataLoader(dataset, 5, collate_fn=collate_records, num_workers=workers)
        (batch,) = loader
        assert batch["inputs"].shape == (5, 4, 9)
        for row, sample in zip(batch["inputs"], batch["data_samples"], strict=True):
            count = sample.num_frames[0]
            assert not row[count:].any()
            expected = make_record(int(sample.meta.record_id[1:])).features["rgb"][:4]
            np.testing.assert_array_equal(row[:count, :6], expected)
        assert [one.num_frames for one in batch["data_samples"]][-1] == (4, 4)
