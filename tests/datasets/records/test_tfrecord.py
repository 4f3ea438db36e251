from __future__ import annotations

import random
from pathlib import Path

import pytest

from stad.datasets.records import tfrecord
from stad.datasets.records.tfrecord import (
    FRAME_BYTES,
    Fault,
    Place,
    TFRecordWriter,
    find_records,
    frame,
    read_records,
)
from stad.errors import InputError

GOLDEN = Path(__file__).parents[2] / "data" / "youtube8m"
# Between 1 and 600 bytes, with zeros and bytes that look like lengths.
CONTENTS = [bytes(random.Random(n).choices(range(0, 256, 51), k=1 + 97 * n)) for n in range(7)]


def write_contents(path: Path) -> list[int]:
    """Write ``CONTENTS``; return where each record begins, and the file's size."""
    offsets = [0]
    with TFRecordWriter(path) as writer:
        for data in CONTENTS:
            writer.write_data(data)
            offsets.append(offsets[-1] + FRAME_BYTES + len(data))
    return offsets


def split(path: Path) -> tuple[list[bytes], list[Fault]]:
    found = list(read_records(path))
    return (
        [one for one in found if not isinstance(one, Fault)],
        [one for one in found if isinstance(one, Fault)],
    )


def test_a_record_is_framed_as_tensorflow_does_it():
    path = GOLDEN / "frames.tfrecord"
    written = path.read_bytes()
    assert b"".join(frame(data) for data in read_records(path)) == written


def test_records_are_found_and_read(tmp_path):
    path = tmp_path / "a.tfrecord"
    offsets = write_contents(path)
    places = list(find_records(path))
    expected = zip(offsets[:-1], CONTENTS, strict=True)
    assert places == [Place(at, len(data)) for at, data in expected]
    assert places[-1].end == path.stat().st_size
    assert split(path) == (CONTENTS, [])


@pytest.mark.parametrize(
    ("name", "read", "number", "offset", "reason"),
    [
        ("truncated", [0, 1], 2, 9518, "the file ends 1208 bytes before its end"),
        ("payload_bit_flipped", [0, 2], 1, 5933, "the checksum of its data is wrong"),
        ("length_bit_flipped", [0, 2], 1, 5933, "the checksum of its length is wrong"),
    ],
)
def test_damaged_files_of_tensorflow(name, read, number, offset, reason):
    path = GOLDEN / f"frames_{name}.tfrecord"
    whole = list(read_records(GOLDEN / "frames.tfrecord"))
    records, faults = split(path)
    assert records == [whole[i] for i in read]
    assert faults == [Fault(str(path), number, offset, reason)]
    assert str(faults[0]) == f"{path}, record {number} at byte {offset}: {reason}"


def test_each_length_of_a_cut_file(tmp_path):
    path = tmp_path / "a.tfrecord"
    offsets = write_contents(path)
    whole = path.read_bytes()
    for size in range(0, len(whole), 7):
        path.write_bytes(whole[:size])
        records, faults = split(path)
        complete = sum(end <= size for end in offsets[1:])
        assert records == CONTENTS[:complete]
        expected = [] if size in offsets else [(complete, offsets[complete])]
        assert [(one.number, one.offset) for one in faults] == expected


def test_a_flipped_bit_costs_one_record_at_most(tmp_path):
    path = tmp_path / "a.tfrecord"
    offsets = write_contents(path)
    whole = path.read_bytes()
    rng = random.Random(0)
    for _ in range(300):
        damaged = bytearray(whole)
        at = rng.randrange(len(whole))
        damaged[at] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        records, faults = split(path)
        hit = sum(end <= at for end in offsets[1:])
        assert records == CONTENTS[:hit] + CONTENTS[hit + 1 :]
        assert [(one.number, one.offset) for one in faults] == [(hit, offsets[hit])]


def test_random_bytes_give_faults_but_no_records(tmp_path):
    path = tmp_path / "a.tfrecord"
    rng = random.Random(1)
    for size in (1, 11, 12, 13, 100, 5000):
        for data in (rng.randbytes(size), bytes(size), b"\x01" + bytes(size - 1)):
            path.write_bytes(data)
            records, faults = split(path)
            assert (records, len(faults)) == ([], 1)


def test_a_length_beyond_the_end_with_a_right_checksum(tmp_path):
    path = tmp_path / "a.tfrecord"
    write_contents(path)
    huge = frame(bytes(2000))[: tfrecord.HEADER_BYTES]
    whole = path.read_bytes()
    path.write_bytes(huge + whole[:100])
    records, (fault, *others) = split(path)
    assert fault.reason.startswith("the file ends")
    # The first record of the rest is found again.
    assert records == CONTENTS[:1]
    assert len(others) == 1


def test_the_next_record_is_found_across_the_blocks_of_the_search(tmp_path, monkeypatch):
    path = tmp_path / "a.tfrecord"
    write_contents(path)
    whole = path.read_bytes()
    for step in (16, 17, 40):
        monkeypatch.setattr(tfrecord, "SEARCH_STEP", step)
        for junk in range(1, 60, 3):
            path.write_bytes(b"\xee" * junk + whole)
            records, faults = split(path)
            assert records == CONTENTS
            assert [(one.number, one.offset) for one in faults] == [(0, 0)]


def test_the_search_ends_after_its_limit(tmp_path, monkeypatch):
    path = tmp_path / "a.tfrecord"
    write_contents(path)
    path.write_bytes(bytes(500) + path.read_bytes())
    monkeypatch.setattr(tfrecord, "SEARCHED_BYTES", 400)
    monkeypatch.setattr(tfrecord, "SEARCH_STEP", 100)
    records, (fault,) = split(path)
    assert records == []
    assert fault.reason == "the checksum of its length is wrong, and no whole record follows"


@pytest.mark.parametrize(
    ("start", "reason"),
    [(b"\x1f\x8b\x08", "compressed with gzip"), (b"<html>", "a web page")],
)
def test_other_files_are_named(tmp_path, start, reason):
    path = tmp_path / "a.tfrecord"
    path.write_bytes(start + bytes(200))
    _, (fault,) = split(path)
    assert reason in fault.reason


def test_an_empty_file_has_no_records(tmp_path):
    path = tmp_path / "a.tfrecord"
    path.touch()
    assert split(path) == ([], [])


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"b\.tfrecord cannot be read"):
        list(read_records(tmp_path / "b.tfrecord"))


def test_a_writer_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.tfrecord"
    offsets = write_contents(path)
    writer = TFRecordWriter(path)
    writer.write_data(b"new")
    writer.__exit__(RuntimeError, RuntimeError("stop"), None)
    assert path.stat().st_size == offsets[-1]
    assert [one.name for one in tmp_path.iterdir()] == ["a.tfrecord"]


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(InputError, match="Cannot write"):
        TFRecordWriter(tmp_path / "none" / "a.tfrecord")
