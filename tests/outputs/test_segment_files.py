"""Segments for other programs, against texts written by hand, and read back by those programs."""

from __future__ import annotations

import csv
import itertools
import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from pycocotools.coco import COCO

from stad.annotations.segments import read_results
from stad.outputs.coco import CocoWriter
from stad.outputs.segment_files import (
    SegmentWriter,
    activitynet_texts,
    cue_lines,
    cues,
    event_texts,
    subtitle_texts,
)
from stad.structures import Segment, Tube
from tests.outputs.examples import CLASS_NAMES, frame_results, run_info, run_tubes


def write(path, texts, tubes=None, **options):
    """The text of a file with the example's segments."""
    writer = SegmentWriter(path, partial(texts, **options))
    writer.write(frame_results()[0])
    assert not path.exists()
    writer.close(run_tubes() if tubes is None else tubes, complete=True)
    return path.read_text()


def unknown() -> list[tuple[Segment, Tube]]:
    """The example, the first score is not known."""
    (segment, tube), *rest = run_tubes()
    return [(replace(segment, score=float("nan")), tube), *rest]


def test_activitynet_is_read_by_the_evaluation(tmp_path):
    path = tmp_path / "a.json"
    write(path, activitynet_texts, unknown(), video_id='a "b"', class_names=CLASS_NAMES)
    rows = read_results(path)
    assert (rows.video, rows.label) == (('a "b"',) * 2, ("walk", "talk to (a person)"))
    np.testing.assert_allclose(rows.span, [[0, 3], [2, 4.5]])
    np.testing.assert_allclose(rows.score, [0.9, 0.625])
    assert json.loads(path.read_text())["version"] == "VERSION 1.3"


def test_activitynet_of_a_video_without_segments(tmp_path):
    path = tmp_path / "a.json"
    write(path, activitynet_texts, [], video_id="street", class_names=CLASS_NAMES)
    assert json.loads(path.read_text())["results"] == {"street": []}


def test_events_go_by_start(tmp_path):
    path = tmp_path / "a.csv"
    write(path, event_texts, unknown(), video_id="a,b", class_names=CLASS_NAMES)
    rows = list(csv.DictReader(path.open()))
    assert [(row["start_sec"], row["actor"], row["label"]) for row in rows] == [
        ("0.000", "7", "walk"),
        ("1.000", "3", "stand"),
        ("2.000", "7", "talk to (a person)"),
    ]
    # The box nearest to the middle, 1.5 s, is the second one.
    assert list(rows[0].values())[5:] == ["0.9000", "21.0", "10.0", "61.0", "90.3"]
    assert list(rows[1].values())[5:] == [""] * 5
    assert rows[0]["video"] == "a,b"


def test_subtitles_of_both_kinds(tmp_path):
    srt = write(tmp_path / "a.srt", subtitle_texts, is_vtt=False, class_names=CLASS_NAMES)
    assert srt.split("\n\n")[:3] == [
        "1\n00:00:00,000 --> 00:00:01,000\n#7 walk",
        "2\n00:00:01,000 --> 00:00:02,000\n#3 stand\n#7 walk",
        "3\n00:00:02,000 --> 00:00:03,000\n#3 stand\n#7 walk, talk to (a person)",
    ]
    names = ("sit & <stay>", "-->", "c")
    vtt = write(tmp_path / "a.vtt", subtitle_texts, is_vtt=True, class_names=names)
    assert vtt.startswith("WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.000\n#7 →\n\n2\n")
    assert "#3 sit &amp; &lt;stay&gt;\n#7 →" in vtt


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0.0, 1.0), (2.0, 3.0)], [(0, 1000, 1), (2000, 3000, 1)]),
        ([(0.0, 1.0), (1.0, 2.0)], [(0, 1000, 1), (1000, 2000, 1)]),
        # Changes within half a second are told at the first of them.
        ([(0.0, 5.0), (0.3, 5.2)], [(0, 5000, 2)]),
        # What is over at once is told for half a second.
        ([(1.0, 1.1)], [(1000, 1500, 1)]),
        ([(1.0, 1.1), (1.2, 4.0)], [(1000, 1500, 2), (1500, 4000, 1)]),
    ],
)
def test_cues(spans, expected):
    segments = [Segment(n, 0, start, end, 0.5) for n, (start, end) in enumerate(spans)]
    assert [(start, end, len(active)) for start, end, active in cues(segments)] == expected


def test_no_cue_is_short_and_every_segment_is_told():
    rng = np.random.default_rng(0)
    starts = rng.uniform(0, 60, 200)
    lengths = rng.uniform(0, 4, 200)
    segments = [
        Segment(n, 0, s, s + d, 0.5) for n, (s, d) in enumerate(zip(starts, lengths, strict=True))
    ]
    found = list(cues(segments))
    assert all(end - start >= 500 for start, end, _ in found)
    assert {s.actor_id for *_, active in found for s in active} == set(range(200))
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(found))


def test_many_people_are_counted():
    active = [Segment(n, 0, 0.0, 1.0, 0.5) for n in range(1, 10)]
    lines = cue_lines(active, ("walk",))
    assert lines[-2:] == ["#5 walk", "and 4 more"]
    assert len(lines) == 6


def test_coco_is_read_by_pycocotools(tmp_path, capsys):
    writer = CocoWriter(tmp_path / "a.json", run_info())
    for result in frame_results()[::2]:
        writer.write(result)
    writer.close(unknown(), complete=True)
    coco = COCO(str(tmp_path / "a.json"))
    document = json.loads((tmp_path / "a.json").read_text())
    assert document["videos"] == [
        {
            **{"id": 1, "name": "street.mp4", "file_name": "street.mp4"},
            **{"width": 200, "height": 100, "fps": 29.97003},
        }
    ]
    assert [(i["frame_index"], i["time_sec"]) for i in coco.loadImgs([1, 2])] == [
        (0, 0.0),
        (2, 0.066733),
    ]
    assert [c["name"] for c in coco.loadCats([1, 2, 3])] == list(CLASS_NAMES)
    # The segment of #3 has no boxes, so it is no track.
    assert [(t["id"], t["instance_id"], t["category_id"]) for t in document["tracks"]] == [
        (2, 7, 2),
        (3, 7, 3),
    ]
    boxes = coco.loadAnns(coco.getAnnIds(imgIds=[2]))
    assert [(b["track_id"], b["bbox"], b["score"]) for b in boxes] == [
        (2, [21.0, 10.0, 40.0, 80.3], 0.9),
        (3, [21.0, 10.0, 40.0, 80.3], 0.625),
    ]
    assert boxes[0]["area"] == pytest.approx(40 * 80.3)
