"""Keep the jobs in a SQLite file: what is in it survives any end of the service."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from stad.errors import InputError
from stad.serving.jobs import ENDED, WAITING, Job, JobState, Origin

VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  origin TEXT NOT NULL, address TEXT NOT NULL, wants_video INTEGER NOT NULL, state TEXT NOT NULL,
  message TEXT NOT NULL, size_bytes INTEGER NOT NULL, duration_sec REAL NOT NULL,
  media_type TEXT NOT NULL, created_at REAL NOT NULL, started_at REAL, finished_at REAL,
  crashes INTEGER NOT NULL, interruptions INTEGER NOT NULL, policy TEXT NOT NULL,
  summary TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, number);
"""
COLUMNS = tuple(field.name for field in fields(Job))
# A crash costs a job one retry. A service that is killed again and again while it works on the
# same video must not try for ever: that video may be the cause.
MAX_CRASHES, MAX_INTERRUPTIONS = 1, 4
RECENT_JOBS = 20


class JobStore:
    """The jobs of a service, in a file; every thread may call it.

    Args:
        path: of the SQLite file; made if it is not there.

    Raises:
        InputError: the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        try:
            self._base = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=30
            )
            self._base.row_factory = sqlite3.Row
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=NORMAL")
            version = self._base.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, VERSION):
                raise InputError(
                    f"{path} was written by another version of stad. Use another --data folder."
                )
            self._base.executescript(SCHEMA)
            self._base.execute(f"PRAGMA user_version={VERSION}")
        except sqlite3.Error as error:
            raise InputError(
                f"{path} cannot be used as a queue ({error}). Use another --data folder."
            ) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield self._base
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")

    def _rows(self, where: str, values: Sequence[Any] = ()) -> list[Job]:
        with self._lock:
            return [_job(row) for row in self._base.execute(f"SELECT * FROM jobs {where}", values)]

    def add(self, job: Job, *, max_waiting: int) -> bool:
        """Add a job unless there are ``max_waiting`` waiting ones; return whether it was added."""
        values = _values(job)
        del values["number"]
        names = ", ".join(values)
        with self._changing() as base:
            if self._count(base, WAITING) >= max_waiting:
                return False
            marks = ", ".join("?" * len(values))
            base.execute(f"INSERT INTO jobs ({names}) VALUES ({marks})", tuple(values.values()))
        return True

    def get(self, job_id: str) -> Job | None:
        """Return a job; None if there is none of this id."""
        return next(iter(self._rows("WHERE id=?", (job_id,))), None)

    def list(self, *, limit: int, before: int | None = None, state: str | None = None) -> list[Job]:
        """Return jobs, newest first.

        Args:
            limit: maximum number of them.
            before: number of a job; only earlier ones are returned.
            state: of the jobs; None for all.
        """
        conditions, values = ["1"], []
        if before is not None:
            conditions.append("number < ?")
            values.append(before)
        if state is not None:
            conditions.append("state = ?")
            values.append(state)
        where = f"WHERE {' AND '.join(conditions)} ORDER BY number DESC LIMIT ?"
        return self._rows(where, (*values, limit))

    def in_state(self, *states: JobState) -> list[Job]:
        """Return the jobs in these states, oldest first."""
        marks = ", ".join("?" * len(states))
        return self._rows(f"WHERE state IN ({marks}) ORDER BY number", states)

    def ids_with_files(self) -> set[str]:
        """Return the ids of the jobs that have files: those that wait, run or are done."""
        with self._lock:
            rows = self._base.execute(
                "SELECT id FROM jobs WHERE state NOT IN ('failed', 'cancelled')"
            )
            return {row["id"] for row in rows}

    def counts(self) -> dict[str, int]:
        """Return the number of jobs in each state."""
        with self._lock:
            rows = self._base.execute("SELECT state, COUNT(*) FROM jobs GROUP BY state").fetchall()
        found = {row[0]: row[1] for row in rows}
        return {state.value: found.get(state.value, 0) for state in JobState}

    def num_waiting(self) -> int:
        """Return the number of jobs that wait."""
        with self._lock:
            return self._count(self._base, WAITING)

    def num_before(self, job: Job) -> int:
        """Return how many jobs wait that came before this one."""
        with self._lock:
            row = self._base.execute(
                "SELECT COUNT(*) FROM jobs WHERE state='queued' AND number < ?", (job.number,)
            )
            return row.fetchone()[0]

    def usual_sec(self) -> float | None:
        """Return how long a job takes, the mean of the last ones; None if none has ended."""
        with self._lock:
            row = self._base.execute(
                "SELECT AVG(length) FROM (SELECT finished_at - started_at AS length FROM jobs"
                " WHERE state='done' ORDER BY finished_at DESC LIMIT ?)",
                (RECENT_JOBS,),
            )
            return row.fetchone()[0]

    def claim(self) -> Job | None:
        """Let the oldest waiting job run and return it; None if none waits."""
        with self._changing() as base:
            row = base.execute(
                "UPDATE jobs SET state='running', started_at=? WHERE number="
                "(SELECT MIN(number) FROM jobs WHERE state='queued') RETURNING *",
                (time.time(),),
            ).fetchone()
        return None if row is None else _job(row)

    def set_fetched(self, job_id: str, **facts: Any) -> Job | None:
        """Let a job wait whose video has come; None if it does not wait for one any more."""
        return self._change(job_id, (JobState.FETCHING,), state=JobState.QUEUED, **facts)

    def requeue(self, job_id: str) -> Job | None:
        """Let a running job wait again, without blame."""
        return self._change(job_id, (JobState.RUNNING,), state=JobState.QUEUED)

    def crashed(self, job_id: str, reason: str) -> Job | None:
        """Let a job wait again whose worker died, or fail if that has happened before."""
        with self._lock:
            job = self.get(job_id)
            if job is None or job.state != JobState.RUNNING:
                return None
            crashes = job.crashes + 1
            if crashes <= MAX_CRASHES:
                return self._change(
                    job_id, (JobState.RUNNING,), state=JobState.QUEUED, crashes=crashes
                )
            message = f"The process that annotated it {reason}, {crashes} times."
            return self.finish(job_id, JobState.FAILED, message=message, crashes=crashes)

    def finish(self, job_id: str, state: JobState, **facts: Any) -> Job | None:
        """End a job that waits or runs; None if it has ended already or is not there."""
        return self._change(
            job_id, (*WAITING, JobState.RUNNING), state=state, finished_at=time.time(), **facts
        )

    def cancel(self, job_id: str, *states: JobState) -> Job | None:
        """Cancel a job that is in one of these states; None for any other."""
        return self._change(job_id, states, state=JobState.CANCELLED, finished_at=time.time())

    def delete(self, job_id: str) -> JobState | None:
        """Forget a job; return its last state, None if there was none of this id."""
        with self._changing() as base:
            row = base.execute("DELETE FROM jobs WHERE id=? RETURNING state", (job_id,)).fetchone()
        return None if row is None else JobState(row["state"])

    def ended_before(self, moment: float) -> list[Job]:
        """Return the jobs that had ended by a moment, seconds since 1970."""
        marks = ", ".join("?" * len(ENDED))
        return self._rows(f"WHERE state IN ({marks}) AND finished_at < ?", (*ENDED, moment))

    def recover(self) -> list[Job]:
        """Let the jobs wait again that ran when the service died; return those."""
        changed = []
        for job in self.in_state(JobState.RUNNING):
            times = job.interruptions + 1
            if times > MAX_INTERRUPTIONS:
                message = f"The service was interrupted {times} times while it worked on it."
                self.finish(job.id, JobState.FAILED, message=message, interruptions=times)
                continue
            again = self._change(
                job.id, (JobState.RUNNING,), state=JobState.QUEUED, interruptions=times
            )
            changed += [again] if again else []
        return changed

    def _count(self, base: sqlite3.Connection, states: Sequence[JobState]) -> int:
        marks = ", ".join("?" * len(states))
        row = base.execute(f"SELECT COUNT(*) FROM jobs WHERE state IN ({marks})", states)
        return row.fetchone()[0]

    def _change(self, job_id: str, states: Sequence[JobState], **facts: Any) -> Job | None:
        """Change a job that is in one of these states; None for any other."""
        if "summary" in facts:
            facts["summary"] = json.dumps(facts["summary"])
        sets = ", ".join(f"{name}=?" for name in facts)
        marks = ", ".join("?" * len(states))
        with self._changing() as base:
            row = base.execute(
                f"UPDATE jobs SET {sets} WHERE id=? AND state IN ({marks}) RETURNING *",
                (*facts.values(), job_id, *states),
            ).fetchone()
        return None if row is None else _job(row)


def _values(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in COLUMNS} | {"summary": json.dumps(job.summary)}


def _job(row: sqlite3.Row) -> Job:
    values = {name: row[name] for name in COLUMNS}
    values["state"], values["origin"] = JobState(values["state"]), Origin(values["origin"])
    values["wants_video"] = bool(values["wants_video"])
    values["summary"] = json.loads(values["summary"])
    return Job(**values)
