"""One worker at a time on a video."""

import threading

import pytest

from stad.annotations.own.folder import OwnFolder
from stad.own_classes.alone import Stopped, alone_with


def test_the_second_waits_for_the_first(tmp_path):
    folder, order = OwnFolder(tmp_path), []
    inside, may_leave = threading.Event(), threading.Event()

    def first():
        with alone_with(folder, "day/a.mp4", should_stop=lambda: False):
            inside.set()
            may_leave.wait(10)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(10)
    with alone_with(folder, "b.mp4", should_stop=lambda: False):
        order.append("other video")

    def leave_then_wait():
        may_leave.set()
        return False

    with alone_with(folder, "day/a.mp4", should_stop=leave_then_wait):
        order.append("second")
    thread.join()
    assert order == ["other video", "first", "second"]


def test_waiting_can_be_stopped(tmp_path):
    folder = OwnFolder(tmp_path)
    with (
        alone_with(folder, "a.mp4", should_stop=lambda: False),
        pytest.raises(Stopped),
        alone_with(folder, "a.mp4", should_stop=lambda: True),
    ):
        pass
