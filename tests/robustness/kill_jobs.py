"""Jobs of stad in one process, for ``kill_child``, also those that otherwise take several.

Each says on stdout what it has promised: 'answered' for labels, 'accepted' for videos.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import LabelSpan, VideoLabels
from stad.utils.folders import new_folder

NUM_SAVES, NUM_JOBS, NUM_FILES = 3, 2, 3


def label(folder: str) -> None:
    """Change the labels of a video as the page of 'stad label' does, one more label each time."""
    own = OwnFolder(folder)
    known = own.read_labels("a.mp4").revision
    for revision in range(known, NUM_SAVES):
        spans = tuple(LabelSpan(None, "walk", one, one + 0.5) for one in range(revision + 1))
        saved = own.write_labels(VideoLabels("a.mp4", spans=spans, revision=revision))
        print("answered", saved.revision, flush=True)


def replace_folder(folder: str) -> None:
    """Write the folder of a model over the one before."""
    path = Path(folder) / "model"
    number = 0
    if path.is_dir():
        number = int((path / "0").read_text()) + 1
    with new_folder(path) as part:
        for name in range(NUM_FILES):
            (part / str(name)).write_text(str(number))


def corpus(videos: str, out: str, weights: str) -> None:
    """Annotate a corpus; long videos in parts."""
    from tests.corpus.corpora import tiny_options
    from tests.corpus.inline import run_inline

    run_inline([videos], out, tiny_options(Path(weights)), split_sec=1.0)


def serve(folder: str, video: str, weights: str) -> None:
    """Accept videos, those that were not accepted yet, and annotate all that wait."""
    from stad.serving.jobs import Job
    from stad.serving.results import ResultFolders
    from stad.serving.settings import ServiceSettings
    from stad.serving.store import JobStore
    from stad.serving.worker import load_models
    from tests.corpus.corpora import tiny_options

    options = tiny_options(Path(weights))
    settings = ServiceSettings(folder=Path(folder), inference=options)
    folders, store = ResultFolders(settings), JobStore(settings.folder / "queue.sqlite")
    store.recover()
    folders.tidy(store.ids_with_files())
    for number in range(NUM_JOBS):
        job_id = f"{number:016x}"
        if store.get(job_id) is None:
            upload = folders.new_upload()
            upload.write_bytes(Path(video).read_bytes())
            folders.keep(upload, job_id)
            assert store.add(Job(id=job_id, name="a.mp4"), max_waiting=9)
        print("accepted", job_id, flush=True)
    models = load_models(options, num_workers=1, log=lambda text: None)
    while (job := store.claim()) is not None:
        _annotate(job, options, models, folders, store)


def _annotate(job, options, models, folders, store) -> None:
    """Do what the worker and its runner do with a job."""
    from stad.serving.jobs import JobState
    from stad.serving.messages import Task
    from stad.serving.worker import run_task

    done = run_task(
        Task(folder=folders.of_job(job.id), name=job.name, wants_video=True, max_length_sec=99.0),
        options,
        models,
        orders=SimpleNamespace(requested=False, drops=False),
        report=lambda progress: None,
    )
    store.finish(job.id, JobState.DONE, policy=done.policy, summary=done.summary)


def note_changes_of_queue(note) -> None:
    """Have ``note`` called before and after each change of the queue of ``serve``."""
    from stad.serving.store import JobStore

    changing = JobStore._changing

    @contextmanager
    def noted(self) -> Iterator:
        note("begin queue")
        with changing(self) as base:
            yield base
            note("commit queue")
        note("end queue")

    JobStore._changing = noted


JOBS = {"label": label, "replace_folder": replace_folder, "corpus": corpus, "serve": serve}


def main(words: list[str]) -> int:
    """Run one of the jobs."""
    os.environ["OMP_NUM_THREADS"] = "1"
    JOBS[words[0]](*words[1:])
    return 0
