"""Interrupted runs that go on: their files equal those of an unbroken run."""

from __future__ import annotations

import json
import signal
import threading
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch

from stad import zoo
from stad.cli import annotate_job
from stad.cli.annotate import annotate_main
from stad.errors import InputError
from stad.inference.journal import Journal
from stad.inference.overlap import annotate_frames
from stad.inference.pipeline import PipelineOptions
from stad.inference.resume import JournaledDetector, JournaledScorer, journaled_frames
from stad.inference.scorer import ActionScorer
from stad.outputs.outputs import Outputs
from stad.structures import FrameResult
from stad.video.source import VideoSource
from stad.video.window import Window
from tests.fakes import PositionScorer, RedSquareDetector
from tests.inference.one_by_one import plain
from tests.videos import write_video

CONFIG = str(Path(__file__).parents[1] / "data" / "tiny_detector.py")
NAMES = ("json", "csv", "html", "events", "activitynet", "subtitles", "coco", "out")
ENDINGS = {"out": "mp4", "subtitles": "srt", "events": "events.csv"}
ENDINGS |= {"coco": "coco.json", "activitynet": "net.json"}


class Breakdown(Exception):
    """What no run expects."""


@pytest.fixture(scope="module")
def job(tmp_path_factory) -> list[str]:
    """A video of 4 s with sound, the tiny model, and two people whom the tracker has to follow."""
    folder = tmp_path_factory.mktemp("resume")
    torch.manual_seed(0)
    torch.save({"state_dict": zoo.load(CONFIG, weights=None).state_dict()}, folder / "tiny.pth")
    rows = ["time_sec,x1,y1,x2,y2,score"]
    for step in range(20):
        x = 3 * step
        rows += [f"{step / 5},{10 + x},20,{50 + x},110,0.9"]
        rows += [f"{step / 5},{100 - x},20,{140 - x},110,0.8"] if step % 7 else []
    (folder / "boxes.csv").write_text("\n".join(rows))
    video = write_video(folder / "in.mp4", num_frames=100, fps=25, audio="aac")
    return [
        *(str(video), "--model", CONFIG, "--weights", str(folder / "tiny.pth"), "--quiet"),
        *("--boxes", str(folder / "boxes.csv"), "--threshold", "0.5", "--stride", "0.4"),
        *("--precision", "float32"),
    ]


def paths(folder: Path) -> dict[str, Path]:
    return {name: folder / f"a.{ENDINGS.get(name, name)}" for name in NAMES}


def run(job: list[str], folder: Path, *options: str) -> int:
    outputs = [text for name, path in paths(folder).items() for text in (f"--{name}", str(path))]
    return annotate_main([*job, *outputs, *options])


@pytest.fixture(scope="module")
def whole(job, tmp_path_factory) -> dict[str, Path]:
    """The files of an unbroken run."""
    folder = tmp_path_factory.mktemp("whole")
    assert run(job, folder) == 0
    return paths(folder)


@pytest.fixture
def stop_at(monkeypatch):
    """Lets something happen when a run has taken so many frames."""
    original = Outputs.write

    def plan(count: int, action) -> None:
        def write(outputs: Outputs, result: FrameResult) -> None:
            original(outputs, result)
            if outputs.num_frames == count:
                action()

        monkeypatch.setattr(Outputs, "write", write)

    return plan


def interrupt() -> None:
    """Ctrl-C."""
    signal.raise_signal(signal.SIGINT)


def fail() -> None:
    """A crash."""
    raise Breakdown


def check_equal(folder: Path, whole: dict[str, Path]) -> None:
    for name, path in paths(folder).items():
        if name != "out":
            # The page says where its videos are.
            found = path.read_text().replace("/whole0/", "/")
            assert found.replace(f"/{folder.name}/", "/") == whole[name].read_text(), name
    frames = [list(VideoSource(path).frames()) for path in (paths(folder)["out"], whole["out"])]
    assert [f.time_sec for f in frames[0]] == [f.time_sec for f in frames[1]]
    for one, other in zip(*frames, strict=True):
        assert np.abs(one.image.astype(int) - other.image).mean() < 5
    assert sorted(p.name for p in folder.iterdir()) == sorted(p.name for p in whole_files(whole))


def whole_files(whole: dict[str, Path]) -> list[Path]:
    return list(next(iter(whole.values())).parent.iterdir())


# Processes that share the tests must name them alike: the moments are drawn in the test.
@pytest.mark.parametrize("moment", ["first", "early", "late", "last"])
def test_a_run_that_was_interrupted_goes_on(job, whole, tmp_path, stop_at, moment):
    draw = np.random.default_rng().integers
    count = {"first": 1, "early": int(draw(2, 50)), "late": int(draw(50, 100)), "last": 100}[moment]
    stop_at(count, interrupt)
    assert run(job, tmp_path) == 130
    left = json.loads(paths(tmp_path)["json"].read_text())
    assert (left["complete"], left["num_frames_written"]) == (False, count)
    assert VideoSource(paths(tmp_path)["out"]).info.num_frames == count
    stop_at(-1, interrupt)
    assert run(job, tmp_path, "--resume") == 0
    check_equal(tmp_path, whole)


