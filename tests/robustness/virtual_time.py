"""Run the threads of a live run by a clock that jumps to the next moment somebody waits for.

One thread runs at a time and hands over where it waits, so that hours take seconds, and the same
seed gives the same run whatever else the machine does.
"""

from __future__ import annotations

import heapq
import importlib
import itertools
import threading
from collections import deque
from types import SimpleNamespace

# The names that modules of a live run use for time and threads.
USED_BY = {
    "stad.cli.watch.console": ("time",),
    "stad.cli.watch.recorder": ("time", "threading"),
    "stad.inference.live.pace": ("time",),
    "stad.inference.live.session": ("time",),
    "stad.inference.live.setup": ("time",),
    "stad.inference.live.stats": ("time",),
    "stad.inference.live.watcher": ("time",),
    "stad.inference.live.webhook": ("time", "threading"),
    "stad.utils.workers": ("ThreadPoolExecutor",),
    "stad.video.frame_queue": ("time", "threading"),
    "stad.video.live": ("time", "threading"),
}
EPOCH_SEC = 1_700_000_000.0


class _Turn:
    """A thread that waits for its turn."""

    def __init__(self) -> None:
        self.is_due = False
        self.lock = threading.Lock()
        self.lock.acquire()


class VirtualTime:
    """A clock, and stand-ins of ``time``, ``threading`` and ``ThreadPoolExecutor`` that follow it.

    Attributes:
        now_sec: the monotonic clock, seconds.
        failures: what ended threads.
        num_threads: threads that have begun and not ended.
    """

    def __init__(self) -> None:
        self.now_sec = 1000.0
        self.failures: list[BaseException] = []
        self.num_threads = 0
        self._ready: deque[_Turn] = deque()
        self._timers: list[tuple[float, int, _Turn]] = []
        self._numbers = itertools.count()
        self.stand_ins = {
            "time": SimpleNamespace(
                monotonic=lambda: self.now_sec,
                perf_counter=lambda: self.now_sec,
                time=self.wall_sec,
                sleep=self.sleep,
            ),
            "threading": SimpleNamespace(
                Condition=lambda: _Condition(self),
                Event=lambda: _Event(self),
                Thread=lambda **options: _Thread(self, **options),
            ),
            "ThreadPoolExecutor": lambda *args, **options: _Executor(self),
        }

    def install(self, monkeypatch) -> None:
        """Let the modules of a live run use this time."""
        for module, names in USED_BY.items():
            for name in names:
                monkeypatch.setattr(importlib.import_module(module), name, self.stand_ins[name])

    def wall_sec(self) -> float:
        """Return the seconds since 1970."""
        return EPOCH_SEC + self.now_sec

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.pause(_Turn(), seconds)

    def pause(self, turn: _Turn, timeout_sec: float | None) -> None:
        """Let others run until it is the turn of the caller, or its time is over."""
        if timeout_sec is not None:
            at_sec = self.now_sec + max(timeout_sec, 0.0)
            heapq.heappush(self._timers, (at_sec, next(self._numbers), turn))
        self.hand_over()
        turn.lock.acquire()

    def make_due(self, turn: _Turn) -> None:
        """Give a thread its turn after those who have theirs."""
        turn.is_due = True
        self._ready.append(turn)

    def hand_over(self) -> None:
        """Let the next thread run; if none can, it becomes later."""
        while not self._ready:
            if not self._timers:
                raise RuntimeError("every thread waits for another one")
            at_sec, _, turn = heapq.heappop(self._timers)
            if not turn.is_due:
                self.now_sec = max(self.now_sec, at_sec)
                self.make_due(turn)
        self._ready.popleft().lock.release()


class _Condition:
    """A ``threading.Condition``; its lock is not needed where one thread runs at a time."""

    def __init__(self, clock: VirtualTime) -> None:
        self._clock, self._waiting = clock, deque()

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        """Nothing is locked."""

    def wait_for(self, is_true, timeout=None):
        end_sec = None if timeout is None else self._clock.now_sec + timeout
        while not (found := is_true()):
            left_sec = None if end_sec is None else end_sec - self._clock.now_sec
            if left_sec is not None and left_sec <= 0:
                break
            turn = _Turn()
            self._waiting.append(turn)
            self._clock.pause(turn, left_sec)
            self._waiting.remove(turn)
        return found

    def notify(self, number=1) -> None:
        for turn in [one for one in self._waiting if not one.is_due][:number]:
            self._clock.make_due(turn)

    def notify_all(self) -> None:
        self.notify(len(self._waiting))


class _Event:
    """A ``threading.Event``."""

    def __init__(self, clock: VirtualTime) -> None:
        self._changed, self._is_set = _Condition(clock), False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        self._changed.notify_all()

    def wait(self, timeout=None) -> bool:
        return self._changed.wait_for(self.is_set, timeout)


class _Thread:
    """A ``threading.Thread``."""

    def __init__(self, clock: VirtualTime, *, target, args=(), name=None, daemon=None) -> None:
        self._clock, self._target, self._args = clock, target, args
        self._ended, self._turn = _Event(clock), _Turn()
        # A test that fails leaves threads that wait for ever.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._clock.num_threads += 1
        self._thread.start()
        self._clock.make_due(self._turn)

    def _run(self) -> None:
        self._turn.lock.acquire()
        try:
            self._target(*self._args)
        except BaseException as error:
            self._clock.failures.append(error)
        self._clock.num_threads -= 1
        self._ended.set()
        self._clock.hand_over()

    def is_alive(self) -> bool:
        return not self._ended.is_set()

    def join(self, timeout=None) -> None:
        self._ended.wait(timeout)


class _Future:
    """A ``concurrent.futures.Future``."""

    def __init__(self, clock: VirtualTime) -> None:
        self._ended = _Event(clock)
        self.value, self.error = None, None

    def run(self, call) -> None:
        try:
            self.value = call()
        except BaseException as error:
            self.error = error
        self._ended.set()

    def done(self) -> bool:
        return self._ended.is_set()

    def result(self, timeout=None):
        self._ended.wait(timeout)
        if self.error is not None:
            raise self.error
        return self.value


class _Executor:
    """A ``ThreadPoolExecutor`` of one thread."""

    def __init__(self, clock: VirtualTime) -> None:
        self._clock, self._changed = clock, _Condition(clock)
        self._calls: deque = deque()
        self._thread, self._is_over = None, False

    def submit(self, call, *args, **options) -> _Future:
        if self._thread is None:
            self._thread = _Thread(self._clock, target=self._work)
            self._thread.start()
        future = _Future(self._clock)
        self._calls.append((future, lambda: call(*args, **options)))
        self._changed.notify()
        return future

    def _work(self) -> None:
        while True:
            self._changed.wait_for(lambda: self._calls or self._is_over)
            if not self._calls:
                return
            future, call = self._calls.popleft()
            future.run(call)

    def shutdown(self, wait=True, *, cancel_futures=False) -> None:
        self._is_over = True
        if cancel_futures:
            self._calls.clear()
        self._changed.notify_all()
        if wait and self._thread is not None:
            self._thread.join()
