"""What a worker does with a video, in this process, with networks that look at pixels."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import threading
from types import SimpleNamespace

import pytest

from stad.inference.build import ModelBundle
from stad.inference.options import InferenceOptions
from stad.outputs.page import content_policy
from stad.serving.jobs import JOURNAL, SOURCE
from stad.serving.messages import Done, Refused, Stopped, Task
from stad.serving.meter import Meter
from stad.serving.worker import run_task
from stad.video.window import Window
from tests.fakes import PositionScorer, RedSquareDetector
from tests.videos import write_file, write_video


@pytest.fixture
def models():
    return ModelBundle(
        detector=RedSquareDetector(),
        scorer=PositionScorer(Window(num_frames=4, interval_frames=3)),
        name="position",
        class_names=("left", "right"),
        threshold=0.5,
        allowed=None,
        device="cpu",
        stride_sec=0.5,
    )


@pytest.fixture
def task(tmp_path):
    write_video(tmp_path / "a.mp4", num_frames=90).rename(tmp_path / SOURCE)
    return Task(folder=tmp_path, name="party <b>.mp4", wants_video=True, max_length_sec=10.0)


class Orders(SimpleNamespace):
    """Stop, or drop, from a frame on."""

    requested = drops = False


def run(task, models, orders=None, report=lambda progress: None):
    return run_task(task, InferenceOptions(), models, orders=orders or Orders(), report=report)


def files(task):
    return sorted(path.name for path in task.folder.iterdir())


def test_a_video_is_annotated_under_the_name_of_the_client(task, models):
    done = run(task, models)
    assert isinstance(done, Done)
    assert files(task) == [
        *("annotated.mp4", "result.json", "segments.csv", SOURCE, "timeline.html")
    ]
    document = json.loads((task.folder / "result.json").read_text())
    assert document["video"]["name"] == "party <b>.mp4"
    page = (task.folder / "timeline.html").read_text()
    assert done.policy == content_policy(page)
    assert "<b>" not in page
    # Links of the page lead to the files beside it.
    assert '"annotated.mp4"' in page
    assert str(task.folder) not in page
    summary = done.summary
    # The square jumps back after 60 frames: that is another one.
    assert (summary["num_frames"], summary["num_people"], summary["warnings"]) == (90, 2, [])
    assert {one["label"] for one in summary["labels"]} == {"left", "right"}
    assert summary["num_segments"] == len(document["segments"]) > 0


def test_an_interrupted_video_is_continued_and_equals_an_unbroken_one(tmp_path, task, models):
    unbroken = tmp_path / "other"
    unbroken.mkdir()
    (unbroken / SOURCE).write_bytes((task.folder / SOURCE).read_bytes())
    run(Task(folder=unbroken, name=task.name, wants_video=True, max_length_sec=10.0), models)
    orders = Orders()

    class Scorer(PositionScorer):
        def score(self, *args, **options):
            # Enough for some windows to be in the journal.
            orders.requested = len(self.batches) >= 2
            return super().score(*args, **options)

    models = ModelBundle(**{**vars(models), "scorer": Scorer(models.scorer.window)})
    assert isinstance(run(task, models, orders), Stopped)
    assert JOURNAL in files(task)
    num_scored = len(models.scorer.batches)
    orders = Orders()
    assert isinstance(run(task, models), Done)
    assert JOURNAL not in files(task)
    for name in ("result.json", "segments.csv"):
        assert (task.folder / name).read_bytes() == (unbroken / name).read_bytes()
    # The windows of the journal were not scored again.
    assert len(models.scorer.batches) - num_scored < 6


def test_a_journal_of_other_options_is_not_used(task, models):
    write_file(task.folder / JOURNAL, b"of another version\n")
    assert isinstance(run(task, models), Done)


def test_a_dropped_video_leaves_no_results(task, models):
    assert isinstance(run(task, models, Orders(drops=True)), Stopped)
    assert not {"annotated.mp4", "result.json", "timeline.html"} & set(files(task))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"no video\n" * 50, "party <b>.mp4 cannot be read as one"), (None, "is not there any more")],
)
def test_a_video_that_cannot_be_read_is_refused(task, models, content, message):
    if content is None:
        (task.folder / SOURCE).unlink()
    else:
        write_file(task.folder / SOURCE, content)
    refused = run(task, models)
    assert isinstance(refused, Refused)
    assert message in refused.message
    assert str(task.folder) not in refused.message


def test_without_an_annotated_video(task, models):
    task = Task(folder=task.folder, name="a", wants_video=False, max_length_sec=10.0)
    assert isinstance(run(task, models), Done)
    assert "annotated.mp4" not in files(task)


def test_the_meter_estimates_the_rest(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("stad.serving.meter.time.monotonic", lambda: now[0])
    meter, shown = Meter(100), []
    for _ in range(60):
        now[0] += 0.1
        shown.append(meter.count())
    last = [one for one in shown if one is not None]
    assert len(last) == 20
    assert (last[-1].fraction, last[-1].num_frames) == (0.6, 60)
    assert last[-1].fps == pytest.approx(10, rel=0.05)
    assert last[-1].left_sec == pytest.approx(4.0, rel=0.05)
    # A video that does not state its length.
    now[0] += 1
    unknown = Meter(0)
    now[0] += 1
    assert unknown.count().fraction is None


def test_two_workers_do_not_write_into_one_folder(task, models):
    """The worker of a service that was killed ends a little later."""
    folder, found = os.open(task.folder, os.O_RDONLY), []
    fcntl.flock(folder, fcntl.LOCK_EX)
    thread = threading.Thread(target=lambda: found.append(run(task, models)))
    thread.start()
    thread.join(0.3)
    assert (found, files(task)) == ([], [SOURCE])
    os.close(folder)
    thread.join(60)
    assert isinstance(found[0], Done)


def test_a_folder_that_is_gone_is_said(task, models):
    shutil.rmtree(task.folder)
    assert run(task, models) == Refused("The files of the job are not there any more.")
