"""UCF101-24, JHMDB and MultiSports: from the published files to tubes and lists of keyframes."""

from __future__ import annotations

import hashlib
import zipfile

import numpy as np
import pytest

from stad.annotations.ava_csv import read_ava_csv
from stad.annotations.label_maps import class_names
from stad.annotations.proposals import read_proposals
from stad.annotations.tubes import read_tube_annotations
from stad.cli.main import stad_main
from stad.datasets.prepare.archives import check_md5, unpack_zip
from stad.datasets.prepare.ava import unpack_annotations
from stad.datasets.prepare.tube_sets import (
    prepare_jhmdb,
    prepare_multisports,
    prepare_ucf101_24,
)
from stad.errors import InputError
from tests.annotations.tube_files import TUBE, gttubes, write
from tests.datasets.tube_sets import (
    FPS,
    FRAMES,
    SIZE,
    UCF_TEST,
    write_jhmdb,
    write_ucf,
    write_videos,
)


@pytest.fixture(scope="module")
def ucf(tmp_path_factory):
    return write_ucf(tmp_path_factory.mktemp("ucf"))


@pytest.fixture(scope="module")
def jhmdb(tmp_path_factory):
    return write_jhmdb(tmp_path_factory.mktemp("jhmdb"))


def plain(tubes) -> list:
    return [(one.label, one.frames.tolist(), one.boxes.tolist()) for one in tubes]


def test_the_pickle_and_the_mat_have_the_same_tubes(ucf):
    pickled = read_tube_annotations(ucf / "pyannot.pkl")
    matlab = read_tube_annotations(ucf / "finalAnnots.mat")
    assert pickled.tubes.keys() == matlab.tubes.keys()
    assert pickled.facts == matlab.facts
    for name, tubes in pickled.tubes.items():
        assert plain(tubes) == plain(matlab.tubes[name])
    (first, second) = pickled.tubes["Biking/v_Biking_g01_c01"]
    assert (first.frames[0], first.frames[-1]) == (3, 20)
    assert first.boxes[0].tolist() == [14, 30, 54, 90]
    assert second.frames[-1] == FRAMES


@pytest.mark.parametrize("name", ["pyannot.pkl", "finalAnnots.mat"])
def test_ucf101_24_is_prepared(ucf, tmp_path, name, capsys):
    words = ["--annotations", ucf / name, "--test-list", ucf / "testlist01.txt"]
    words += ["--videos", ucf / "videos", "--every", "3"]
    stad_main(["prepare", "ucf101_24", str(tmp_path), *map(str, words)])
    folder = tmp_path / "annotations"
    assert capsys.readouterr().out.splitlines() == [
        f"{folder}/train_1.csv: 2 videos, 14 keyframes",
        f"{folder}/test_1.csv: 4 videos, 96 keyframes",
    ]
    assert class_names(folder / "label_map.txt")[2] == "Biking"
    written = read_tube_annotations(folder / "tubes.json")
    original = read_tube_annotations(ucf / name)
    assert written.videos() == tuple(UCF_TEST)
    assert len(written.videos(part="train")) == 2
    for video, tubes in original.tubes.items():
        assert plain(tubes) == plain(written.tubes[video])
    assert set(written.facts.values()) == {(FRAMES, SIZE, FPS)}
    train = read_ava_csv(folder / "train_1.csv")
    # Every third frame from the first of 18, as seconds.
    mine = train.video == train.videos.index("Biking/v_Biking_g08_c01")
    assert train.time_sec[mine].tolist() == [frame / FPS for frame in range(0, 18, 3)]
    assert (train.boxes[mine][1] * [*SIZE, *SIZE]).tolist() == pytest.approx([26, 30, 66, 90])
    test = read_ava_csv(folder / "test_1.csv")
    first = test.video == test.videos.index("Biking/v_Biking_g01_c01")
    assert np.bincount(test.last[first].astype(int)).tolist() == [18, 19]
    assert set(test.class_id[first]) == {3}
    # Frames 1 and 2 show nobody.
    empty = test.empty_time_sec[test.empty_video == test.videos.index("Biking/v_Biking_g01_c01")]
    assert empty.tolist() == [0, 1 / FPS]


