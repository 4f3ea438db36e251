from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from stad.datasets.records.dataset import STAND_IN, RecordDataset, collate_records
from stad.datasets.records.features import RecordWriter, VideoRecord, dequantise
from stad.datasets.records.index import build_index
from stad.errors import InputError
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


@pytest.fixture
def logged(tmp_path_factory, monkeypatch) -> Path:
    """Return the file that messages go to, also those of a loader's processes."""
    path = tmp_path_factory.mktemp("log") / "log.txt"

    def write(text: str, logger: str, level: int) -> None:
        assert (logger, level) == ("current", logging.WARNING)
        with path.open("a") as file:
            file.write(text + "\n")

    monkeypatch.setattr("stad.datasets.records.dataset.print_log", write)
    return path


def write_with_faults(folder: Path) -> Path:
    """Write 8 records, six of them faulty in six ways: 1, 2, 3, 4, 5 and 6."""
    path = folder / "train00.tfrecord"
    records = [make_record(number, frames=3) for number in range(8)]
    bad = {
        2: replace(records[2], labels=(1, 4)),
        3: replace(records[3], features={"rgb": records[3].features["audio"]}),
        4: replace(
            records[4], features=records[4].features | {"audio": np.zeros((2, 3), np.uint8)}
        ),
        5: replace(records[5], features={"other": np.zeros((2, 3), np.uint8)}),
    }
    with RecordWriter(path) as writer:
        for number, record in enumerate(records):
            if number == 6:
                writer.write_data(b"no message")
            else:
                writer.write(bad.get(number, record))
    whole = bytearray(path.read_bytes())
    offset = build_index(folder).places[1, 0]
    whole[offset + 30] ^= 4
    path.write_bytes(whole)
    return path


REASONS = {
    1: "the checksum of its data is wrong",
    2: "it has the label 4, but the labels are 0 to 3",
    3: "rgb has 3 values a frame, but the config has 6",
    4: "its modalities have different numbers of frames: 3 of rgb and 2 of audio",
    5: "it has no frames of rgb or audio",
    6: "it is not a tf.train.SequenceExample",
}


@pytest.mark.parametrize("workers", [0, 2])
def test_faulty_records_are_reported_once_and_another_stands_in(tmp_path, workers, logged):
    path = write_with_faults(tmp_path)
    dataset = open_records(tmp_path)
    offsets = dataset.index.places[:, 0].tolist()
    loader = DataLoader(dataset, 3, collate_fn=collate_records, num_workers=workers)
    for _ in range(2):
        batches = list(loader)
        metas = [one.meta for batch in batches for one in batch["data_samples"]]
        assert [len(batch["inputs"]) for batch in batches] == [3, 3, 2]
        assert [one.record_id for one in metas] == ["v000", *["v007"] * 7]
        known = {0: offsets[0], 7: offsets[7]}
        assert [one.offset for one in metas] == [known.get(i, STAND_IN) for i in range(8)]
    assert dataset.num_faulty == 6
    expected = [
        f"skipped: {path}, record {number} at byte {offsets[number]}: {reason}"
        for number, reason in REASONS.items()
    ]
    assert sorted(logged.read_text().splitlines()) == sorted(expected)


def test_a_record_that_cannot_be_used_is_an_error_when_asked_for(tmp_path):
    path = write_with_faults(tmp_path)
    dataset = open_records(tmp_path)
    assert dataset.record(7).record_id == "v007"
    with pytest.raises(InputError, match=rf"{path}, record 1 at byte \d+: the checksum"):
        dataset.record(1)


def test_faults_in_lengths_are_reported_when_opened(tmp_path, logged):
    paths = write_shards(tmp_path, [3, 3])
    for path in paths:
        path.write_bytes(path.read_bytes()[:-5])
    dataset = open_records(tmp_path)
    assert (len(dataset), dataset.num_faulty) == (4, 2)
    shown = logged.read_text()
    assert f"2 records of {tmp_path} are skipped" in shown
    assert all(f"{path}, record 2 at byte" in shown for path in paths)


