"""Frames that wait for their results: exact up to any number, as JPEG in a ring."""

import numpy as np
import pytest

from stad.inference import frame_store
from stad.inference.frame_store import FrameRing, FrameStore
from stad.structures import Actors, Frame, FrameResult
from tests.videos import moving_square


def frame(index: int) -> Frame:
    return Frame(index, index / 10, moving_square(index))


def result(index: int) -> FrameResult:
    return FrameResult(index, index / 10, Actors.from_arrays([[20, 20, 90, 100]], ids=[1]), [[]])


SIZE = moving_square(0).nbytes


@pytest.mark.parametrize("num_in_memory", [0, 3, 100])
def test_frames_come_back_exactly_from_memory_and_disk(tmp_path, num_in_memory):
    store = FrameStore(tmp_path, max_bytes=num_in_memory * SIZE)
    for index in range(60):
        store.add(frame(index))
        assert store.num_bytes <= num_in_memory * SIZE
        if index >= 7:
            taken = store.take(index - 7)
            assert (taken.index, taken.time_sec) == (index - 7, (index - 7) / 10)
            assert np.array_equal(taken.image, moving_square(index - 7))
            assert taken.image.flags.writeable
            assert len(store) == 7
    for index in range(53, 60):
        assert np.array_equal(store.take(index).image, moving_square(index))
    assert (len(store), store.num_bytes, list(tmp_path.iterdir())) == (0, 0, [])


def test_the_file_grows_to_what_waits_at_once(tmp_path, monkeypatch):
    files = []

    class Watched(frame_store.ScratchFile):
        def __init__(self, folder):
            super().__init__(folder)
            files.append(self)

    monkeypatch.setattr(frame_store, "ScratchFile", Watched)
    store = FrameStore(tmp_path, max_bytes=2 * SIZE)
    for index in range(100):
        store.add(frame(index))
        if index >= 9:
            store.take(index - 9)
    (file,) = files
    assert file.append(b"") <= 10 * SIZE
    store.close()


def test_frames_that_are_not_needed_are_not_kept(tmp_path):
    store = FrameStore(tmp_path, first_index=5)
    for index in range(10):
        store.add(frame(index))
    assert len(store) == 5
    assert store.take(4) is None
    assert store.take(7).index == 7
    # Those before it are gone.
    assert store.take(6) is None
    assert [store.take(index).index for index in (8, 9)] == [8, 9]
    assert store.take(9) is None


def test_the_ring_is_bounded_in_time_and_bytes():
    ring = FrameRing(2.0)
    for index in range(100):
        ring.add(frame(index))
        assert len(ring) <= 21
    size = ring.num_bytes / len(ring)
    small = FrameRing(1e9, max_bytes=int(5.5 * size))
    for index in range(100):
        small.add(frame(index))
    assert 3 <= len(small) <= 6
    tiny = FrameRing(1e9, max_bytes=10)
    tiny.add(frame(0))
    assert (len(tiny), tiny.num_bytes) == (0, 0)


def test_the_ring_knows_what_has_a_result():
    ring = FrameRing(10.0)
    for index in range(6):
        ring.add(frame(index))
    assert ring.known(-1) == []
    assert ring.add_result(result(1)).time_sec == 0.1
    assert ring.add_result(result(1)) is None
    assert [one.time_sec for one in ring.known(-1)] == [0.0, 0.1]
    assert [one.result is None for one in ring.known(-1)] == [True, False]
    ring.add_result(result(3))
    assert [one.time_sec for one in ring.known(0.1)] == [0.2, 0.3]
    ring.end_session()
    assert len(ring.known(-1)) == 6
    assert np.abs(ring.known(0.4)[0].image().astype(int) - moving_square(5)).mean() < 3