def test_jhmdb_is_prepared(jhmdb, tmp_path):
    written = prepare_jhmdb(tmp_path, annotations=jhmdb, videos=jhmdb / "ReCompress_Videos")
    assert list(written.counts) == [
        f"{part}_{split}.csv" for part in ("train", "test") for split in (1, 2, 3)
    ]
    assert written.counts["train_1.csv"] == (2, 2 * FRAMES)
    found = read_tube_annotations(written.folder / "tubes.json")
    assert found.labels == ("catch", "run")
    assert found.videos(split=1) == ("catch/b_catch_2", "run/d_run_2")
    assert found.videos(split=2) == found.videos(part="train", split=1)
    (tube,) = found.tubes["catch/b_catch_2"]
    assert (tube.frames[0], tube.frames[-1]) == (2, FRAMES)
    assert tube.boxes[0].tolist() == [59, 20, 88, 89]
    test = read_ava_csv(written.folder / "test_1.csv")
    assert (len(test), len(test.empty_video)) == (2 * FRAMES - 1, 1)


def test_videos_that_are_missing_are_told_and_count_in_evaluation(ucf, tmp_path):
    videos = write_videos(tmp_path / "some", [UCF_TEST[0], "Biking/v_Biking_g08_c01"])
    options = {"annotations": ucf / "pyannot.pkl", "test_list": ucf / "testlist01.txt"}
    written = prepare_ucf101_24(tmp_path / "out", videos=videos, **options)
    assert written.counts["test_1.csv"] == (1, FRAMES)
    assert written.notes[0].startswith("4 of 6 videos cannot be read")
    lines = (written.folder / "left_out.txt").read_text().splitlines()
    assert lines[0].startswith("Biking/v_Biking_g02_c01: There is no video")
    assert len(read_tube_annotations(written.folder / "tubes.json").videos()) == 4
    with pytest.raises(InputError, match="None of the 6 annotated videos can be read"):
        prepare_ucf101_24(tmp_path / "out", videos=ucf, **options)


def test_folders_of_frames_and_boxes_outside(tmp_path):
    import cv2

    content = gttubes()
    outside = TUBE.copy()
    outside[:, 1] = 60  # x1 is beyond the edge of 48 pixels
    content["gttubes"]["a/v1"][0] = [outside]
    content["nframes"], content["resolution"] = {"a/v1": 5}, {"a/v1": (60, 48)}
    path = write(tmp_path / "GT.pkl", content)
    for number in range(1, 6):
        image = tmp_path / "frames" / "a" / "v1" / f"{number:05d}.jpg"
        image.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(image), np.zeros((60, 48, 3), np.uint8))
    options = {"annotations": path, "videos": tmp_path / "frames", "frames_fps": 10.0}
    written = prepare_multisports(tmp_path / "out", every=1, **options)
    # Of two tubes of frames 3 to 6, one is outside and one has a frame after the end.
    assert written.counts["test_1.csv"] == (1, 5)
    assert written.notes[-1].startswith("5 boxes without area, or after the end")
    test = read_ava_csv(written.folder / "test_1.csv")
    assert test.time_sec.tolist() == [0.2, 0.3, 0.4]
    assert test.empty_time_sec.tolist() == [0, 0.1]


def test_published_boxes_of_multisports_become_proposals(tmp_path):
    content = gttubes()
    content["nframes"], content["resolution"] = {"a/v1": FRAMES}, {"a/v1": (120, 160)}
    videos = write_videos(tmp_path / "trainval", ["a/v1"])
    write(tmp_path / "trainval" / "multisports_GT.pkl", content)
    box = np.array([[0.1, 0.2, 0.3, 0.4, 0.9]], np.float32)
    boxes = {"v1,0003": box, "v1,0004": np.vstack((box, box / 2)), "other,0001": box}
    path = write(tmp_path / "val.recall_96.pkl", boxes)
    words = ["--videos", str(videos), "--person-boxes", str(path)]
    stad_main(["prepare", "multisports", str(tmp_path), *words])
    found = read_proposals(tmp_path / "annotations" / "boxes_val.recall_96.npz")
    assert list(found) == [("a/v1", 80_000), ("a/v1", 120_000)]
    assert found["a/v1", 120_000].boxes.round(3).tolist()[1] == [0.05, 0.1, 0.15, 0.2]
    assert found["a/v1", 80_000].scores.round(3).tolist() == [0.9]
    write(path, {"other,0001": box})
    with pytest.raises(InputError, match="has no boxes of the annotated videos"):
        prepare_multisports(tmp_path, person_boxes=[path])


