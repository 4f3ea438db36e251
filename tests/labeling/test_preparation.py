"""Videos are prepared in the background."""

import threading

from stad.annotations.own.folder import OwnFolder
from stad.labeling.preparation import Preparation
from stad.own_classes.people import PeopleFinder, people_of
from tests.fakes import RedSquareDetector
from tests.videos import write_video


class Watch:
    """Notes the states, and waits for them."""

    def __init__(self):
        self.states, self._changed = [], threading.Condition()

    def __call__(self, video, state):
        with self._changed:
            self.states.append((video, state))
            self._changed.notify_all()

    def wait_for(self, video, state):
        def is_there():
            return any(one == video and found.state == state for one, found in self.states)

        with self._changed:
            assert self._changed.wait_for(is_there, 30), self.states


def prepared(folder, watch, **options):
    detector = options.pop("detector", None) or RedSquareDetector()
    finder = PeopleFinder(folder, detector=detector, log=lambda _: None)
    return Preparation(folder, finder, on_change=watch, **options)


def test_videos_become_ready_one_after_the_other(tmp_path):
    write_video(tmp_path / "a.mp4", num_frames=90)
    write_video(tmp_path / "b.avi", codec="mpeg4")
    folder, watch = OwnFolder(tmp_path), Watch()
    preparation = prepared(folder, watch)
    preparation.start()
    watch.wait_for("a.mp4", "ready")
    watch.wait_for("b.avi", "ready")
    preparation.stop()
    progress = [found.progress for video, found in watch.states if video == "a.mp4"]
    assert progress == sorted(progress)
    assert len(set(progress)) > 10
    first, *_ = [found for video, found in watch.states if video == "a.mp4"]
    assert (first.state, first.media) == ("waiting", tmp_path / "a.mp4")
    assert preparation.state_of("b.avi").media.parent == folder.cache_path("playable")


def test_what_is_ready_is_so_at_once(tmp_path):
    write_video(tmp_path / "a.mp4")
    folder, watch, again = OwnFolder(tmp_path), Watch(), Watch()
    first = prepared(folder, watch)
    first.start()
    watch.wait_for("a.mp4", "ready")
    first.stop()
    second = prepared(folder, again)
    second.start()
    again.wait_for("a.mp4", "ready")
    second.stop()
    assert [found.state for _, found in again.states] == ["ready"]


def test_a_video_that_is_wanted_comes_first_then_small_ones(tmp_path):
    for name, count in (("a.mp4", 20), ("b.mp4", 10), ("c.mp4", 30)):
        write_video(tmp_path / name, num_frames=count)
    watch = Watch()
    preparation = prepared(OwnFolder(tmp_path), watch)
    preparation.want("c.mp4")
    preparation.start()
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        watch.wait_for(name, "ready")
    preparation.stop()
    # The smaller file comes before the larger one.
    order = [video for video, found in watch.states if found.state == "ready"]
    assert order == ["c.mp4", "b.mp4", "a.mp4"]


def test_stopping_keeps_nothing_of_the_video_that_is_under_way(tmp_path):
    write_video(tmp_path / "a.mp4", num_frames=200)
    folder, watch = OwnFolder(tmp_path), Watch()
    reached = threading.Event()
    stopping = threading.Event()

    class Waiting(RedSquareDetector):
        def detect(self, frame):
            if frame.time_sec > 1:
                reached.set()
                stopping.wait(30)
            return super().detect(frame)

    preparation = prepared(folder, watch, detector=Waiting())
    preparation.start()
    assert reached.wait(30)
    stopper = threading.Thread(target=preparation.stop)
    stopper.start()
    while not preparation.should_stop():
        pass
    stopping.set()
    stopper.join(30)
    assert people_of(folder, "a.mp4") is None
    assert preparation.state_of("a.mp4").state == "waiting"


def test_one_video_that_fails_does_not_end_the_others(tmp_path):
    write_video(tmp_path / "a.mp4", num_frames=5)
    write_video(tmp_path / "b.mp4")

    class Failing(RedSquareDetector):
        def detect(self, frame):
            if not self.asked_sec:
                self.asked_sec.append(frame.time_sec)
                raise RuntimeError("broken\nmore")
            return super().detect(frame)

    watch = Watch()
    preparation = prepared(OwnFolder(tmp_path), watch, detector=Failing())
    preparation.start()
    watch.wait_for("a.mp4", "failed")
    watch.wait_for("b.mp4", "ready")
    preparation.stop()
    found = preparation.state_of("a.mp4")
    assert found.message == "RuntimeError: broken"
    assert found.media == tmp_path / "a.mp4", "it can still be played"


def test_other_work_is_done_when_no_video_waits(tmp_path):
    write_video(tmp_path / "a.mp4")
    done = threading.Event()
    calls = []

    def work(videos, should_stop):
        calls.append((videos, should_stop()))
        done.set()
        return False

    preparation = prepared(OwnFolder(tmp_path), Watch(), more_work=work)
    preparation.start()
    assert done.wait(30)
    preparation.stop()
    assert calls[0] == (["a.mp4"], False)
