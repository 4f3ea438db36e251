"""What is counted of a tracker's work: worked out by hand."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.tracking import (
    Look,
    TrackingFigures,
    as_markdown,
    count_switches,
    figures,
    follow,
    look_at,
)
from stad.actors.tracker_options import TrackerChoice
from stad.structures import Actors, Frame
from tests.videos import write_video

ROOT = Path(__file__).resolve().parents[2]


def people(*ids_and_x: tuple[int, float], score: float = 0.9) -> Actors:
    """People with these ids at these x, 40 px wide and 100 px high."""
    boxes = [[x, 0, x + 40, 100] for _, x in ids_and_x]
    ids = [actor_id for actor_id, _ in ids_and_x]
    return Actors.from_arrays(boxes, [score] * len(boxes), ids)


def test_people_are_looked_for_as_often_as_in_a_run():
    class Detector:
        def detect(self, frame):
            return people((1, frame.index))

    image = np.zeros((2, 2, 3), np.uint8)
    frames = [Frame(index, index / 10, image) for index in range(40)]
    for rate, expected in ((2.0, np.arange(0, 4, 0.5)), (5.0, np.arange(0, 4, 0.2))):
        looks = look_at(frames, Detector(), rate=rate)
        assert [look.time_sec for look in looks] == pytest.approx(expected)
        assert [look.people.boxes[0, 0] for look in looks] == pytest.approx(10 * expected)
    # A frame every 0.7 s, of those at 0.5, 1.0, 1.5, ... the next one each.
    sparse = [Frame(index, index * 0.7, image) for index in range(6)]
    looks = look_at(sparse, Detector(), rate=2.0)
    assert [look.time_sec for look in looks] == pytest.approx(np.arange(6) * 0.7)


def test_switches_are_counted_for_people_and_for_ids():
    reference = [
        Look(0.0, people((1, 0), (2, 500))),
        Look(1.0, people((1, 10), (2, 510))),
        Look(2.0, people((1, 20), (2, 520))),
        Look(3.0, people((1, 30), (2, 530))),
    ]
    kept = [Look(look.time_sec, look.people) for look in reference]
    assert count_switches(kept, reference) == (0, 0)
    # Person 2 gets a new id at 2 s: broken once, and no person has another one's id.
    found = [*reference[:2], Look(2.0, people((1, 20), (3, 520))), Look(3.0, people((3, 530)))]
    assert count_switches(found, reference) == (1, 0)
    # The two change their ids at 2 s.
    found = [*reference[:2], Look(2.0, people((2, 20), (1, 520)))]
    assert count_switches(found, reference) == (2, 2)
    # Where the reference has no box, and at a time that it does not know, nothing is counted.
    found = [*reference[:2], Look(2.0, people((5, 300))), Look(2.5, people((7, 20)))]
    assert count_switches(found, reference) == (0, 0)


def test_figures_of_a_walker_and_a_flash():
    looks = [Look(float(t), people((-1, 80.0 * t))) for t in range(6)]
    looks[2] = Look(2.0, people((-1, 160.0), (-1, 2000.0)))
    looks[4] = Look(4.0, people((-1, 320.0), score=0.3))
    found, num_alone = follow(looks, TrackerChoice(), rate=1.0, threshold=0.5)
    assert num_alone == 1
    assert [look.people.ids.tolist() for look in found] == [[1], [1], [1, 2], [1], [], [1]]
    row = figures(looks, TrackerChoice(), rate=1.0, threshold=0.5, reference=found)
    assert row == TrackingFigures(
        rate=1.0,
        num_sure=6,
        num_with_id=6,
        num_alone=1,
        num_ids=2,
        median_track=3.0,
        num_broken=0,
        num_mixed=0,
    )
    assert "| 1 | 6 | 6 (100.0%) | 1 | 2 | 3 | 0 | 0 |" in as_markdown([row])


def test_the_script_prints_a_row_for_each_rate(tmp_path, capsys, monkeypatch):
    spec = importlib.util.spec_from_file_location("bench", ROOT / "tools" / "bench_tracking.py")
    script = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bench", script)
    spec.loader.exec_module(script)
    video = write_video(tmp_path / "in.mp4", num_frames=30, fps=10)
    options = ["--detector", "whole_frame", "--detect-every", "0.5", "1", "--tracker", "ocsort"]
    monkeypatch.setattr(sys, "argv", ["bench_tracking.py", str(video), *options])
    script.main()
    rows = capsys.readouterr().out.splitlines()[2:]
    assert rows == [
        "| 2 | 6 | 6 (100.0%) | 0 | 1 | 6 | - | - |",
        "| 1 | 3 | 3 (100.0%) | 0 | 1 | 3 | - | - |",
    ]
