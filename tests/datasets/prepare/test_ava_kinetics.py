"""AVA-Kinetics' training list out of AVA's, the annotations of Kinetics and its clips."""

import re
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

from stad.cli.prepare_job import prepare_ava_kinetics
from stad.cli.prepare_options import PrepareAvaKineticsOptions
from stad.datasets.ava import AVADataset
from stad.datasets.prepare.ava_kinetics import (
    KINETICS_FILES,
    check_ava,
    find_kinetics_clips,
    find_kinetics_files,
    match_rows,
    unpack_kinetics_files,
)
from stad.datasets.transforms.detection import TrainTransform
from stad.errors import InputError
from stad.video.clip_source import VideoFiles
from stad.video.window import Window
from tests.datasets.tiny_ava import write_tiny_ava

ROOT = Path(__file__).parents[3]
BOX = "0.1,0.2,0.5,0.9"
KINETICS_CSV, KINETICS_VAL = KINETICS_FILES.values()


@pytest.fixture
def folder(tmp_path):
    """AVA with films scene0 and scene1, and clips of Kinetics that are copies of scene2."""
    tiny = write_tiny_ava(tmp_path / "tiny", num_videos=3)
    ava = tmp_path / "ava"
    (ava / "annotations").mkdir(parents=True)
    (ava / "videos").mkdir()
    rows = (tiny / "labels.csv").read_text().splitlines()
    for part, film in (("train", "scene[01]"), ("val", "scene1")):
        kept = [row for row in rows if re.match(film, row)]
        (ava / "annotations" / f"ava_{part}_v2.2.csv").write_text("\n".join(kept) + "\n")
    for name in ("scene0", "scene1"):
        (tiny / "videos" / f"{name}.mp4").rename(ava / "videos" / f"{name}.mp4")
    video = (tiny / "videos" / "scene2.mp4").read_bytes()
    for name in (
        "run/a_b_000012_000014.mp4",
        "run/a_b_000013_000015.mp4",
        "x/c-d_000001_000003.mp4",
        "validate/e_000005_000007.mp4",
    ):
        path = tmp_path / "kinetics" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(video)
    (tmp_path / "kinetics" / "notes.txt").write_text("")
    (tmp_path / "kinetics" / "other.mp4").write_bytes(video)
    (tmp_path / KINETICS_CSV).write_text(
        f"a_b,13.25,{BOX},3\n"  # 0.75 s from an end in one clip, 0.25 s in the other
        f"a_b,13.25,{BOX},1.0\n"
        f"c-d,2.000,{BOX},2\n"
        f"c-d,3.000,{BOX},2\n"  # the clip ends there
        f"gone,5,{BOX},2\n"
        "c-d,1.5\n"  # nothing annotated
        "c-d,1.75,,,,,\n"
    )
    (tmp_path / KINETICS_VAL).write_text(f"e,6.0,{BOX},3\ngone2,6.0,{BOX},4\n")
    return tmp_path


def test_rows_get_the_name_and_the_time_of_the_clip_that_has_most_around_them(folder):
    rows = match_rows(folder / KINETICS_CSV, find_kinetics_clips(folder / "kinetics"))
    assert rows.lines == (
        f"a_b_000012_000014,1.250,{BOX},3,-1",
        f"a_b_000012_000014,1.250,{BOX},1,-1",
        f"c-d_000001_000003,1.000,{BOX},2,-1",
    )
    assert [one.path.stem for one in rows.clips] == ["a_b_000012_000014", "c-d_000001_000003"]
    assert (rows.keyframes, rows.missing) == (2, 2)


def open_list(folder, part, **options):
    target = folder / "ava_kinetics"
    return AVADataset(
        str(target / "annotations" / f"ava_kinetics_{part}_v2.2.csv"),
        str(target / "videos"),
        window=Window(4, 4),
        short_side_px=32,
        label_map=str(folder / "tiny" / "labels.txt"),
        **options,
    )


def keyframes(data):
    metas = [data[index]["meta"] for index in range(len(data))]
    return {(meta.video_id, meta.time_sec) for meta in metas}


