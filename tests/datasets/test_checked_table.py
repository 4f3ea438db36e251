"""Annotations against their label map and their videos: what is left out, and what stops."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.logging import MMLogger

from stad.annotations import readers
from stad.annotations.ava_csv import read_ava_csv
from stad.annotations.proposals import Proposals, keyframe_id
from stad.annotations.readers import AnnotationFormat
from stad.datasets.ava import AVADataset
from stad.datasets.checked_table import read_checked
from stad.engine.ava_metric import AVAMetric
from stad.errors import InputError
from stad.video.clip_source import FrameFolders, VideoFiles
from stad.video.window import Window
from tests.annotations.proposal_files import write_proposals
from tests.datasets.tiny_ava import SIZE, write_tiny_ava

CLASSES = {1: "red", 2: "left", 3: "right"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_ava(tmp_path_factory.mktemp("ava") / "tiny")


@pytest.fixture(scope="module")
def lines(folder):
    return (folder / "labels.csv").read_text().splitlines()


def written(folder, lines, name="other.csv"):
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def check(folder, lines, **options):
    return read_checked(
        written(folder, lines),
        classes=CLASSES,
        label_map="labels.txt",
        **{"source": VideoFiles(folder / "videos"), **options},
    )


def changed(lines, column, change):
    rows = [line.split(",") for line in lines]
    return [",".join([*row[:column], change(row[column]), *row[column + 1 :]]) for row in rows]


def scaled(lines, *factors):
    for column, factor in zip(range(2, 6), factors * 2, strict=True):
        lines = changed(lines, column, lambda text, factor=factor: f"{float(text) * factor:.0f}")
    return lines


def test_annotations_that_are_well(folder, lines):
    checked = check(folder, lines)
    assert (checked.left_out.tolist(), checked.warning, checked.unreadable) == ([], "", {})
    assert len(checked.table) == len(lines)


BAD_ROWS = {
    "pixels": ("scene0,0.5,20,10,60,40,1,0", "boxes outside of [0, 1]"),
    "swapped": ("scene0,0.5,0.5,0.2,0.3,0.6,1,0", "boxes with swapped corners"),
    "empty": ("scene0,0.5,0.5,0.2,0.5,0.6,1,0", "boxes without area"),
    "not a number": ("scene0,0.5,0.5,nan,0.6,0.6,1,0", "not finite"),
    "id": ("scene0,0.5,0.3,0.2,0.6,0.6,7,0", "class ids outside of the label map (7)"),
    "late": ("scene0,77,0.3,0.2,0.6,0.6,1,0", "times after the end of the videos"),
    "never": ("scene0,-2,0.3,0.2,0.6,0.6,1,0", "times that no video has"),
}


@pytest.mark.parametrize(("row", "what"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_left_out_and_named(folder, lines, row, what):
    several = [*lines, *lines, row]
    checked = check(folder, several)
    assert checked.left_out.tolist() == [2 * len(lines)]
    assert len(checked.table) == 2 * len(lines)
    assert f"1 of {len(several)} rows of" in checked.warning
    assert what in checked.warning
    assert f"other.csv:{len(several)} ({row})" in checked.warning


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda lines: scaled(lines, *SIZE), "pixels of 80x64"),
        (lambda lines: scaled(lines, 100, 100), "outside of"),
        (lambda lines: changed(lines, 2, lambda _: "0.99"), "x1 and x2 look swapped"),
        (lambda lines: changed(lines, 4, lambda _: "0"), "swapped corners|without area"),
        (lambda lines: changed(lines, 6, lambda text: str(int(text) - 1)), "count from 0"),
        (lambda lines: changed(lines, 6, lambda text: str(int(text) + 2)), "too high by 2"),
        (lambda lines: changed(lines, 6, lambda text: str(int(text) + 40)), "outside of the label"),
        (lambda lines: changed(lines, 1, lambda text: f"{float(text) * 15:.0f}"), "15 a second"),
        (lambda lines: changed(lines, 1, lambda text: f"{float(text) * 1000:.0f}"), "milliseconds"),
        (
            lambda lines: changed(lines, 1, lambda text: f"{float(text) + 900:g}"),
            "start_sec to 900",
        ),
        (lambda lines: changed(lines, 0, lambda text: f"videos/{text}"), "with a folder in front"),
        (lambda lines: changed(lines, 0, lambda text: f"v_{text}.avi"), "with a file ending"),
        (lambda lines: changed(lines, 3, lambda _: "nan"), "not finite"),
    ],
)
def test_a_mistake_in_all_rows_stops_with_a_guess(folder, lines, mistake, said):
    with pytest.raises(InputError, match=said):
        check(folder, mistake(lines))


def test_ids_with_a_file_ending_of_files_that_are_there_are_right(folder, lines):
    checked = check(folder, changed(lines, 0, lambda text: f"{text}.mp4"))
    assert (checked.warning, checked.unreadable) == ("", {})


def test_times_and_sizes_of_frame_folders(folder, lines):
    for index in range(24):
        target = folder / "frames" / "scene0"
        target.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(target / f"{index:04d}.png"), np.zeros((64, 80, 3), np.uint8))
    rows = [line for line in lines if line.startswith("scene0")]
    source = FrameFolders(folder / "frames", fps=15)
    assert check(folder, rows, source=source).warning == ""
    with pytest.raises(InputError, match="pixels of 80x64"):
        check(folder, scaled(rows, *SIZE), source=source)
    with pytest.raises(InputError, match="at 15 a second"):
        check(folder, changed(rows, 1, lambda text: f"{float(text) * 10:.0f}"), source=source)


def test_people_who_are_cut_off_at_the_edge_are_kept_however_many_they_are(folder, lines):
    checked = check(folder, changed(lines, 2, lambda _: "-0.1"))
    assert len(checked.left_out) == 0
    assert f"{len(lines)} rows: boxes that reach beyond the edge" in checked.warning


def test_repeated_rows_count_once_and_are_told(folder, lines):
    checked = check(folder, [*lines, *lines[:3]])
    assert len(checked.left_out) == 0
    assert "3 rows: repeated rows; each counts once" in checked.warning


def test_a_few_missing_videos_are_no_mistake_of_the_file(folder, lines):
    checked = check(folder, [*lines, "gone,1,0.3,0.2,0.6,0.6,1,0"])
    assert list(checked.unreadable) == ["gone"]
    assert checked.warning == ""


def dataset(folder, lines, **options):
    return AVADataset(
        written(folder, lines, f"set{len(lines)}.csv"),
        str(folder / "videos"),
        window=Window(num_frames=4, interval_frames=4),
        short_side_px=32,
        label_map=str(folder / "labels.txt"),
        **options,
    )


def test_the_metric_leaves_out_what_the_data_set_does(folder, lines, caplog, monkeypatch):
    """A box that cannot be found is not missed, and does not end the evaluation."""
    monkeypatch.setattr(MMLogger.get_current_instance(), "handlers", [caplog.handler])
    bad = "scene0,0.5,0.5,0.2,0.3,0.6,1,0"
    data = dataset(folder, [*lines, bad])
    assert data.left_out_rows == [len(lines)]
    (said,) = [record.getMessage() for record in caplog.records]
    assert f"1 of {len(lines) + 1} rows of" in said
    assert "swapped corners" in said
    found = {}
    for name, one in (("with", data), ("without", dataset(folder, lines))):
        metric = AVAMetric()
        metric.dataset_meta = one.metainfo
        metric.results = []
        found[name] = metric.compute_metrics([])
        assert metric.comparison.result.num_ground_truth.tolist() == [4, 4, 4]
    assert found["with"] == found["without"]
    assert "left_out_rows" not in dataset(folder, lines).metainfo


def test_the_metric_reads_the_format_of_the_data_set(folder, lines, monkeypatch):
    def read_lines(path, *, allow_bad_numbers=False):
        return read_ava_csv(Path(path).with_suffix(".csv"), allow_bad_numbers=allow_bad_numbers)

    monkeypatch.setitem(readers.FORMATS, "other", AnnotationFormat(read_lines, (".other",)))
    written(folder, lines, "labels_of_other.csv")
    path = folder / "labels_of_other.txt"
    path.write_text("not rows of AVA")
    options = {"window": Window(num_frames=4, interval_frames=4), "short_side_px": 32}
    options |= {"label_map": str(folder / "labels.txt"), "annotation_format": "other"}
    data = AVADataset(str(path), str(folder / "videos"), **options)
    metric = AVAMetric()
    metric.dataset_meta = data.metainfo
    metric.results = []
    metric.compute_metrics([])
    assert metric.comparison.result.num_ground_truth.tolist() == [4, 4, 4]
    assert "annotation_format" not in dataset(folder, lines).metainfo


def test_proposals_are_checked_against_the_actors(folder, lines):
    box = np.array([float(value) for value in lines[0].split(",")[2:6]])

    def propose(boxes, time_sec=0.5, scores=(0.95,)):
        found = Proposals(np.atleast_2d(boxes), np.array(scores))
        path = folder / "proposals.npz"
        write_proposals(path, {keyframe_id("scene0", time_sec): found})
        return dataset(folder, lines, proposals=str(path))

    assert len(propose(box)) == 1
    with pytest.raises(InputError, match=r"8 of 8 annotated keyframes have no proposals"):
        propose(box, time_sec=0.6)
    with pytest.raises(InputError, match=r"proposals.npz cannot be used, 1 of 1 rows are wrong"):
        propose(box * 64)
    with pytest.raises(InputError, match=r"overlap no proposal by an IoU of 0\.5"):
        propose([0.0, 0.0, 0.05, 0.05])
    with pytest.raises(InputError, match=r"scores outside of \[0, 1\]"):
        propose(box, scores=(95.0,))


def test_one_video_with_two_ids_is_refused(folder):
    lines = ["scene0,1,0,0,1,1,2", ",,,,,,", "scene0.mp4,1,0.2,0,1,1,2"]
    with pytest.raises(InputError, match=r"two ids for one video: 'scene0' and 'scene0\.mp4'"):
        check(folder, lines, source=VideoFiles(folder / "videos"))
