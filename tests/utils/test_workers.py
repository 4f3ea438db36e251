"""Threads: what runs in them comes in order, bounded, with its errors, and ends."""

import threading
import time

import numpy as np
import pytest

from stad.utils.workers import Worker, WriteBehind, read_ahead


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


class Broken(Exception):
    """What a call or an item may raise."""


def ahead(items, *, max_items=3, max_bytes=10**9, size_of=lambda item: 1):
    return read_ahead(items, size_of=size_of, max_items=max_items, max_bytes=max_bytes)


def test_calls_run_in_order_until_one_fails():
    worker, done = Worker("worker"), []

    def call(number):
        time.sleep(0.001 * (number % 3))
        if number == 5:
            raise Broken("five")
        done.append(number)
        return 2 * number

    futures = [worker.submit(call, number) for number in range(9)]
    assert [future.result() for future in futures[:5]] == [0, 2, 4, 6, 8]
    for future in [*futures[5:], worker.submit(call, 9)]:
        with pytest.raises(Broken, match="five"):
            future.result()
    worker.close()
    assert done == [0, 1, 2, 3, 4]


def test_closing_waits_for_the_call_that_has_begun_and_drops_the_others():
    worker, begun, done = Worker("worker"), threading.Event(), []

    def call(number):
        begun.set()
        time.sleep(0.05)
        done.append(number)

    futures = [worker.submit(call, number) for number in range(3)]
    begun.wait()
    worker.close()
    assert done == [0]
    assert [future.cancelled() for future in futures] == [False, True, True]


@pytest.mark.parametrize(
    ("max_calls", "max_bytes", "expected"), [(2, 10**9, 2), (9, 30, 3), (9, 5, 1)]
)
def test_a_writer_behind_waits_where_too_much_waits(max_calls, max_bytes, expected):
    writer = WriteBehind("writer", max_calls=max_calls, max_bytes=max_bytes)
    submitted, open_calls, done = [], [], []

    def call(number):
        time.sleep(0.004)
        open_calls.append(len(submitted) - len(done))
        done.append(number)

    for number in range(12):
        writer.submit(10, call, number)
        submitted.append(number)
    writer.finish()
    assert done == list(range(12))
    assert max(open_calls) <= expected


def test_an_error_of_a_writer_behind_comes_with_a_later_call_or_the_end():
    def call(number):
        if number == 1:
            raise Broken("one")

    def write() -> None:
        for number in range(9):
            writer.submit(1, call, number)

    writer = WriteBehind("writer", max_calls=2, max_bytes=100)
    with pytest.raises(Broken, match="one"):
        write()
    with pytest.raises(Broken, match="one"):
        writer.finish()
    writer = WriteBehind("writer", max_calls=5, max_bytes=100)
    writer.submit(1, call, 1)
    with pytest.raises(Broken, match="one"):
        writer.finish()


@pytest.mark.parametrize(
    ("max_items", "max_bytes", "expected"), [(3, 10**9, 3), (9, 250, 2), (9, 10, 1)]
)
def test_items_come_in_order_and_few_of_them_wait(max_items, max_bytes, expected):
    taken, waiting = [], []

    def items():
        for number in range(20):
            yield number
            # The thread is back for the next item, after it found room for this one.
            waiting.append(number + 1 - len(taken))

    given = ahead(items(), max_items=max_items, max_bytes=max_bytes, size_of=lambda item: 100)
    for item in given:
        time.sleep(0.002)
        taken.append(item)
    assert taken == list(range(20))
    # One more is in the hands of the one who takes them.
    assert max(waiting) <= expected + 1


def test_an_error_follows_the_items_before_it():
    def items():
        yield from range(5)
        raise Broken("after five")

    taken = []
    with pytest.raises(Broken, match="after five"):
        taken.extend(ahead(items()))
    assert taken == list(range(5))


@pytest.mark.parametrize("count", [0, 1, 7])
def test_closing_early_ends_the_thread_and_closes_the_items_there(count):
    closed_in = []

    def items():
        try:
            yield from iter(int, 1)
        finally:
            closed_in.append(threading.current_thread().name)

    given = ahead(items())
    for _ in range(count):
        next(given)
    given.close()
    assert closed_in == (["reader"] if count else [])
    assert list(given) == []


def test_nothing_is_read_before_the_first_item_is_asked_for():
    read = []
    given = ahead(iter(lambda: read.append(1), 2))
    assert read == []
    given.close()
    assert read == []


def test_large_items_do_not_pile_up():
    images = (np.zeros((100, 100, 3), np.uint8) for _ in range(50))
    given = ahead(images, max_items=50, max_bytes=70_000, size_of=lambda image: image.nbytes)
    assert sum(image.shape[0] for image in given) == 5000
