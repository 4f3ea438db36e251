"""Run work in threads: calls one after the other, calls behind their caller, items read ahead."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")
Item = TypeVar("Item")


class Worker:
    """Runs calls in one thread, one at a time and in order.

    After a call that failed, no other call runs: all of them raise its error. What calls leave
    behind, such as the records of a journal, therefore has no gap.

    Args:
        name: of the thread.
    """

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._failure: BaseException | None = None

    def submit(
        self, call: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
    ) -> Future[Result]:
        """Run a call after those before it; return the future of its result."""
        return self._pool.submit(self._run, call, *args, **kwargs)

    def _run(self, call: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        if self._failure is not None:
            raise self._failure
        try:
            return call(*args, **kwargs)
        except BaseException as error:
            self._failure = error
            raise

    def close(self) -> None:
        """Wait for the call that has begun, drop the others and end the thread."""
        self._pool.shutdown(cancel_futures=True)


class WriteBehind:
    """Runs calls in a thread behind their caller, who waits while too much waits there.

    Args:
        name: of the thread.
        max_calls: calls that have not ended.
        max_bytes: what their arguments take together; one call is always accepted.
    """

    def __init__(self, name: str, *, max_calls: int, max_bytes: int) -> None:
        self._worker = Worker(name)
        self._max_calls, self._max_bytes = max_calls, max_bytes
        self._waiting: deque[tuple[Future, int]] = deque()
        self._num_bytes = 0

    def submit(
        self,
        num_bytes: int,
        call: Callable[Given, object],
        *args: Given.args,
        **kwargs: Given.kwargs,
    ) -> None:
        """Run a call after those before it, when there is room; raise the error of an earlier one.

        Args:
            num_bytes: what its arguments take.
            call: the function.
            *args: of the call.
            **kwargs: of the call.
        """
        while self._waiting and (self._is_full(num_bytes) or self._waiting[0][0].done()):
            self._end_first()
        self._waiting.append((self._worker.submit(call, *args, **kwargs), num_bytes))
        self._num_bytes += num_bytes

    def _is_full(self, num_bytes: int) -> bool:
        too_large = self._num_bytes + num_bytes > self._max_bytes
        return len(self._waiting) >= self._max_calls or too_large

    def _end_first(self) -> None:
        future, num_bytes = self._waiting.popleft()
        self._num_bytes -= num_bytes
        future.result()

    def finish(self) -> None:
        """Wait for all calls; raise the error of the first that failed. The thread has ended."""
        try:
            while self._waiting:
                self._end_first()
        finally:
            self.close()

    def close(self) -> None:
        """Wait for the call that has begun, drop the others and end the thread."""
        self._worker.close()
        self._waiting.clear()
        self._num_bytes = 0


def read_ahead(
    items: Iterable[Item],
    *,
    size_of: Callable[[Item], int],
    max_items: int,
    max_bytes: int,
    name: str = "reader",
) -> Generator[Item]:
    """Yield items in order while a thread gets the next ones; an error follows the last of them.

    The thread begins with the first item that is asked for, and has ended when the generator has,
    also when it is closed early; a generator of items is closed in it.

    Args:
        items: read in the thread.
        size_of: returns the bytes of an item.
        max_items: items that wait.
        max_bytes: what they take together; one item always may wait.
        name: of the thread.
    """
    shelf: _Shelf[Item] = _Shelf(max_items, max_bytes)
    thread = threading.Thread(target=_fill, args=(shelf, items, size_of), name=name)
    thread.start()
    try:
        while (found := shelf.take()) is not None:
            yield found[0]
    finally:
        shelf.close()
        thread.join()


def _fill(shelf: _Shelf[Item], items: Iterable[Item], size_of: Callable[[Item], int]) -> None:
    """Put items on a shelf until it is closed."""
    failure = None
    try:
        for item in items:
            if not shelf.put(item, size_of(item)):
                break
    except BaseException as error:
        failure = error
    finally:
        try:
            close = getattr(items, "close", None)
            if close is not None:
                close()
        finally:
            shelf.end(failure)


class _Shelf(Generic[Item]):
    """Items between two threads, bounded in number and bytes."""

    def __init__(self, max_items: int, max_bytes: int) -> None:
        self._max_items, self._max_bytes = max_items, max_bytes
        self._items: deque[tuple[Item, int]] = deque()
        self._num_bytes = 0
        self._changed = threading.Condition()
        self._is_closed = self._has_ended = False
        self._failure: BaseException | None = None

    def put(self, item: Item, num_bytes: int) -> bool:
        """Add an item when there is room; return False if no more items are wanted."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._has_room(num_bytes))
            self._items.append((item, num_bytes))
            self._num_bytes += num_bytes
            self._changed.notify_all()
            return not self._is_closed

    def _has_room(self, num_bytes: int) -> bool:
        if not self._items:
            return True
        return len(self._items) < self._max_items and self._num_bytes + num_bytes <= self._max_bytes

    def end(self, failure: BaseException | None) -> None:
        """Note that no more items come, and why."""
        with self._changed:
            self._has_ended, self._failure = True, failure
            self._changed.notify_all()

    def take(self) -> tuple[Item] | None:
        """Return the next item, when there is one; None after the last, or its error."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._has_ended)
            if self._items:
                item, num_bytes = self._items.popleft()
                self._num_bytes -= num_bytes
                self._changed.notify_all()
                return (item,)
            if self._failure is not None:
                raise self._failure
            return None

    def close(self) -> None:
        """Take no more items."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
