"""The HTTP interface: who is let in, what is found, and what OpenAPI says of it."""

from __future__ import annotations

import http.client
import json
import re
import sqlite3

import pytest

from stad.serving.jobs import OUTPUTS, SOURCE, JobState
from stad.serving.settings import ServiceSettings
from stad.serving.tokens import Tokens
from tests.serving.served import TOKEN, serve_settings
from tests.videos import write_file

BEARER = {"Authorization": f"Bearer {TOKEN}"}
JOB = "0123456789abcdef"


@pytest.fixture(scope="module")
def secret(tmp_path_factory):
    """A service that needs a token."""
    settings = ServiceSettings(folder=tmp_path_factory.mktemp("secret"), rate=10_000)
    with serve_settings(settings, tokens=Tokens(["another-token-of-it", TOKEN])) as running:
        yield running


def done_job(served, video, *, results=("result.json", "annotated.mp4")):
    """A job that is done, with some results."""
    job_id = served.upload(video).json["id"]
    served.service.store.claim()
    folder = served.service.folders.of_job(job_id)
    for name in results:
        write_file(folder / name, f"content of {name}".encode())
    served.service.store.finish(job_id, JobState.DONE, policy="default-src 'none'; x")
    return job_id


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "/api/jobs"), ("POST", "/api/jobs"), ("POST", "/api/jobs/named")),
        *(("GET", f"/api/jobs/{JOB}"), ("DELETE", f"/api/jobs/{JOB}"), ("GET", "/api/events")),
        *(("GET", f"/api/jobs/{JOB}/source"), ("GET", "/api/live"), ("POST", "/api/live")),
        *(("GET", "/metrics"), ("GET", "/docs"), ("GET", "/openapi.json"), ("GET", "/none")),
        *(("POST", "/"), ("POST", "/logout"), ("PUT", "/health")),
    ],
)
def test_a_token_is_needed_for_all_but_the_page_and_the_health(secret, method, path):
    for headers in (
        *({}, {"Authorization": TOKEN}, {"Authorization": f"Bearer {TOKEN}x"}),
        *({"Authorization": "Bearer "}, {"Authorization": f"Basic {TOKEN}"}),
        *({"Cookie": f"{Tokens([TOKEN]).cookie}={TOKEN}"}, {"Cookie": ";;="}),
    ):
        answer = secret.call(method, path, headers=headers)
        assert answer.status == 401
        assert answer.error.startswith("The token is missing or wrong")
    if path != "/api/events":
        assert secret.call(method, path, headers=BEARER).status != 401


def test_a_token_may_come_by_any_name_of_the_host(secret):
    headers = {**BEARER, "Host": "stad.example.org"}
    assert secret.call("GET", "/api/jobs", headers=headers).status == 200


def test_the_page_asks_for_the_token_and_trades_it_for_a_cookie(secret):
    page = secret.call("GET", "/")
    assert page.status == 401
    assert b"Token of this service" in page.body
    wrong = secret.call("POST", "/login", {"token": "wrong"})
    assert (wrong.status, wrong.error) == (401, "The token is wrong.")
    right = secret.call("POST", "/login", {"token": TOKEN})
    cookie = right.headers["set-cookie"]
    assert right.status == 204
    assert TOKEN not in cookie
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    headers = {"Cookie": cookie.split(";")[0]}
    assert b"Drop videos here" in secret.call("GET", "/", headers=headers).body
    assert secret.call("GET", "/api/jobs", headers=headers).status == 200
    # A page of another site makes the browser send it nowhere; if it did, the origin is wrong.
    foreign = {**headers, "Origin": "https://evil.example"}
    assert secret.call("POST", "/api/jobs", b"x", headers=foreign).status == 403
    assert "Max-Age=0" in secret.call("POST", "/logout", headers=headers).headers["set-cookie"]


