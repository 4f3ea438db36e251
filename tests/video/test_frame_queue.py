"""The queue between reader and looker: what it drops, and when."""

import threading
import time

import numpy as np

from stad.structures import Frame
from stad.video import frame_queue
from stad.video.frame_queue import FrameQueue, LiveFrame


def live(index, *, age_sec=0.0, is_discontinuity=False, image=None):
    image = np.zeros((4, 4, 3), np.uint8) if image is None else image
    due_sec = time.monotonic() - age_sec
    return LiveFrame(Frame(index, float(index), image), due_sec, is_discontinuity)


def test_frames_come_in_order():
    queue = FrameQueue(2.0)
    for index in range(5):
        queue.put(live(index))
    assert [queue.get(0).frame.index for _ in range(5)] == [0, 1, 2, 3, 4]
    assert queue.get(0) is None
    assert queue.num_dropped == 0


def test_old_frames_are_dropped_but_for_the_newest():
    queue = FrameQueue(2.0)
    for index, age_sec in enumerate([5.0, 4.0, 3.0, 1.0]):
        queue.put(live(index, age_sec=age_sec, is_discontinuity=index == 0))
    first = queue.get(0)
    assert (first.frame.index, first.is_discontinuity) == (3, True)
    assert queue.num_dropped == 3
    queue.put(live(4, age_sec=9.0))
    assert queue.get(0).frame.index == 4
    assert queue.num_dropped == 3


def test_it_is_bounded_in_number_and_bytes(monkeypatch):
    queue = FrameQueue(1e9)
    for index in range(frame_queue.MAX_FRAMES + 10):
        queue.put(live(index))
    assert queue.num_dropped == 10
    assert queue.get(0).frame.index == 10
    monkeypatch.setattr(frame_queue, "MAX_BYTES", 350)
    queue = FrameQueue(1e9)
    for index in range(9):
        queue.put(live(index, image=np.zeros((6, 6, 3), np.uint8)))
    assert (queue.num_dropped, queue.get(0).frame.index) == (6, 6)


def test_the_end_wakes_a_waiting_thread():
    queue = FrameQueue(2.0)
    queue.put(live(0))
    threading.Timer(0.05, queue.end).start()
    assert queue.get(5.0).frame.index == 0
    begin = time.monotonic()
    assert queue.get(5.0) is None
    assert time.monotonic() - begin < 1.0
    assert queue.is_over
