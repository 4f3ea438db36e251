"""The files of a run, against tables worked out by hand."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from stad.errors import InputError
from stad.outputs.writers import AvaCsvWriter, JsonWriter, segments_table
from stad.structures import Actors
from stad.utils.files import AtomicFile
from tests.outputs.examples import CLASS_NAMES, frame_results, run_info, run_segments, run_tubes

DOCUMENT = {
    "format": "stad-annotation",
    "version": 2,
    "video": {
        "name": "street.mp4",
        "width": 200,
        "height": 100,
        "fps": 29.97003,
        "num_frames": 3,
        "duration_sec": 0.1001,
    },
    "model": "slowfast",
    "detector": "given",
    "class_names": ["stand", "walk", "talk to (a person)"],
    "threshold": 0.5,
    "stride_sec": 0.5,
    "notes": {},
    "frames": [
        {
            "index": 0,
            "time_sec": 0.0,
            "keyframe_sec": 0.0,
            "actors": [
                {
                    "id": 7,
                    "box": [20.0, 10.0, 60.0, 90.0],
                    "score": 0.9,
                    "actions": [
                        {"label": "walk", "score": 0.9},
                        {"label": "talk to (a person)", "score": 0.3},
                        {"label": "stand", "score": 0.05},
                    ],
                },
                {
                    "id": 3,
                    "box": [100.3, 20.0, 220.0, 100.0],
                    "score": 0.75,
                    "actions": [{"label": "stand", "score": 0.6}],
                },
            ],
        },
        {
            "index": 1,
            "time_sec": 0.033367,
            "actors": [{"id": 7, "box": [20.0, 10.0, 60.0, 90.0], "score": 0.9}],
        },
        {"index": 2, "time_sec": 0.066733, "actors": []},
    ],
    "segments": [
        {
            "actor": 3,
            "label": "stand",
            "start_sec": 1.0,
            "end_sec": 75.25,
            "score": 0.6124,
            "tube": {"times_sec": [], "boxes": []},
        },
        {
            "actor": 7,
            "label": "walk",
            "start_sec": 0.0,
            "end_sec": 3.0,
            "score": 0.9,
            "tube": {
                "times_sec": [0.0, 0.066733],
                "boxes": [[20.0, 10.0, 60.0, 90.0], [21.0, 10.0, 61.0, 90.3]],
            },
        },
        {
            "actor": 7,
            "label": "talk to (a person)",
            "start_sec": 2.0,
            "end_sec": 4.5,
            "score": 0.625,
            "tube": {"times_sec": [0.066733], "boxes": [[21.0, 10.0, 61.0, 90.3]]},
        },
    ],
    "complete": True,
    "num_frames_written": 3,
}


def write_all(writer, results=None, *, segments=(), complete=True) -> None:
    for result in frame_results() if results is None else results:
        writer.write(result)
    writer.close(list(segments), complete=complete)


def test_json_is_the_documented_structure(tmp_path):
    path = tmp_path / "a.json"
    write_all(JsonWriter(path, run_info()), segments=run_tubes())
    assert json.loads(path.read_text()) == DOCUMENT


def test_json_of_a_run_without_frames(tmp_path):
    path = tmp_path / "a.json"
    JsonWriter(path, run_info()).close([], complete=False)
    expected = {**DOCUMENT, "frames": [], "segments": [], "complete": False}
    assert json.loads(path.read_text()) == {**expected, "num_frames_written": 0}


@pytest.mark.parametrize(
    "name", ['a "b"\\\n.mp4', "日本 🎬.mp4", "bad\udcff.mp4", "</script>\u2028"]
)
def test_json_is_valid_whatever_the_name(tmp_path, name):
    path = tmp_path / "a.json"
    write_all(JsonWriter(path, run_info(name)))
    assert json.loads(path.read_bytes())["video"]["name"] == name


def test_json_refuses_what_is_no_number(tmp_path):
    writer = JsonWriter(tmp_path / "a.json", run_info())
    broken = replace(frame_results()[1], actors=Actors.from_arrays([[0, np.nan, 5, 5]], ids=[7]))
    with pytest.raises(ValueError, match="JSON compliant"):
        writer.write(broken)
    writer.abort()
    assert list(tmp_path.iterdir()) == []


def test_json_actions_go_by_id_when_the_frame_shows_other_people(tmp_path):
    first = frame_results()[0]
    path = tmp_path / "a.json"
    write_all(JsonWriter(path, run_info()), [replace(first, actors=first.actors[[1]])])
    actors = json.loads(path.read_text())["frames"][0]["actors"]
    assert [actor["id"] for actor in actors] == [3]
    assert actors[0]["actions"] == [{"label": "stand", "score": 0.6}]


def test_json_actions_of_people_without_tracks_go_by_order(tmp_path):
    first = frame_results()[0]
    people = Actors.from_arrays(first.actors.boxes, ids=[-1, -1])
    result = replace(first, actors=people, keyframe=replace(first.keyframe, actors=people))
    path = tmp_path / "a.json"
    write_all(JsonWriter(path, run_info()), [result])
    actors = json.loads(path.read_text())["frames"][0]["actors"]
    assert [actor["actions"][0]["label"] for actor in actors] == ["walk", "stand"]


def test_csv_rows_are_those_of_ava(tmp_path):
    path = tmp_path / "a.csv"
    write_all(AvaCsvWriter(path, "street", width_px=200, height_px=100))
    # Scores from 0.002 on; the second box ends outside the picture and is cut.
    assert path.read_text() == (
        "street,0000,0.1000,0.1000,0.3000,0.9000,1,0.05000\n"
        "street,0000,0.1000,0.1000,0.3000,0.9000,2,0.90000\n"
        "street,0000,0.1000,0.1000,0.3000,0.9000,3,0.30000\n"
        "street,0000,0.5013,0.2000,1.0000,1.0000,1,0.60000\n"
        "street,0000,0.5013,0.2000,1.0000,1.0000,3,0.01230\n"
    )


@pytest.mark.parametrize(
    ("time_sec", "text"),
    [(902.0, "0902"), (12.5, "12.500"), (3.0000001, "0003"), (12345.0, "12345")],
)
def test_csv_times(tmp_path, time_sec, text):
    path = tmp_path / "a.csv"
    first = frame_results()[0]
    result = replace(first, keyframe=replace(first.keyframe, time_sec=time_sec))
    write_all(AvaCsvWriter(path, "a,b", width_px=200, height_px=100, min_score=0.9), [result])
    assert path.read_text() == f'"a,b",{text},0.1000,0.1000,0.3000,0.9000,2,0.90000\n'


def writers(folder):
    yield JsonWriter(folder / "a.json", run_info())
    yield AvaCsvWriter(folder / "a.csv", "street", width_px=200, height_px=100)


def test_abort_leaves_nothing(tmp_path):
    for writer in writers(tmp_path):
        writer.write(frame_results()[0])
        writer.abort()
        writer.abort()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_there_stays_until_close(tmp_path):
    for name in ("a.json", "a.csv"):
        (tmp_path / name).write_text("old")
    for writer in writers(tmp_path):
        writer.write(frame_results()[0])
        assert [p.read_text() for p in sorted(tmp_path.glob("a.*"))] == ["old", "old"]
        writer.abort()
    assert [p.read_text() for p in sorted(tmp_path.iterdir())] == ["old", "old"]
    for writer in writers(tmp_path):
        write_all(writer)
        writer.abort()
    assert all(p.read_text() != "old" for p in tmp_path.iterdir())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "a.json"]


def test_a_folder_that_is_not_there_is_the_users_error(tmp_path):
    with pytest.raises(InputError, match=r"Cannot write .*x/a\.json: No such file"):
        AtomicFile(tmp_path / "x" / "a.json")


def test_a_name_taken_by_a_folder_is_the_users_error_and_leaves_nothing(tmp_path):
    (tmp_path / "a.json").mkdir()
    file = AtomicFile(tmp_path / "a.json")
    with pytest.raises(InputError, match="Cannot write"):
        file.close()
    file.abort()
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_table_lists_actors_then_starts():
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(segments_table(run_segments(), CLASS_NAMES))
    rows = [
        [cell.strip() for cell in line.split("│")[1:-1]]
        for line in console.export_text().splitlines()
        if line.startswith("│")
    ]
    assert rows == [
        ["#3", "stand", "0:01.0", "1:15.3", "0.61"],
        ["#7", "walk", "0:00.0", "0:03.0", "0.90"],
        ["", "talk to (a person)", "0:02.0", "0:04.5", "0.62"],
    ]


def test_table_tells_what_it_leaves_out():
    table = segments_table(run_segments(), CLASS_NAMES, max_rows=1)
    assert table.row_count == 1
    assert table.caption == "and 2 more"