def test_without_a_token_only_loopback_is_answered(served):
    """A page of the web whose name was pointed at 127.0.0.1 gets nothing."""
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", ""):
        assert served.call("GET", "/api/jobs", headers={"Host": host}).status == 403
    for host in ("localhost", "127.0.0.1:8600", "[::1]:99"):
        assert served.call("GET", "/api/jobs", headers={"Host": host}).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_pages_of_other_sites_are_not_answered(served, headers):
    for method in ("GET", "POST"):
        assert served.call(method, "/api/jobs", headers=headers).status == 403
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert served.call("GET", "/", headers=link).status == 200
    assert served.call("POST", "/api/jobs", headers=link).status == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *((f"/api/jobs/{JOB}", 404), (f"/api/jobs/{JOB}/source", 404), ("/none", 404)),
        *((f"/api/jobs/{JOB}/events", 404), (f"/api/live/{JOB}", 404)),
        *(("/api/jobs/..", 422), ("/api/jobs/%2e%2e/%2e%2e/etc/passwd", 404)),
        *(("/api/jobs/..%2f..%2fqueue.sqlite", 404), ("//etc/passwd", 404)),
        *(("/api/jobs/ABCDEF0123456789", 422), (f"/api/jobs/{JOB}0", 422)),
        *((f"/api/jobs/{JOB}/journal.stad-state", 422), (f"/api/jobs/{JOB}/..%2f..%2flock", 404)),
        *(("/api/jobs?limit=0", 422), ("/api/jobs?limit=100000", 422), ("/api/jobs?state=x", 422)),
        *(("/api/jobs?before=99999999999999999999", 422), ("/static/../../etc/passwd", 404)),
    ],
)
def test_nothing_else_is_found(served, path, status):
    answer = served.call("GET", path)
    assert answer.status == status
    assert set(answer.json) == {"error"}
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_large_bodies_are_refused_elsewhere(served):
    body = b'{"path": "' + b"x" * 200_000 + b'"}'
    headers = {"Content-Type": "application/json"}
    assert served.call("POST", "/api/jobs/named", body, headers=headers).status == 413
    pieces = (body[i : i + 1000] for i in range(0, len(body), 1000))
    assert served.call("POST", "/api/jobs/named", pieces, headers=headers).status == 413


def test_a_client_that_asks_too_often_is_told_when_to_come_back(tmp_path):
    with serve_settings(ServiceSettings(folder=tmp_path, rate=2.0)) as served:
        answers = [served.call("GET", "/health") for _ in range(8)]
        codes = [one.status for one in answers]
        assert codes[:4] == [503] * 4
        assert codes[-1] == 429
        assert answers[-1].headers["retry-after"] == "1"
        assert answers[-1].error == "You ask too often. Wait a little."


def test_results_are_served_with_ranges(empty, video):
    job_id = done_job(empty, video)
    job = empty.call("GET", f"/api/jobs/{job_id}").json
    assert set(job["files"]) == {*(name for _, name, _ in OUTPUTS), SOURCE}
    whole = empty.call("GET", job["files"]["annotated.mp4"])
    assert (whole.status, whole.body) == (200, b"content of annotated.mp4")
    assert (whole.headers["content-type"], whole.headers["accept-ranges"]) == ("video/mp4", "bytes")
    part = empty.call("GET", job["files"]["annotated.mp4"], headers={"Range": "bytes=11-19"})
    assert (part.status, part.body) == (206, b"annotated")
    assert part.headers["content-range"] == "bytes 11-19/24"
    assert empty.call("GET", job["files"]["result.json"]).headers["content-type"] == (
        "application/json"
    )
    source = empty.call("GET", job["files"]["source"], headers={"Range": "bytes=0-3"})
    assert (source.headers["content-type"], source.body) == ("video/mp4", video.read_bytes()[:4])
    assert empty.call("HEAD", job["files"]["source"]).status == 200
    bad = empty.call("GET", job["files"]["source"], headers={"Range": "bytes=999999-"})
    assert bad.status == 416
    # Not written, as by a worker of another version.
    assert empty.call("GET", job["files"]["segments.csv"]).status == 404


def test_results_of_jobs_that_are_not_done_are_not_served(empty, video):
    job_id = empty.upload(video).json["id"]
    for name in ("source", "result.json", "timeline.html"):
        assert empty.call("GET", f"/api/jobs/{job_id}/{name}").status == 404


def test_a_named_video_that_was_replaced_by_a_link_is_not_served(empty, video):
    root = empty.service.settings.videos
    named = write_file(root / "c.mp4", video.read_bytes())
    job_id = empty.call("POST", "/api/jobs/named", {"path": "c.mp4"}).json["id"]
    empty.service.store.claim()
    empty.service.store.finish(job_id, JobState.DONE)
    address = f"/api/jobs/{job_id}/source"
    assert empty.call("GET", address).status == 200
    outside = write_file(root.parent / "outside.mp4", b"secret")
    named.unlink()
    named.symlink_to(outside)
    assert empty.call("GET", address).status == 404


