from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from stad.datasets.records import index as index_module
from stad.datasets.records.features import decode
from stad.datasets.records.index import FILE_NAME, build_index
from stad.datasets.records.shards import ShardReader, find_shards
from stad.datasets.records.tfrecord import FRAME_BYTES, Place, RecordError
from stad.errors import InputError
from tests.datasets.records.shard_files import write_shards


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """Return the names of the shards that are read."""
    names = []
    original = index_module.index_shard

    def counted(path):
        names.append(path.name)
        return original(path)

    monkeypatch.setattr(index_module, "index_shard", counted)
    return names


def test_every_record_is_found_and_can_be_read(tmp_path):
    paths = write_shards(tmp_path, [2, 0, 3])
    index = build_index(tmp_path)
    assert index.shards == tuple(map(str, paths))
    assert index.first.tolist() == [0, 2, 2, 5]
    assert len(index) == 5
    reader = ShardReader()
    for number in range(5):
        path, in_shard, place = index.locate(number)
        assert path == str(paths[0 if number < 2 else 2])
        assert in_shard == (number if number < 2 else number - 2)
        assert decode(reader.read(path, place)).record_id == f"v{number:03d}"


def test_shards_are_read_once_and_again_after_a_change(tmp_path, reads):
    paths = write_shards(tmp_path, [2, 1])
    first = build_index(tmp_path)
    assert sorted(reads) == ["train00.tfrecord", "train01.tfrecord"]
    reads.clear()
    again = build_index(tmp_path)
    assert reads == []
    np.testing.assert_array_equal(again.places, first.places)
    # A new shard, and one with another time.
    write_shards(tmp_path, [4], prefix="validate")
    os.utime(paths[0], ns=(1, 1))
    assert len(build_index(tmp_path)) == 7
    assert sorted(reads) == ["train00.tfrecord", "validate00.tfrecord"]
    reads.clear()
    # A pattern uses the file of its folder.
    assert len(build_index(tmp_path / "train*.tfrecord")) == 3
    paths[1].unlink()
    assert len(build_index(tmp_path)) == 6
    assert reads == []


def test_a_damaged_index_is_made_again(tmp_path, reads):
    write_shards(tmp_path, [2])
    build_index(tmp_path)
    (tmp_path / FILE_NAME).write_bytes(b"PK\x03\x04 damaged")
    assert len(build_index(tmp_path)) == 2
    assert len(reads) == 2
    reads.clear()
    build_index(tmp_path)
    assert reads == []


def test_faults_are_kept_in_the_index(tmp_path):
    (path,) = write_shards(tmp_path, [3])
    whole = bytearray(path.read_bytes())
    offset = build_index(tmp_path).places[1, 0]
    whole[offset] ^= 1
    path.write_bytes(whole)
    for _ in range(2):
        index = build_index(tmp_path)
        assert index.numbers.tolist() == [0, 2]
        (fault,) = index.faults
        assert fault[:3] == (str(path), 1, offset)
        assert fault.reason == "the checksum of its length is wrong"


def test_the_cache_folder_takes_the_index_of_a_folder_that_cannot_be_written(
    tmp_path, reads, monkeypatch
):
    folder = tmp_path / "shards"
    write_shards(folder, [2])
    monkeypatch.setenv("STAD_HOME", str(tmp_path / "cache"))
    # A folder in its place cannot be replaced by a file, also not by root.
    (folder / FILE_NAME).mkdir()
    build_index(folder)
    assert len(list((tmp_path / "cache" / "records").glob("*.npz"))) == 1
    reads.clear()
    assert len(build_index(folder)) == 2
    assert reads == []
    assert sorted(one.name for one in folder.iterdir()) == [FILE_NAME, "train00.tfrecord"]


def test_what_was_read_before_an_interruption_is_kept(tmp_path, monkeypatch):
    write_shards(tmp_path, [1] * 5)
    original = index_module.index_shard

    def interrupted(path):
        if path.name == "train03.tfrecord":
            raise KeyboardInterrupt
        return original(path)

    monkeypatch.setattr(index_module, "index_shard", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build_index(tmp_path)
    names = []
    monkeypatch.setattr(
        index_module, "index_shard", lambda path: names.append(path.name) or original(path)
    )
    assert len(build_index(tmp_path)) == 5
    assert names == ["train03.tfrecord", "train04.tfrecord"]


def test_shards_of_a_folder_a_file_and_a_pattern(tmp_path):
    train = write_shards(tmp_path, [1, 1])
    write_shards(tmp_path / "more", [1])
    (tmp_path / ".train.part.tfrecord").touch()
    assert find_shards(tmp_path) == train
    assert find_shards(train[1]) == train[1:]
    assert find_shards(f"{tmp_path}/*1.tfrecord") == train[1:]
    assert len(find_shards(f"{tmp_path}/**/*.tfrecord")) == 3


def test_no_shards(tmp_path):
    with pytest.raises(InputError, match=r"no shards of records in .*: expected files ending"):
        build_index(tmp_path)


def test_a_reader_keeps_few_files_open_and_can_be_sent_to_a_process(tmp_path, monkeypatch):
    monkeypatch.setattr("stad.datasets.records.shards.OPEN_SHARDS", 2)
    paths = write_shards(tmp_path, [1] * 4)
    index, reader = build_index(tmp_path), ShardReader()
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    for number in (0, 1, 2, 3, 2, 1, 0):
        path, _, place = index.locate(number)
        assert decode(reader.read(path, place)).record_id == f"v{number:03d}"
        assert len(list(Path("/proc/self/fd").iterdir())) <= open_before + 2
    copy = pickle.loads(pickle.dumps(reader))
    path, _, place = index.locate(3)
    assert decode(copy.read(path, place)).record_id == "v003"
    # The file became shorter after it was indexed.
    paths[3].write_bytes(paths[3].read_bytes()[:20])
    with pytest.raises(RecordError, match="the file ends"):
        copy.read(path, place)
    with pytest.raises(RecordError, match="bytes of data, but"):
        copy.read(paths[2], Place(0, index.locate(2)[2].num_bytes - FRAME_BYTES))