def test_data_that_does_not_fit_the_config_is_one_error(tmp_path, monkeypatch):
    write_shards(tmp_path, [5])
    options = {"label_map": write_label_map(tmp_path)}
    wrong = RecordDataset(str(tmp_path), modalities=[{"name": "rgb", "channels": 7}], **options)
    with pytest.raises(InputError, match="No record in a row of 5 can be used, from record 2"):
        wrong[2]


def test_a_modality_that_a_video_lacks_is_zero(tmp_path):
    with RecordWriter(tmp_path / "a.tfrecord") as writer:
        writer.write(make_record(1, audio=False))
    item = open_records(tmp_path)[0]
    assert item["data_samples"].num_frames == (2, 0)
    assert not item["inputs"][:, 6:].any()


def test_modalities_in_another_order_and_a_subset(tmp_path):
    write_shards(tmp_path, [1])
    options = {"label_map": write_label_map(tmp_path)}
    swapped = RecordDataset(str(tmp_path), modalities=MODALITIES[::-1], **options)[0]
    record = make_record(0)
    np.testing.assert_array_equal(swapped["inputs"][:, :3], record.features["audio"])
    alone = RecordDataset(str(tmp_path), modalities=MODALITIES[1:], **options)[0]
    assert alone["inputs"].shape == (1, 3)


def test_a_video_level_record_is_one_frame(tmp_path):
    means = {"rgb": np.linspace(-1, 1, 6, dtype=np.float32), "audio": np.zeros(3, np.float32)}
    with RecordWriter(tmp_path / "a.tfrecord") as writer:
        writer.write(VideoRecord("a", (1, 3), means))
    item = open_records(tmp_path)[0]
    assert item["data_samples"].num_frames == (1, 1)
    assert item["data_samples"].label.tolist() == [0, 1, 0, 1]
    error = dequantise(item["inputs"][0, :6].numpy()) - means["rgb"]
    assert np.abs(error).max() <= 4 / 255 + 1e-6


def test_golden_records_of_tensorflow(tmp_path):
    golden = Path(__file__).parents[2] / "data" / "youtube8m" / "frames.tfrecord"
    shutil.copy(golden, tmp_path)
    (tmp_path / "label_map.txt").write_text("\n".join(f"class {i}" for i in range(3862)))
    dataset = RecordDataset(
        str(tmp_path),
        modalities=[{"name": "rgb", "channels": 1024}, {"name": "audio", "channels": 128}],
        label_map=str(tmp_path / "label_map.txt"),
    )
    batch = collate_records([dataset[i] for i in range(3)])
    assert batch["inputs"].shape == (3, 5, 1152)
    labels = [one.label.nonzero()[:, 0].tolist() for one in batch["data_samples"]]
    assert labels == [[0, 17, 522, 3861], [], [1]]
    assert [one.num_frames for one in batch["data_samples"]] == [(5, 5), (3, 3), (1, 1)]


@pytest.mark.parametrize(
    "modalities",
    [[], [{"name": "rgb", "channels": 0}], [{"name": "rgb", "channels": 1}] * 2],
)
def test_modalities_that_cannot_be(tmp_path, modalities):
    write_shards(tmp_path, [1])
    with pytest.raises(ValueError, match="expected modalities of different names"):
        RecordDataset(str(tmp_path), modalities=modalities, label_map=write_label_map(tmp_path))


def test_shards_without_records(tmp_path):
    write_shards(tmp_path, [0, 0])
    with pytest.raises(InputError, match="has 2 shards without a record"):
        open_records(tmp_path)


def test_records_are_counted_and_named_where_there_are_few(tmp_path, monkeypatch):
    paths = write_shards(tmp_path, [5, 2])
    dataset = open_records(tmp_path)
    assert dataset.example_counts.tolist() == [2, 2, 2, 1]
    assert dataset.video_keys == {f"v00{number}" for number in range(7)}
    monkeypatch.setattr("stad.datasets.records.dataset.LISTED_RECORDS", 6)
    many = open_records(tmp_path)
    assert many.example_counts is None
    assert many.video_keys == {str(path) for path in paths}
