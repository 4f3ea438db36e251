"""An executor that does everything in this process, one task after another."""

from __future__ import annotations

import torch

from stad.corpus.run import run_corpus
from stad.corpus.store import ResultStore
from stad.corpus.tasks import WorkerSetup
from stad.corpus.videos import list_files
from stad.corpus.worker import CorpusWorker


class InlineExecutor:
    """Does what ``LocalExecutor`` does, without processes."""

    def __init__(self, setup: WorkerSetup):
        self._setup = setup
        self.tasks = []

    def start(self):
        torch.set_num_threads(self._setup.num_threads)
        self._worker = CorpusWorker(self._setup)
        return self._worker.info()

    def run(self, tasks):
        while not tasks.is_over:
            task = tasks.take()
            self.tasks.append((task.step, task.part))
            yield self._worker.do(task, begin=lambda sec: None, report=lambda sec: None)

    def close(self):
        pass


def run_inline(videos, out, options, *, split_sec=0.0, max_tries=2, num_threads=1, quiet=True):
    """Run a corpus in this process; return the run and the tasks that were done.

    Args:
        num_threads: of torch. On some processors, their number decides the last bit of scores.
    """
    executor = InlineExecutor(WorkerSetup(options, str(out), split_sec, num_threads, 0.05))
    store = ResultStore.open(out, create=True)
    files = list_files([str(one) for one in videos])
    run = run_corpus(files, store, executor, max_tries=max_tries, quiet=quiet)
    return run, executor.tasks