def test_a_run_that_was_interrupted_again_and_again(job, whole, tmp_path, stop_at):
    for count in (30, 31, 90):
        stop_at(count, interrupt)
        assert run(job, tmp_path, "--resume") == 130
        assert VideoSource(paths(tmp_path)["out"]).info.num_frames == count
    # Before anything new: what is there stays.
    before = {name: path.read_bytes() for name, path in paths(tmp_path).items()}
    stop_at(60, interrupt)
    assert run(job, tmp_path, "--resume") == 130
    assert {name: path.read_bytes() for name, path in paths(tmp_path).items()} == before
    stop_at(-1, interrupt)
    assert run(job, tmp_path, "--resume") == 0
    check_equal(tmp_path, whole)


def test_a_crash_costs_the_pictures_only(job, whole, tmp_path, stop_at):
    stop_at(71, fail)
    with pytest.raises(Breakdown):
        run(job, tmp_path)
    state = tmp_path / "a.mp4.stad-state"
    assert [path.name for path in tmp_path.iterdir()] == [state.name]
    # The last line was being written.
    state.write_bytes(state.read_bytes() + b'{"scores":[["f4",[2,80],"AAAA')
    stop_at(-1, fail)
    assert run(job, tmp_path, "--resume") == 0
    check_equal(tmp_path, whole)


@pytest.mark.parametrize("count", [0, 4])
def test_a_scorer_that_fails_ends_the_run_and_costs_no_score(
    job, whole, tmp_path, monkeypatch, count
):
    original, done = ActionScorer.score, []

    def score(self, *given, **options):
        if len(done) == count:
            raise Breakdown
        done.append(1)
        return original(self, *given, **options)

    threads = set(threading.enumerate())
    with monkeypatch.context() as patched:
        patched.setattr(ActionScorer, "score", score)
        with pytest.raises(Breakdown):
            run(job, tmp_path)
    assert set(threading.enumerate()) <= threads
    assert [path.suffix for path in tmp_path.iterdir()] == [".stad-state"] * (count > 0)
    assert run(job, tmp_path, "--resume") == 0
    check_equal(tmp_path, whole)


def test_a_second_interrupt_ends_all_threads(job, whole, tmp_path, stop_at):
    def twice() -> None:
        interrupt()
        interrupt()

    threads = set(threading.enumerate())
    stop_at(50, twice)
    with pytest.raises(KeyboardInterrupt):
        run(job, tmp_path)
    assert set(threading.enumerate()) <= threads
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4.stad-state"]
    stop_at(-1, interrupt)
    assert run(job, tmp_path, "--resume") == 0
    check_equal(tmp_path, whole)


def test_a_video_that_was_changed_meanwhile_is_drawn_anew(job, whole, tmp_path, stop_at):
    stop_at(60, interrupt)
    assert run(job, tmp_path) == 130
    write_video(paths(tmp_path)["out"], num_frames=5)
    stop_at(-1, interrupt)
    assert run(job, tmp_path, "--resume") == 0
    check_equal(tmp_path, whole)


def test_nothing_to_resume_begins_anew_and_complete_runs_stay(job, whole, tmp_path, capsys):
    assert run(job, tmp_path, "--resume") == 0
    check_equal(tmp_path, whole)
    before = {name: path.stat() for name, path in paths(tmp_path).items()}
    assert run(job, tmp_path, "--resume") == 0
    assert "The run is complete: a.mp4, a.json" in capsys.readouterr().err
    assert {name: path.stat() for name, path in paths(tmp_path).items()} == before
    # Outputs of which some are missing are of another run, or were moved.
    paths(tmp_path)["csv"].unlink()
    with pytest.raises(InputError, match="That run is complete, or its files were moved"):
        run(job, tmp_path, "--resume")
    with pytest.raises(InputError, match="cannot be used together"):
        run(job, tmp_path, "--resume", "--overwrite")


def test_old_outputs_are_not_those_of_a_run_that_was_interrupted_early(
    job, whole, tmp_path, monkeypatch
):
    for path in paths(tmp_path).values():
        path.write_text("old")
    for error in (InputError("none"), KeyboardInterrupt()):
        with monkeypatch.context() as patched:
            # While the models are loaded.
            patched.setattr(annotate_job, "_prepare", Mock(side_effect=error))
            with pytest.raises(type(error)):
                run(job, tmp_path, "--overwrite")
        assert {path.read_text() for path in paths(tmp_path).values()} == {"old"}
        # What the user has to change first leaves nothing to resume.
        is_begun = (tmp_path / "a.mp4.stad-state").exists()
        assert is_begun == isinstance(error, KeyboardInterrupt)
    assert run(job, tmp_path, "--resume") == 0
    check_equal(tmp_path, whole)


