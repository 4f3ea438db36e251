"""People whom a detector finds in the keyframes of a list: what is written, and interruptions."""

from __future__ import annotations

import numpy as np
import pytest

from stad.actors.detectors.base import PersonDetector
from stad.annotations.proposals import read_proposals
from stad.cli.main import stad_main
from stad.datasets.ava import AVADataset
from stad.datasets.prepare.people import keyframes_of, write_people
from stad.errors import InputError
from stad.structures import Actors
from stad.video.clip_source import VideoFiles
from stad.video.window import Window
from tests.videos import write_video

FPS, SIZE = 25, (160, 120)
LIST = """\
run/a,0,0.1,0.1,0.5,0.5,1,0
run/a,0,0.75,0.5,1,1,1,1
run/a,0.4,0.1,0.1,0.5,0.5,1,0
run/b,0.2
"""


class Found(PersonDetector):
    """Finds one person inside the frame, one outside, and one across its edge."""

    name, interval_sec, gives_ids, person_threshold = "found", None, False, 0.6

    def __init__(self, fail_at=None):
        self.seen, self._fail_at = [], fail_at

    def detect(self, frame):
        if len(self.seen) == self._fail_at:
            raise KeyboardInterrupt
        self.seen.append((frame.time_sec, frame.image.shape))
        if frame.time_sec == 0.4:
            return None
        boxes = [(16, 12, 80, 60), (-40, 10, -5, 50), (120, 60, 200, 140)]
        return Actors.from_arrays(boxes, [0.9, 0.8, 0.7])


@pytest.fixture
def data(tmp_path):
    for name in ("a", "b"):
        path = tmp_path / "videos" / "run" / f"{name}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_video(path, num_frames=24, fps=FPS, size=SIZE)
    (tmp_path / "test_1.csv").write_text(LIST)
    return tmp_path


def run(data, detector, **options):
    return write_people(
        data / "people.npz",
        keyframes_of(data / "test_1.csv"),
        source=VideoFiles(data / "videos"),
        detector=detector,
        origin=data / "test_1.csv",
        **options,
    )


def test_boxes_become_fractions_of_the_frame(data):
    detector = Found()
    found = run(data, detector)
    # The keyframe with two people is one.
    assert [time for time, _ in detector.seen] == [0, 0.4, 0.2]
    assert {shape for _, shape in detector.seen} == {(120, 160, 3)}
    assert (found.frames, found.boxes, found.left_out) == (3, 4, {})
    people = read_proposals(data / "people.npz")
    assert people.keys() == {("run/a", 0), ("run/b", 200_000)}
    (inside, across) = people["run/a", 0].boxes.tolist()
    assert inside == pytest.approx([0.1, 0.1, 0.5, 0.5])
    assert across == pytest.approx([0.75, 0.5, 1, 1])
    assert people["run/b", 200_000].scores.tolist() == pytest.approx([0.9, 0.7])
    assert [path.name for path in data.glob("people*")] == ["people.npz"]


def test_a_data_set_takes_them_in_place_of_the_annotated_people(data):
    run(data, Found())
    (data / "labels.txt").write_text("run\n")
    dataset = AVADataset(
        str(data / "test_1.csv"),
        str(data / "videos"),
        proposals=str(data / "people.npz"),
        min_score=0.8,
        window=Window(1, 1),
        short_side_px=60,
        label_map=str(data / "labels.txt"),
    )
    boxes = {
        one["meta"].time_sec: one["boxes"] for one in map(dataset.__getitem__, range(len(dataset)))
    }
    # The clip has 80 x 60 pixels; the second person scores 0.7, and one frame shows no people.
    assert {time: np.round(one).tolist() for time, one in boxes.items()} == {
        0.0: [[8, 6, 40, 30]],
        0.2: [[8, 6, 40, 30]],
    }


def test_an_interrupted_run_continues_and_gives_the_same(data):
    run(data, Found())
    expected = (data / "people.npz").rename(data / "whole.npz")
    with pytest.raises(KeyboardInterrupt):
        run(data, Found(fail_at=2))
    assert not (data / "people.npz").exists()
    again, ticks = Found(), []
    run(data, again, on_frame=lambda: ticks.append(1))
    assert ([time for time, _ in again.seen], len(ticks)) == ([0.2], 3)
    with np.load(data / "people.npz") as one, np.load(expected) as other:
        for name in ("video_ids", "times_sec", "boxes", "scores"):
            assert np.array_equal(one[name], other[name])


def test_parts_of_another_list_are_not_mixed_in(data):
    with pytest.raises(KeyboardInterrupt):
        run(data, Found(fail_at=2))
    (data / "test_1.csv").write_text(LIST + "run/b,0.4\n")
    with pytest.raises(InputError, match=r"people\.npz\.parts has people of another list"):
        run(data, Found())


def test_videos_that_cannot_be_read_are_told(data):
    (data / "videos" / "run" / "b.mp4").write_bytes(b"no video")
    found = run(data, Found())
    assert (found.frames, list(found.left_out)) == (2, ["run/b"])
    (data / "videos" / "run" / "a.mp4").unlink()
    with pytest.raises(InputError, match="None of the 2 videos can be read"):
        run(data, Found())


def test_the_command_writes_the_file_beside_the_list(data, capsys):
    words = ["prepare", "people", str(data / "test_1.csv"), "--videos", str(data / "videos")]
    words += ["--detector", "whole_frame", "--device", "cpu"]
    stad_main(words)
    target = data / "people_test_1.npz"
    assert f"proposals={target}" in capsys.readouterr().out
    people = read_proposals(target)
    assert people["run/a", 0].boxes.tolist() == [[0, 0, 1, 1]]
    assert len(people) == 3
    with pytest.raises(InputError, match="is there already"):
        stad_main(words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--videos", "{tmp}/none"], "There is no folder of videos"),
        (["--videos", "{tmp}/videos", "--out", "people.csv"], r"--out must end with \.npz"),
        (["--videos", "{tmp}/videos", "--frames-fps", "0"], "--frames-fps must be above 0"),
    ],
)
def test_wrong_options(data, words, said):
    words = [one.format(tmp=data) for one in words]
    with pytest.raises(InputError, match=said):
        stad_main(["prepare", "people", str(data / "test_1.csv"), *words])


def test_a_list_without_keyframes_is_refused(data):
    (data / "test_1.csv").write_text("")
    with pytest.raises(InputError, match=r"test_1\.csv"):
        keyframes_of(data / "test_1.csv")
