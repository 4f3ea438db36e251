"""The queue with real worker processes: results, crashes, cancelled jobs, restarts."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from stad.serving import runner as runner_module
from stad.serving.settings import ServiceSettings
from tests.serving.served import serve_settings, tiny_options
from tests.videos import write_video

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def options(tmp_path_factory):
    return tiny_options(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def long_video(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("long") / "a.mp4", num_frames=1500)


@pytest.fixture(scope="module")
def working(tmp_path_factory, options):
    settings = ServiceSettings(
        folder=tmp_path_factory.mktemp("working"),
        inference=options,
        rate=10_000,
        live={"door": str(write_video(tmp_path_factory.mktemp("live") / "a.mp4", num_frames=900))},
        max_live=1,
    )
    with serve_settings(settings, with_workers=True) as served:
        yield served


def wait_for(is_true, timeout_sec=240):
    end = time.monotonic() + timeout_sec
    while not (found := is_true()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def is_under_way(served, job_id):
    """The job has frames, and the journal has some of its windows."""
    job = served.call("GET", f"/api/jobs/{job_id}").json
    assert job["state"] in ("queued", "running"), job
    return job["progress"] and job["progress"]["num_frames"] > 100


def test_a_video_is_annotated(working, video):
    assert working.call("GET", "/health").json["status"] == "ok"
    job_id = working.upload(video, query="name=party.mp4").json["id"]
    events = working.events(f"/api/jobs/{job_id}/events", limit=100)
    job = events[-1][1]
    assert (job["state"], job["message"], job["tries"]) == ("done", "", 1)
    assert (job["summary"]["num_frames"], job["summary"]["num_people"]) == (12, 1)
    assert job["summary"]["labels"][0]["label"] == "stand"
    document = working.call("GET", job["files"]["result.json"]).json
    assert document["video"]["name"] == "party.mp4"
    page = working.call("GET", job["files"]["timeline.html"])
    assert "sha256-" in page.headers["content-security-policy"]
    part = working.call("GET", job["files"]["annotated.mp4"], headers={"Range": "bytes=4-7"})
    assert (part.status, part.body) == (206, b"ftyp")
    text = working.call("GET", "/metrics").body.decode()
    assert 'stad_jobs_ended_total{state="done"} 1.0' in text
    assert "stad_frames_total 12.0" in text


def test_a_worker_that_hangs_or_dies_costs_a_retry_and_then_an_error(
    working, long_video, video, monkeypatch
):
    job_id = working.upload(long_video).json["id"]
    (runner,) = working.service.runners
    wait_for(lambda: is_under_way(working, job_id))
    monkeypatch.setattr(runner_module, "STUCK_SEC", 1.0)
    os.kill(runner.pid, signal.SIGSTOP)
    wait_for(lambda: working.call("GET", f"/api/jobs/{job_id}").json["tries"] == 2)
    monkeypatch.undo()
    wait_for(lambda: is_under_way(working, job_id))
    os.kill(runner.pid, signal.SIGSEGV)
    job = working.wait_until(job_id, "failed")
    assert job["message"].endswith("was ended by the signal SIGSEGV, 2 times.")
    assert not working.service.folders.of_job(job_id).exists()
    # The next video is annotated by a new worker.
    assert working.wait_until(working.upload(video).json["id"], "done")["tries"] == 1
    assert "stad_worker_crashes_total 2.0" in working.call("GET", "/metrics").body.decode()


def test_running_jobs_are_cancelled_and_deleted_without_a_new_worker(working, long_video, video):
    (runner,) = working.service.runners
    pid = runner.pid
    for method, path, code in (("POST", "/cancel", 200), ("DELETE", "", 204)):
        job_id = working.upload(long_video).json["id"]
        wait_for(lambda job_id=job_id: is_under_way(working, job_id))
        assert working.call(method, f"/api/jobs/{job_id}{path}").status == code
        folder = working.service.folders.of_job(job_id)
        wait_for(lambda folder=folder: not folder.exists())
    assert working.wait_until(working.upload(video).json["id"], "done")
    assert runner.pid == pid


def test_a_live_source_is_watched_and_stopped(working):
    answer = working.call("POST", "/api/live", {"source": "door"})
    assert answer.status == 201
    live_id = answer.json["id"]
    second = working.call("POST", "/api/live", {"source": "door"})
    assert (second.status, "the limit" in second.error) == (429, True)
    (first,) = working.events(f"/api/live/{live_id}/events", limit=1)
    assert (first[0], first[1]["event"], first[1]["source"]) == ("event", "start", "door")
    assert working.call("DELETE", f"/api/live/{live_id}").status == 202
    # The end of the action still comes.
    events = working.events(f"/api/live/{live_id}/events", limit=100)
    kinds = [values["event"] for name, values in events if name == "event"]
    assert kinds == ["start", "end"]
    name, last = events[-1]
    assert (name, last["state"], last["num_events"]) == ("over", "ended", 2)
    # After a broken connection: those that did not come.
    later = working.events(f"/api/live/{live_id}/events", limit=100, **{"Last-Event-ID": "1"})
    assert [values.get("event") for _, values in later] == ["end", None]
    for source in ("rtsp://10.0.0.1/x", "/etc/passwd", "0", "none"):
        assert working.call("POST", "/api/live", {"source": source}).status == 404
    hook = {"source": "door", "webhook": "http://127.0.0.1:1/"}
    assert working.call("POST", "/api/live", hook).status == 403


def test_a_restart_continues_the_queue(tmp_path, options, long_video):
    settings = ServiceSettings(folder=tmp_path / "a", inference=options, rate=10_000)
    with serve_settings(settings, with_workers=True) as served:
        ids = [served.upload(long_video, query="video=false").json["id"] for _ in range(2)]
        wait_for(lambda: is_under_way(served, ids[0]))
    # With other files of an earlier service.
    (settings.incoming_folder / "0123").write_bytes(b"half")
    (settings.jobs_folder / "0123456789abcdef").mkdir()
    with serve_settings(settings, with_workers=True) as served:
        jobs = [served.wait_until(one, "done") for one in ids]
        assert [one["tries"] for one in jobs] == [1, 1]
        documents = [
            json.loads(served.call("GET", one["files"]["result.json"]).body) for one in jobs
        ]
        assert documents[0] == documents[1]
        assert documents[0]["num_frames_written"] == 1500
        assert not list(settings.incoming_folder.iterdir())
        assert sorted(one.name for one in settings.jobs_folder.iterdir()) == sorted(ids)
