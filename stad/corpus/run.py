"""Annotate a corpus: list its videos, leave out what is done, and run the rest in workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tqdm import tqdm

from stad.corpus.claims import Claims
from stad.corpus.identity import Video, identify
from stad.corpus.part_files import ResultsError, write_results
from stad.corpus.schedule import Schedule
from stad.corpus.schema import Failure
from stad.corpus.store import ResultStore
from stad.corpus.summary import Summary, SummaryBar
from stad.corpus.tasks import Executor, Outcome, Progress, TaskFailure
from stad.corpus.videos import ListedFile
from stad.errors import InputError
from stad.utils.interrupt import StopRequest

# More of them are in the table only.
SHOWN_FAILURES = 20

Log = Callable[[str], None]


@dataclass(frozen=True)
class CorpusRun:
    """The end of a run.

    Attributes:
        summary: what became of the videos.
        interrupted: whether it was stopped before the end.
        model_key: of the results.
    """

    summary: Summary
    interrupted: bool
    model_key: str


def run_corpus(
    files: Sequence[ListedFile],
    store: ResultStore,
    executor: Executor,
    *,
    max_tries: int,
    token: str = "",
    quiet: bool = False,
    log: Log = lambda text: None,
) -> CorpusRun:
    """Annotate videos that have no results of the executor's model yet.

    The executor is closed at the end. Ctrl-C ends the run at once; what is complete stays.

    Args:
        files: as ``list_files`` returns them.
        store: takes the results.
        executor: runs the work.
        max_tries: how often a video, or a part of it, is tried.
        token: name of a file in the results that is there during the run; see ``WorkerSetup``.
        quiet: show no progress.
        log: takes lines about what was chosen.

    Raises:
        InputError: the models cannot be loaded, or the results cannot be written.
    """
    claims = Claims(store.place, name=token)
    try:
        store.place.remove_abandoned()
        claims.beat((), at_once=True)
        videos = _identify(files, quiet=quiet)
        info = executor.start()
        for line in info.lines:
            log(line)
        claims.model_key = info.model_key
        done = store.done(info.model_key)
        known = [one for one in videos if one.key in done]
        todo = [one for one in videos if one.key not in done]
        summary = Summary(num_files=len(files), videos=videos, done_before=len(known), todo=todo)
        copies = "1 copy" if summary.num_copies == 1 else f"{summary.num_copies} copies"
        log(f"videos    {len(todo)} to do, {len(known)} done before, {copies}")
        run = _Run(store, claims, executor, summary, max_tries, quiet)
        interrupted = run.run(todo)
        if summary.num_done and not interrupted:
            # One file for each video is slow to search.
            store.compact()
    except ResultsError as error:
        raise InputError(str(error)) from error
    finally:
        executor.close()
        claims.close()
    return CorpusRun(summary, interrupted, info.model_key)


def _identify(files: Sequence[ListedFile], *, quiet: bool) -> list[Video]:
    disable = True if quiet else None
    with tqdm(total=len(files), desc="look at", unit="file", disable=disable, delay=2.0) as bar:
        return identify(files, progress=bar.update)


class _Run:
    """The loop of a run; for the arguments see ``run_corpus``."""

    def __init__(
        self,
        store: ResultStore,
        claims: Claims,
        executor: Executor,
        summary: Summary,
        max_tries: int,
        quiet: bool,
    ) -> None:
        self._store, self._claims, self._executor = store, claims, executor
        self._key = claims.model_key
        self._summary, self._max_tries = summary, max_tries
        self._bar = SummaryBar(summary, quiet=quiet)
        self._num_workers = 1

    def run(self, videos: Iterable[Video]) -> bool:
        """Do all videos; return whether it was interrupted."""
        good = []
        for video in videos:
            if video.problem is None:
                good.append(video)
            else:
                self._give_up(video, TaskFailure(*video.problem), tries=1)
        self._schedule = Schedule(
            good,
            max_tries=self._max_tries,
            is_taken=self._claims.is_taken,
            is_done=lambda key: self._store.has(self._key, key),
        )
        self._claims.beat((), at_once=True)
        self._summary.begin()
        try:
            with StopRequest() as stop:
                for event in self._executor.run(self._schedule):
                    self._take(event)
                    if stop.requested:
                        return True
            return False
        finally:
            self._bar.close()

    def _take(self, event: Outcome | Progress) -> None:
        if isinstance(event, Outcome):
            self._settle(event)
        else:
            self._num_workers = event.num_workers
            self._summary.set_running(event.running)
            for line in event.lines:
                self._bar.write(line)
        for video in self._schedule.done_elsewhere:
            self._summary.add_elsewhere(video)
        self._schedule.done_elsewhere.clear()
        self._claims.beat(self._schedule.held)
        self._bar.show(self._num_workers)

    def _settle(self, outcome: Outcome) -> None:
        failure = self._schedule.settle(outcome)
        task = outcome.task
        if outcome.must_be_whole:
            self._bar.write(f"whole     {outcome.must_be_whole}")
        if failure is not None:
            self._give_up(task.video, failure, tries=self._schedule.num_tries(task))
        elif outcome.failure is not None:
            self._bar.write(f"again     {task.video.path}: {outcome.failure.message}")
        else:
            self._summary.add(outcome)

    def _give_up(self, video: Video, failure: TaskFailure, *, tries: int) -> None:
        self._summary.add_failure(video, failure.kind)
        if self._summary.num_failed <= SHOWN_FAILURES:
            self._bar.write(f"failed    {video.path} ({failure.kind}): {failure.message}")
        row = Failure(
            key=video.key,
            path=video.path,
            kind=failure.kind,
            message=failure.message,
            tries=tries,
            at=datetime.now(UTC),
        )
        write_results(lambda: self._store.add_failure(self._key, row))
