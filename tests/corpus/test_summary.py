"""What a run of a corpus says of itself."""

import pytest

from stad.corpus.identity import Video
from stad.corpus.summary import Summary
from stad.corpus.tasks import Outcome, Task

VIDEOS = [Video("a", "/a.mp4", 100), Video("b", "/b.mp4", 300)]


def test_a_finished_video_does_not_count_as_running_as_well():
    summary = Summary(num_files=2, videos=VIDEOS, done_before=0, todo=VIDEOS)
    task = Task(VIDEOS[0])
    summary.set_running([(task, 1700.0)])
    assert summary.video_sec == 1700.0
    summary.add(Outcome(task, video_sec=1800.0, is_finished=True))
    summary.add_failure(VIDEOS[1], "crash")
    lines = summary.report(interrupted=False)
    assert [line.split("  (")[0].split() for line in lines] == [
        ["files", "2"],
        ["videos", "2"],
        ["done", "1"],
        ["failed", "1"],
    ]
    assert "(0.50 h of video, " in lines[2]
    assert "(1 crash; see the table of failures)" in lines[3]


def test_parts_count_half_until_their_video_is_finished():
    summary = Summary(num_files=1, videos=VIDEOS[:1], done_before=0, todo=VIDEOS[:1])
    for step in ("detect", "score"):
        summary.add(Outcome(Task(VIDEOS[0], step), video_sec=100.0))
    assert summary.video_sec == pytest.approx(100.0)
    summary.add(Outcome(Task(VIDEOS[0], "join"), video_sec=100.0, is_finished=True))
    assert summary.video_sec == 100.0
    assert summary.left_sec == 0.0