def test_the_options_have_to_be_those_of_then(job, tmp_path, stop_at):
    stop_at(60, interrupt)
    assert run(job, tmp_path) == 130
    with pytest.raises(InputError, match=r"--stride was 0.4 in the interrupted run and is 0.3 now"):
        run(job, tmp_path, "--resume", "--stride", "0.3")
    for options, message in (
        (
            ("--tracker", "sort"),
            "--tracker was .bytetrack. in .* run and is .sort. now",
        ),
        (("--track-memory", "3"), r"--track-memory was 2.0 in the interrupted run and is 3.0 now"),
        (
            ("--tracker-options", "iou=giou"),
            r"--tracker-options was \[\] in .* run and is ",
        ),
    ):
        with pytest.raises(InputError, match=message):
            run(job, tmp_path, "--resume", *options)
    with pytest.raises(InputError, match="or --resume to continue"):
        run(job, tmp_path)
    stop_at(-1, interrupt)
    # What is the default may be said.
    assert run(job, tmp_path, "--resume", "--tracker", "bytetrack", "--track-memory", "2") == 0
    assert run(job, tmp_path, "--overwrite", "--end", "0.5") == 0
    assert not (tmp_path / "a.mp4.stad-state").exists()


def test_another_tracker_goes_on_as_well(job, tmp_path, stop_at):
    options = ("--tracker", "ocsort", "--tracker-options", "delta_t=1", "iou=diou")
    for part, count in (("whole", -1), ("parts", 55)):
        (tmp_path / part).mkdir()
        stop_at(count, interrupt)
        assert run(job, tmp_path / part, *options) == (0 if count < 0 else 130)
    stop_at(-1, interrupt)
    assert run(job, tmp_path / "parts", "--resume", *options) == 0
    found, expected = (
        json.loads(paths(tmp_path / part)["json"].read_text()) for part in ("parts", "whole")
    )
    assert found == expected


class LongerScorer(PositionScorer):
    """Scores as what it is: an ``ActionScorer`` without a network; postures are decoded."""

    sees_tracks = False
    num_exclusive = 2

    def score(self, clips, boxes, *, source_size, tracks=None):
        return super().score(clips, boxes, source_size=source_size)


def test_frames_that_are_not_decoded_again_have_the_size_of_the_others(tmp_path):
    """Postures are not decoded for people who are cut off at the edge of the frame."""
    source = VideoSource(write_video(tmp_path / "in.mp4", num_frames=150, fps=15, gop=15))
    with closing(Journal(tmp_path / "state", {}, resume=False)) as journal:
        for _ in journaled_frames(source, journal, before_sec=0.5):
            pass
        journal.add_done(8.0)
    with closing(Journal(tmp_path / "state", {}, resume=True)) as journal:
        images = [one.image for one in journaled_frames(source, journal, before_sec=0.5)]
    assert not images[0].any()
    assert images[-1].any()
    assert {image.shape for image in images} == {images[-1].shape}


@pytest.mark.parametrize("batch_size", [1, 3])
def test_detector_tracker_and_scorer_go_on_to_the_last_bit(tmp_path, batch_size):
    times = [n / 30 + (1.7 if n > 120 else 0) for n in range(240)]
    video = write_video(tmp_path / "in.mp4", num_frames=240, times_sec=times, gop=30)
    source = VideoSource(video)

    def results(state: str, count: int | None = None) -> tuple[list, RedSquareDetector]:
        journal = Journal(tmp_path / state, {}, resume=True)
        detector, found = RedSquareDetector(), []
        scorer = JournaledScorer(LongerScorer(Window(8, 2)), journal)
        options = PipelineOptions(stride_sec=0.5, batch_size=batch_size)
        frames = journaled_frames(source, journal, before_sec=8 / 15)
        people = JournaledDetector(detector, journal, is_reader=False)
        for result in annotate_frames(frames, people, scorer, options=options, fps=30.0):
            found.append(result)
            if result.keyframe is not None:
                journal.add_done(result.keyframe.time_sec)
            if len(found) == count:
                break
        journal.close()
        return found, detector

    expected, asked = results("whole")
    for count in np.random.default_rng(batch_size).integers(1, 240, 4).tolist():
        state = f"part{count}"
        results(state, count)
        found, again = results(state)
        assert plain(found) == plain(expected), count
        # Nothing is looked at twice, but what was not yet safe on the disk.
        assert len(again.asked_sec) <= len(asked.asked_sec) - count / 240 * 48 + 15


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a stad resume file"),
        (b"[1]\n", "is not a stad resume file"),
        (b'{"format":"stad-state","version":0,"run":{}}\n', "another version"),
        (
            b'{"format":"stad-state","version":1,"run":{"x":1}}\n',
            r"x was 1 in the interrupted run and is 2 now",
        ),
        (
            b'{"format":"stad-state","version":1,"run":{"x":2,"y":3}}\n',
            "y was 3 in the interrupted run and is not set now",
        ),
    ],
)
def test_a_wrong_state_is_the_users_error(tmp_path, content, message):
    path = tmp_path / "a.stad-state"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        Journal(path, {"x": 2}, resume=True)
    assert path.read_bytes() == content
