from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stad.datasets.prepare import youtube8m
from stad.datasets.records import shard_counts
from stad.datasets.records.tfrecord import Fault
from stad.errors import InputError

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "data" / "youtube8m"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STAD_HOME", str(tmp_path / "cache"))


def make_folder(folder: Path, files: dict[str, str]) -> Path:
    """Copy golden files to their names below a folder."""
    for name, source in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(GOLDEN / f"{source}.tfrecord", folder / f"{name}.tfrecord")
    return folder


WHOLE = {
    "frame/train00": "frames",
    "frame/train0a": "frames",
    "frame/validateZz": "segment_level",
    "video/train00": "video_level",
}


def test_splits_are_found_and_listed(tmp_path):
    splits = youtube8m.find_splits(make_folder(tmp_path / "data", WHOLE))
    assert list(splits) == ["frame/train", "frame/validate", "video/train"]
    header, *lines = youtube8m.list_splits(splits)
    assert header.split() == ["split", "shards", "records", "faulty", "GB"]
    assert [one.split() for one in lines] == [
        ["frame/train", "2", "of", "3844", "6", "0", "0.000"],
        ["frame/validate", "1", "of", "3844", "1", "0", "0.000"],
        ["video/train", "1", "of", "3844", "1", "0", "0.000"],
    ]
    assert youtube8m.faults_of_headers(splits) == []


def test_shards_in_the_folder_itself(tmp_path):
    splits = youtube8m.find_splits(make_folder(tmp_path / "data", {"test00": "frames"}))
    assert list(splits) == ["test"]


def test_all_records_are_counted_and_remembered(tmp_path, monkeypatch):
    files = {**WHOLE, "frame/train01": "frames_payload_bit_flipped"}
    folder = make_folder(tmp_path / "data", files)
    splits = youtube8m.find_splits(folder)
    counts = youtube8m.check_splits(splits, processes=1)
    train = counts["frame/train"]
    assert (train.records, train.frames, train.labels, train.unlabelled) == (8, 24, 15, 2)
    path = str(folder / "frame/train01.tfrecord")
    fault = Fault(path, 1, 5933, "the checksum of its data is wrong")
    assert train.faults == (fault,)
    assert counts["frame/validate"] == shard_counts.Counts(1, 12, 1, 0, 3)
    assert counts["video/train"] == shard_counts.Counts(1, 0, 2, 0, 0)
    rows = [one.split() for one in youtube8m.count_table(counts)]
    assert rows[1] == ["frame/train", "8", "3.0", "1.88", "2", "0", "1"]
    with pytest.raises(InputError, match=r"skip records that cannot be used \(1, in shards: 1\)"):
        youtube8m.raise_faults(train.faults)
    # Nothing is read again but the shard that is new.
    read = []
    original = shard_counts.count_shard
    monkeypatch.setattr(
        shard_counts,
        "count_shard",
        lambda path, expected: read.append(path.name) or original(path, expected),
    )
    make_folder(folder, {"frame/train02": "frames"})
    again = youtube8m.check_splits(youtube8m.find_splits(folder), processes=1)
    assert read == ["train02.tfrecord"]
    assert again["frame/train"].records == 11
    assert again["frame/train"].faults == (fault,)


def run_tool(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, str(ROOT / "tools" / "prepare_youtube8m.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_tool_without_the_data(tmp_path):
    done = run_tool(str(tmp_path / "none"))
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: There is no folder {tmp_path}/none. To get YouTube-8M")
    assert "partition=2/frame/train mirror=us" in done.stderr
    (tmp_path / "frame").mkdir()
    done = run_tool(str(tmp_path))
    assert done.returncode == 2
    assert "has no shards: expected files such as" in done.stderr


def test_the_tool_with_faulty_headers(tmp_path):
    folder = make_folder(tmp_path / "data", {"frame/train00": "frames_truncated"})
    done = run_tool(str(folder))
    assert done.returncode == 2
    assert done.stdout.splitlines()[1].split()[:6] == ["frame/train", "1", "of", "3844", "2", "1"]
    assert "record 2 at byte 9518: the file ends 1208 bytes before its end" in done.stderr


@pytest.mark.slow
def test_the_tool_reads_in_several_processes(tmp_path):
    folder = make_folder(tmp_path / "data", WHOLE)
    done = run_tool(str(folder), "--read", "--processes", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-3].split() == [
        "frame/train",
        "6",
        "3.0",
        "1.67",
        "2",
        "0",
        "0",
    ]