def test_what_is_missing_is_told(ucf, jhmdb, tmp_path):
    with pytest.raises(InputError, match=r"no folder of videos .*UCF101\.rar.*--videos"):
        prepare_ucf101_24(tmp_path)
    with pytest.raises(InputError, match=r"multisports_GT\.pkl.*registration"):
        prepare_multisports(tmp_path)
    with pytest.raises(InputError, match=r"no masks of JHMDB.*puppet_mask\.zip"):
        prepare_jhmdb(tmp_path, annotations=ucf, videos=ucf)
    list_ = tmp_path / "list.txt"
    list_.write_text("Other/v_1\n")
    with pytest.raises(InputError, match="names no annotated video, such as 'Other/v_1'"):
        prepare_ucf101_24(
            tmp_path, annotations=ucf / "pyannot.pkl", test_list=list_, videos=ucf / "videos"
        )
    (tmp_path / "a.mat").write_bytes(b"no")
    with pytest.raises(InputError, match="cannot be read as a MATLAB file"):
        read_tube_annotations(tmp_path / "a.mat")
    mask = next(iter(jhmdb.rglob("puppet_mask.mat")))
    with pytest.raises(InputError, match=r"expected finalAnnots\.mat"):
        read_tube_annotations(mask)
    with pytest.raises(InputError, match="--every must be 1 or more"):
        stad_main(["prepare", "jhmdb", str(tmp_path), "--every", "0"])


JHMDB_FOLDERS = {
    "splits.zip": "splits",
    "puppet_mask.zip": "puppet_mask",
    "JHMDB_video.zip": "ReCompress_Videos",
}


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*arguments, **options):
        raise OSError("no route to host")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setattr("stad.utils.download._unreachable", {})


def zip_folder(source, name, target):
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted((source / name).rglob("*")):
            archive.write(path, path.relative_to(source))


def test_archives_that_were_got_by_hand_are_used(jhmdb, tmp_path, monkeypatch, no_network):
    hashes = {}
    for archive, folder in JHMDB_FOLDERS.items():
        zip_folder(jhmdb, folder, tmp_path / archive)
        hashes[archive] = hashlib.md5((tmp_path / archive).read_bytes()).hexdigest()
    monkeypatch.setattr("stad.datasets.prepare.tube_sets.JHMDB_FILES", hashes)
    written = prepare_jhmdb(tmp_path)
    assert written.counts["train_1.csv"] == (2, 2 * FRAMES)
    (tmp_path / "puppet_mask.zip").write_bytes(b"PK\x03\x04 half of it")
    with pytest.raises(InputError, match=r"puppet_mask\.zip has the MD5 .*it is damaged"):
        prepare_jhmdb(tmp_path)


def test_without_a_network_it_is_said_how_to_get_the_files_by_hand(ucf, tmp_path, no_network):
    with pytest.raises(InputError, match=r"cannot be reached.*Or put splits\.zip of .* yourself"):
        prepare_jhmdb(tmp_path)
    with pytest.raises(InputError, match=r"Or get pyannot\.pkl .* with --annotations"):
        prepare_ucf101_24(tmp_path, videos=ucf / "videos")
    with pytest.raises(InputError, match=r"Or get testlist01\.txt .* with --test-list"):
        prepare_ucf101_24(tmp_path, videos=ucf / "videos", annotations=ucf / "pyannot.pkl")


def test_archives_are_unpacked_once(tmp_path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("in/a.txt", "abc")
        file.writestr("in/b.txt", "de")
    out = tmp_path / "out"
    assert unpack_zip(archive, out) == 2
    (out / "in" / "b.txt").write_text("d")  # a file that an older program left half written
    assert unpack_zip(archive, out) == 1
    assert (out / "in" / "b.txt").read_text() == "de"
    check_md5(out / "in" / "a.txt", "900150983cd24fb0d6963f7d28e17f72")
    with pytest.raises(InputError, match="has the MD5 9001"):
        check_md5(out / "in" / "a.txt", "0" * 32)
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../evil.txt", "x")
    with pytest.raises(InputError, match="would leave"):
        unpack_zip(archive, out)
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.csv", "x")
    content = bytearray(archive.read_bytes())
    content[6] |= 1  # says that the file is encrypted, here and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    for unpack in (lambda: unpack_zip(archive, out), lambda: unpack_annotations(archive)):
        with pytest.raises(InputError, match="not a complete zip"):
            unpack()
    archive.write_bytes(b"PK")
    with pytest.raises(InputError, match="not a complete zip"):
        unpack_zip(archive, out)