def test_jobs_are_cancelled_and_deleted(empty, video):
    job_id = empty.upload(video).json["id"]
    folder = empty.service.folders.of_job(job_id)
    assert folder.is_dir()
    for _ in range(2):
        answer = empty.call("POST", f"/api/jobs/{job_id}/cancel")
        assert (answer.status, answer.json["state"]) == (200, "cancelled")
    assert not folder.exists()
    done = done_job(empty, video)
    assert empty.call("POST", f"/api/jobs/{done}/cancel").json["state"] == "done"
    assert empty.call("DELETE", f"/api/jobs/{done}").status == 204
    assert empty.call("DELETE", f"/api/jobs/{done}").status == 404
    assert not empty.service.folders.of_job(done).exists()


def test_the_page_of_a_job_has_its_own_policy(empty, video):
    job_id = done_job(empty, video, results=("timeline.html",))
    page = empty.call("GET", f"/api/jobs/{job_id}/timeline.html")
    assert page.headers["content-security-policy"] == "default-src 'none'; x"
    assert page.headers["content-type"] == "text/html; charset=utf-8"


def test_events_tell_how_a_job_goes_until_it_ends(empty, video):
    job_id = empty.upload(video).json["id"]
    (first,) = empty.events(f"/api/jobs/{job_id}/events", limit=1)
    assert (first[0], first[1]["state"]) == ("job", "queued")
    empty.call("POST", f"/api/jobs/{job_id}/cancel")
    (only,) = empty.events(f"/api/jobs/{job_id}/events", limit=10)
    assert only[1]["state"] == "cancelled"
    assert empty.events("/api/events", limit=1) == [("hello", {})]


def test_finished_jobs_are_deleted_after_a_while(empty, video, monkeypatch):
    job_id, waiting = done_job(empty, video), empty.upload(video).json["id"]
    empty.service.delete_old()
    assert empty.call("GET", f"/api/jobs/{job_id}").status == 200
    later = empty.service.store.get(job_id).finished_at + 7 * 86400 + 1
    monkeypatch.setattr("stad.serving.service.time.time", lambda: later)
    empty.service.delete_old()
    assert empty.call("GET", f"/api/jobs/{job_id}").status == 404
    assert not empty.service.folders.of_job(job_id).exists()
    assert empty.call("GET", f"/api/jobs/{waiting}").status == 200


def test_metrics_are_those_of_prometheus(empty, video):
    empty.upload(video)
    empty.call("GET", "/none/of/these")
    text = empty.call("GET", "/metrics").body.decode()
    assert 'stad_jobs{state="queued"} 1.0' in text
    assert re.search(
        r'stad_requests_total\{method="POST",route="/api/jobs",status="201"\} \d', text
    )
    assert 'route="other",status="404"' in text
    # Paths of strangers would be endless.
    assert "none" not in text
    assert re.search(r"^stad_received_bytes_total [1-9]", text, re.MULTILINE)


def test_openapi_describes_every_endpoint(served):
    described = served.call("GET", "/openapi.json").json
    assert described["info"]["title"] == "stad serve"
    num_endpoints = 0
    for path, methods in described["paths"].items():
        for operation in methods.values():
            num_endpoints += 1
            assert operation["summary"], path
            assert operation["description"], path
            assert {"401", "422", "429"} <= set(operation["responses"]), path
            for code, one in operation["responses"].items():
                assert one["description"]
                if code >= "4" and code != "416":
                    schema = one["content"]["application/json"]["schema"]
                    assert schema["$ref"].endswith("/Problem"), (path, code)
    assert num_endpoints == 18
    assert "HTTPValidationError" not in json.dumps(described["paths"])


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_load_nothing_from_elsewhere(served, path):
    page = served.call("GET", path)
    policy = page.headers["content-security-policy"]
    assert re.match(r"default-src 'none'; script-src 'sha256-\S+'; ", policy)
    assert "unsafe-eval" not in policy
    text = page.body.decode()
    assert not re.search(r"""(src|href)=["'](https?:)?//""", text)
    assert "{{" not in text


def test_a_request_that_is_not_http_is_survived(served):
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=5)
    connection.connect()
    connection.sock.sendall(b"\x16\x03\x01\x02\x00" * 10 + b"\r\n\r\n")
    connection.sock.recv(100)
    connection.close()
    assert served.call("GET", "/health").json["status"] == "not ready"


def test_a_queue_that_cannot_be_written_is_said(empty, video, monkeypatch):
    def add(*_, **__):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(empty.service.store, "add", add)
    answer = empty.upload(video)
    assert (answer.status, "disk is full" in answer.error) == (507, True)
    assert list(empty.service.settings.jobs_folder.iterdir()) == []