def test_the_script_writes_a_list_that_trains_from_both_parts(folder):
    target = folder / "ava_kinetics"
    arguments = ["--kinetics", "kinetics", "--ava", "ava", "--annotations", KINETICS_CSV]
    command = [sys.executable, ROOT / "tools" / "prepare_ava_kinetics.py", target, *arguments]
    for _ in range(2):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert [line.rpartition(", and ")[2] for line in lines] == [
        "2 of 4 keyframes of Kinetics have a clip",
        "1 of 2 keyframes of Kinetics have a clip",
    ]
    assert done.stderr == ""
    assert {path.name for path in (target / "videos").iterdir()} == {
        *("scene0.mp4", "scene1.mp4", "a_b_000012_000014.mp4", "c-d_000001_000003.mp4"),
        "e_000005_000007.mp4",
    }
    transform = {"type": TrainTransform, "scale_px": (64, 64), "crop_px": 64, "flip": 0.0}
    data = open_list(folder, "train", transform=transform)
    assert keyframes(data) == {
        *(("scene0", 0.5), ("scene0", 1.0), ("scene1", 0.5), ("scene1", 1.0)),
        *(("a_b_000012_000014", 1.25), ("c-d_000001_000003", 1.0)),
    }
    val = open_list(folder, "val")
    assert keyframes(val) == {("scene1", 0.5), ("scene1", 1.0), ("e_000005_000007", 1.0)}
    # The clip of the second is that around 1 s of the file.
    source = VideoFiles(target / "videos")
    expected = source.read("c-d_000001_000003", 1.0, Window(4, 4))
    again = data.source.read("c-d_000001_000003", 1.0, Window(4, 4))
    assert np.array_equal(expected.whole(), again.whole())


@pytest.mark.parametrize(
    ("row", "said"),
    [(f"a,b,{BOX},3", "line 2: expected a video id and six numbers"), (f"a,1,{BOX},x", "line 2")],
)
def test_rows_that_are_none_are_told_with_their_line(tmp_path, row, said):
    (tmp_path / "a.csv").write_text(f"a,1,{BOX},3\n{row}\n")
    with pytest.raises(InputError, match=said):
        match_rows(tmp_path / "a.csv", {})


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="has no clips of Kinetics"):
        find_kinetics_clips(tmp_path)
    with pytest.raises(InputError, match="There is no file of annotations"):
        find_kinetics_files(tmp_path / "none.csv")


def test_ava_has_to_be_there_with_both_lists_and_its_films(folder):
    ava = folder / "ava"
    check_ava(ava)
    (ava / "videos").rename(ava / "films")
    with pytest.raises(InputError, match=r"there is no folder .*ava/videos"):
        check_ava(ava)
    (ava / "annotations" / "ava_val_v2.2.csv").unlink()
    with pytest.raises(InputError, match=r"ava_val_v2\.2\.csv is missing\. Run 'stad prepare ava "):
        check_ava(ava)


def test_without_annotations_for_validation_there_is_the_list_for_training(folder, capsys):
    (folder / KINETICS_VAL).unlink()
    options = PrepareAvaKineticsOptions(
        folder=folder / "ava_kinetics",
        kinetics=folder / "kinetics",
        ava=folder / "ava",
        annotations=folder / KINETICS_CSV,
    )
    prepare_ava_kinetics(options)
    written = {path.name for path in (folder / "ava_kinetics" / "annotations").iterdir()}
    assert written == {"ava_kinetics_train_v2.2.csv"}
    assert "There is no validation list: kinetics_val_v1.0.csv" in capsys.readouterr().err


def test_the_annotations_come_out_of_the_archive(tmp_path):
    (tmp_path / "inside").mkdir()
    archive = tmp_path / "all.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        for name in (KINETICS_CSV, KINETICS_VAL):
            (tmp_path / "inside" / name).write_text(f"{name},1\n")
            file.add(tmp_path / "inside" / name, f"ava_kinetics_v1_0/{name}")
    found = unpack_kinetics_files(archive)
    assert {part: path.read_text() for part, path in found.items()} == {
        "train": f"{KINETICS_CSV},1\n",
        "val": f"{KINETICS_VAL},1\n",
    }
    archive.write_bytes(archive.read_bytes()[:60])
    with pytest.raises(InputError, match="cannot be unpacked"):
        unpack_kinetics_files(archive)


def test_another_archive_is_refused(tmp_path):
    archive = tmp_path / "all.tar.gz"
    (tmp_path / "other.csv").write_text("a\n")
    with tarfile.open(archive, "w:gz") as file:
        file.add(tmp_path / "other.csv", "other.csv")
    with pytest.raises(InputError, match=rf"has no {KINETICS_CSV}\. Delete it"):
        unpack_kinetics_files(archive)
