"""The benchmark of watching: its figures, and videos of another rate."""

import pytest

from benchmarks.watch import change_rate, keeps_up, rows
from stad.cli.watch.run import WatchReport
from stad.inference.live.pace import Pace
from stad.inference.live.stats import Stats
from stad.video.source import VideoSource
from tests.videos import write_video


def test_figures_of_a_run():
    stats = Stats(num_frames=500, num_detections=100, num_windows=48, num_skipped_windows=2)
    stats.delays_sec.extend([1.5] * 19 + [2.5])
    stats.watched_sec, stats.last_sec, stats.wait_sec = 20.0, 19.96, 1.4
    found = rows(WatchReport(stats, 3, 0, Pace(0.2, 0.4, 0.02, 0.1)), cpu_sec=15, passed_sec=20)
    assert (found["frames dropped"], found["windows skipped"]) == (3, 2)
    assert found["detections per second"] == 5.0
    assert (found["detection every, s"], found["window every, s"]) == (0.2, 0.4)
    assert found["lateness p95, s"] == pytest.approx(found["latency p95, s"] - 1.4)
    assert found["CPU use, %"] == 75.0
    assert not keeps_up(found)
    assert not keeps_up({**found, "frames dropped": 0})
    assert keeps_up({**found, "frames dropped": 0, "windows skipped": 0})


@pytest.mark.parametrize(("fps", "count"), [(25, 50), (10, 20), (4, 8)])
def test_a_video_of_another_rate_shows_the_same_at_the_same_time(tmp_path, fps, count):
    video = write_video(tmp_path / "in.mp4", num_frames=20, fps=10)
    out = change_rate(video, tmp_path / "out.mp4", fps=fps)
    times = [frame.time_sec for frame in VideoSource(out).frames()]
    assert times == pytest.approx([index / fps for index in range(count)], abs=1e-3)
    before = {round(frame.time_sec * 10): frame.image for frame in VideoSource(video).frames()}
    for frame in VideoSource(out).frames():
        shown = before[int(frame.time_sec * 10 + 1e-6)]
        assert abs(frame.image.astype(int) - shown).mean() < 5
