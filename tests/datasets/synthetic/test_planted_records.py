from __future__ import annotations

import numpy as np
import pytest

from stad.annotations.label_maps import class_names
from stad.datasets.records.features import decode, dequantise
from stad.datasets.records.index import build_index
from stad.datasets.records.shards import ShardReader
from stad.datasets.synthetic import planted_records
from stad.datasets.synthetic.planted_records import PlantedSettings, write_planted_records
from stad.errors import InputError

SETTINGS = PlantedSettings()


def records_in(folder, split):
    index, reader = build_index(folder / f"{split}*.tfrecord"), ShardReader()
    places = (index.locate(number) for number in range(len(index)))
    return [decode(reader.read(path, place)) for path, _, place in places]


def test_the_number_alone_decides_what_a_video_shows():
    one, other = (PlantedSettings().record(7) for _ in range(2))
    assert (one.record_id, one.labels) == (other.record_id, other.labels)
    for name, values in one.features.items():
        np.testing.assert_array_equal(values, other.features[name])
    assert SETTINGS.record(8).features["rgb"].tobytes() != one.features["rgb"].tobytes()


def test_videos_are_of_the_described_sizes():
    records = [SETTINGS.record(number) for number in range(300)]
    lengths = [len(one.features["rgb"]) for one in records]
    assert 30 <= min(lengths) < 34
    assert 56 < max(lengths) <= 60
    assert {len(one.labels) for one in records} == {1, 2, 3}
    silent = [one for one in records if "audio" not in one.features]
    assert 15 < len(silent) < 50
    assert not any(SETTINGS.shows_in_audio(label) for one in silent for label in one.labels)
    assert all(
        len(one.features["audio"]) == len(one.features["rgb"])
        for one in records
        if one not in silent
    )
    counts = np.bincount([label for one in records for label in one.labels], minlength=20)
    assert counts.min() > 10


def test_a_label_shows_in_a_few_frames_of_its_modality():
    """The nearest pattern of a frame says which label it shows."""
    patterns = SETTINGS._patterns["rgb"]
    flat = patterns.reshape(-1, SETTINGS.rgb)
    for number in range(20):
        record = SETTINGS.record(number)
        frames = dequantise(record.features["rgb"])
        distances = np.linalg.norm(frames[:, None] - flat[None], axis=2)
        nearest = distances.argmin(axis=1) // planted_records.PATTERNS
        shown = np.bincount(nearest, minlength=len(patterns))[: SETTINGS.num_labels]
        expected = [one for one in record.labels if not SETTINGS.shows_in_audio(one)]
        assert np.flatnonzero(shown).tolist() == expected
        assert all(3 <= count <= 6 for count in shown[expected])


def test_shards_are_written_and_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(planted_records, "SHARD_RECORDS", 4)
    seen = []
    counts = write_planted_records(tmp_path, num_train=10, num_val=4, on_record=seen.append)
    assert counts == {"train": 10, "val": 4}
    assert seen == [4, 4, 2, 4]
    train, val = records_in(tmp_path, "train"), records_in(tmp_path, "val")
    assert [one.record_id for one in train] == [f"p{number:07d}" for number in range(10)]
    assert [one.record_id for one in val] == [f"p1{number:06d}" for number in range(4)]
    np.testing.assert_array_equal(train[9].features["rgb"], SETTINGS.record(9).features["rgb"])
    assert class_names(tmp_path / "label_map.txt") == class_names("planted")
    # More videos keep the whole shards, and replace the last one.
    before = {one.name: one.stat().st_mtime_ns for one in tmp_path.glob("*.tfrecord")}
    write_planted_records(tmp_path, num_train=12, num_val=4)
    after = {one.name: one.stat().st_mtime_ns for one in tmp_path.glob("*.tfrecord")}
    assert set(before) - set(after) == {"train0002_2.tfrecord"}
    assert len(records_in(tmp_path, "train")) == 12
    assert all(after[name] == before[name] for name in set(before) & set(after))


def test_another_data_set_is_not_mixed_in(tmp_path):
    write_planted_records(tmp_path, num_train=1, num_val=1)
    with pytest.raises(InputError, match="was made with other settings"):
        write_planted_records(
            tmp_path, num_train=1, num_val=1, settings=PlantedSettings(num_labels=10)
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"frames": (10, 20)}, "no room for 3 labels of 6 frames"),
        ({"num_labels": 5}, "Use 6 labels or more"),
        ({"rgb": 0}, "1 value or more"),
    ],
)
def test_settings_that_cannot_be(changes, message):
    with pytest.raises(InputError, match=message):
        PlantedSettings(**changes)
