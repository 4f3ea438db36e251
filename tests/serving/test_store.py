"""The queue: orders, states, crashes, restarts, and many threads at once."""

from __future__ import annotations

import threading
import time

import pytest

from stad.errors import InputError
from stad.serving.jobs import Job, JobState, new_id
from stad.serving.store import MAX_INTERRUPTIONS, JobStore


@pytest.fixture
def store(tmp_path):
    store = JobStore(tmp_path / "queue.sqlite")
    yield store
    store.close()


def add(store, *, name="a.mp4", state=JobState.QUEUED, limit=100):
    job = Job(id=new_id(), name=name, state=state, created_at=time.time(), summary={"a": [1]})
    return job.id if store.add(job, max_waiting=limit) else None


def test_jobs_run_in_the_order_of_arrival(store):
    first, second = add(store), add(store)
    assert store.get(first).summary == {"a": [1]}
    assert store.num_before(store.get(second)) == 1
    claimed = store.claim()
    assert (claimed.id, claimed.state) == (first, JobState.RUNNING)
    assert store.claim().id == second
    assert store.claim() is None
    assert [one.id for one in store.list(limit=10)] == [second, first]
    assert [one.id for one in store.list(limit=10, before=store.get(second).number)] == [first]
    assert store.list(limit=10, state="done") == []


def test_the_queue_is_bounded_by_those_that_wait(store):
    assert add(store, limit=2)
    assert add(store, state=JobState.FETCHING, limit=2)
    assert add(store, limit=2) is None
    store.claim()
    assert add(store, limit=2)
    assert store.counts() == {
        **{"fetching": 1, "queued": 1, "running": 1},
        **{"done": 0, "failed": 0, "cancelled": 0},
    }


def test_a_crash_costs_a_retry_and_the_next_one_fails_the_job(store):
    job_id = add(store)
    store.claim()
    assert store.crashed(job_id, "was ended by the signal SIGSEGV").state == JobState.QUEUED
    store.claim()
    failed = store.crashed(job_id, "was ended by the signal SIGSEGV")
    assert (failed.state, failed.crashes) == (JobState.FAILED, 2)
    assert failed.message == (
        "The process that annotated it was ended by the signal SIGSEGV, 2 times."
    )
    # It has ended: nothing more happens to it.
    assert store.crashed(job_id, "x") is None
    assert store.requeue(job_id) is None


def test_a_job_that_ended_stays_as_it_is(store):
    job_id = add(store)
    store.claim()
    assert store.cancel(job_id, JobState.QUEUED) is None
    assert store.cancel(job_id, JobState.RUNNING).state == JobState.CANCELLED
    assert store.finish(job_id, JobState.DONE) is None
    assert store.get(job_id).state == JobState.CANCELLED
    assert store.delete(job_id) == JobState.CANCELLED
    assert store.delete(job_id) is None
    assert store.get(job_id) is None


def test_a_restart_continues_what_ran_but_not_for_ever(tmp_path):
    path = tmp_path / "queue.sqlite"
    store = JobStore(path)
    job_id = add(store)
    for times in range(1, MAX_INTERRUPTIONS + 1):
        assert store.claim().id == job_id
        store.close()
        store = JobStore(path)
        (again,) = store.recover()
        assert (again.id, again.state, again.interruptions) == (job_id, JobState.QUEUED, times)
    store.claim()
    assert store.recover() == []
    assert store.get(job_id).state == JobState.FAILED
    assert "interrupted 5 times" in store.get(job_id).message
    store.close()


def test_old_jobs_are_those_that_ended_long_ago(store):
    job_id, _ = add(store), add(store)
    store.claim()
    store.finish(job_id, JobState.DONE, summary={"num_frames": 3})
    assert store.ended_before(time.time() - 5) == []
    assert [one.id for one in store.ended_before(time.time() + 5)] == [job_id]
    assert store.get(job_id).summary == {"num_frames": 3}
    assert 0 <= store.usual_sec() < 1


def test_each_job_is_claimed_once_by_many_threads(store):
    ids = {add(store) for _ in range(60)}
    claimed = []

    def work():
        while (job := store.claim()) is not None:
            claimed.append(job.id)
            store.finish(job.id, JobState.DONE)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(claimed) == 60
    assert set(claimed) == ids


def test_a_file_that_is_not_a_queue_is_refused(tmp_path):
    path = tmp_path / "queue.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(InputError, match="cannot be used as a queue"):
        JobStore(path)
