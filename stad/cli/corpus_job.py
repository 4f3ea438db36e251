"""Annotate many videos: the job behind ``stad corpus``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stad.cli.corpus_options import CorpusOptions, check_options, inference_options
from stad.cli.log_lines import line_log, print_line
from stad.errors import EXIT_INTERRUPTED, EXIT_OK

if TYPE_CHECKING:
    from stad.corpus.tasks import Executor, WorkerSetup

EXIT_FAILURES = 1


def annotate_corpus(options: CorpusOptions) -> int:
    """Annotate all videos, print what became of them, and return the exit code.

    Raises:
        InputError: an option, the results or the models cannot be used.
    """
    check_options(options)
    assert options.out is not None
    # Imported here: wrong options do not wait for pyarrow.
    from stad.actors.tracker_options import choose_tracker
    from stad.corpus.claims import new_name
    from stad.corpus.run import run_corpus
    from stad.corpus.store import ResultStore
    from stad.corpus.tasks import WorkerSetup
    from stad.corpus.videos import list_files

    choose_tracker(options.tracker, options.tracker_options, memory_sec=options.track_memory_sec)
    files = list_files(options.videos)
    out = options.out if "://" in options.out else str(Path(options.out).resolve())
    store = ResultStore.open(out, create=True)
    setup = WorkerSetup(
        inference_options(options),
        out,
        options.split_sec,
        num_threads=1,
        floor=options.keep_scores,
        token=new_name(),
    )
    run = run_corpus(
        files,
        store,
        _open_executor(options, setup),
        max_tries=options.tries,
        token=setup.token,
        quiet=options.quiet,
        log=line_log(quiet=options.quiet),
    )
    if not options.quiet:
        for line in run.summary.report(interrupted=run.interrupted):
            print_line(line)
        print_line(f"results   {options.out} (model {run.model_key})")
    if run.interrupted:
        return EXIT_INTERRUPTED
    return EXIT_FAILURES if options.strict and run.summary.num_failed else EXIT_OK


def _open_executor(options: CorpusOptions, setup: WorkerSetup) -> Executor:
    from stad.corpus.worker_process import TimeLimit

    limit = TimeLimit(options.time_limit)
    if options.ray is not None:
        from stad.corpus.ray_cluster import RayExecutor

        return RayExecutor(setup, address=options.ray, num_workers=options.workers, limit=limit)
    from stad.corpus.local import LocalExecutor

    return LocalExecutor(setup, num_workers=options.workers, limit=limit)
