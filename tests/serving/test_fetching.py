"""Videos of URLs, from a real server on loopback: sizes, redirects, private addresses."""

from __future__ import annotations

import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from stad.errors import InputError
from stad.serving.fetching import Unwanted, fetch
from stad.serving.live_worker import ConfinedWebhook
from stad.serving.settings import ServiceSettings
from tests.serving.served import serve_settings

CONTENT = b"0123456789" * 1000


class Handler(BaseHTTPRequestHandler):
    """Answers by the path."""

    video = b""
    posted: ClassVar[list[tuple]] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        names = ("Host", "Content-Type", "Authorization")
        self.posted.append((self.path, body, *(self.headers[name] for name in names)))
        self.send_response(204)
        self.end_headers()

    def do_GET(self):
        kind = self.path.split("?")[0].strip("/")
        if kind.startswith("to-"):
            self.send_response(302)
            self.send_header("Location", kind.removeprefix("to-").replace("|", "/"))
            self.end_headers()
            return
        if kind == "loop":
            self.send_response(301)
            self.send_header("Location", "/loop")
            self.end_headers()
            return
        if kind == "none":
            self.send_error(404)
            return
        content = self.video if kind.endswith("mp4") else CONTENT
        self.send_response(200)
        if kind != "endless":
            self.send_header("Content-Length", str(len(content) * (2 if kind == "cut" else 1)))
        self.end_headers()
        for _ in range(1000 if kind == "endless" else 1):
            try:
                self.wfile.write(content)
            except OSError:
                return

    def log_message(self, *_):
        """Keep off the screen."""


@pytest.fixture(scope="module")
def web(video):
    handler = type("VideoHandler", (Handler,), {"video": video.read_bytes()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def get(url, path, *, max_bytes=100_000, allow_private=True, is_wanted=lambda: True, **options):
    return fetch(
        *(url, path),
        max_bytes=max_bytes,
        allow_private=allow_private,
        is_wanted=is_wanted,
        **options,
    )


def test_a_file_is_fetched_also_over_a_redirect(web, tmp_path):
    path = tmp_path / "a"
    assert get(f"{web}/a?b=1", path) == len(CONTENT)
    assert path.read_bytes() == CONTENT
    assert get(f"{web}/to-|a", path) == len(CONTENT)
    # A host by its name.
    assert get(web.replace("127.0.0.1", "localhost") + "/a", path) == len(CONTENT)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/none", "answered 404"),
        ("/loop", "more than 5 times"),
        ("/cut", "interrupted"),
        ("/to-file:||etc|passwd", "must begin with http://"),
        ("/to-http:||127.0.0.1:1|a", "cannot be reached"),
    ],
)
def test_failures_are_said_and_leave_nothing(web, tmp_path, path, message):
    with pytest.raises(InputError, match=message):
        get(web + path, tmp_path / "a")
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("path", ["/a", "/endless"])
def test_the_size_is_limited_with_and_without_a_length(web, tmp_path, path):
    with pytest.raises(InputError, match="larger than 5000 bytes"):
        get(web + path, tmp_path / "a", max_bytes=5000)
    assert not (tmp_path / "a").exists()


def test_private_addresses_are_called_only_where_that_is_allowed(web, tmp_path):
    for url in (web + "/a", web.replace("127.0.0.1", "localhost") + "/a"):
        with pytest.raises(InputError, match="private address"):
            get(url, tmp_path / "a", allow_private=False)


def test_what_is_not_wanted_any_more_or_takes_too_long_is_dropped(web, tmp_path):
    with pytest.raises(Unwanted):
        get(web + "/endless", tmp_path / "a", max_bytes=10**9, is_wanted=lambda: False)
    with pytest.raises(InputError, match="too long"):
        get(web + "/endless", tmp_path / "a", max_bytes=10**9, total_sec=0)
    assert not (tmp_path / "a").exists()


def test_jobs_of_urls(web, tmp_path):
    settings = ServiceSettings(folder=tmp_path / "a", allow_urls=True, allow_private=True)
    with serve_settings(settings) as served:
        answer = served.call("POST", "/api/jobs/named", {"url": f"{web}/party.mp4"})
        assert (answer.status, answer.json["name"], answer.json["origin"]) == (
            *(201, "party.mp4"),
            "url",
        )
        job = served.wait_until(answer.json["id"], "queued")
        assert job["duration_sec"] == 1.0
        bad = served.call("POST", "/api/jobs/named", {"url": f"{web}/text"}).json
        failed = served.wait_until(bad["id"], "failed")
        assert failed["message"].startswith("Expected a video, but text cannot be read as one")
        assert not served.service.folders.of_job(bad["id"]).exists()


def test_a_service_that_may_call_public_addresses_only(web, tmp_path):
    with serve_settings(ServiceSettings(folder=tmp_path / "b", allow_urls=True)) as served:
        for url in (f"{web}/party.mp4", "http://169.254.169.254/latest/meta-data"):
            job = served.call("POST", "/api/jobs/named", {"url": url}).json
            assert "private address" in served.wait_until(job["id"], "failed")["message"]
        assert served.call("POST", "/api/jobs/named", {"url": "file:///etc/passwd"}).status == 400


def test_a_webhook_is_called_without_the_password_of_its_url(web):
    host = web.removeprefix("http://")
    url = f"http://name:secret@{host}/hook?a=1"
    with closing(ConfinedWebhook(url, allow_private=True, log=print)) as hook:
        hook._post(b"{}")
    assert Handler.posted == [("/hook?a=1", b"{}", host, "application/json", None)]
    with (
        closing(ConfinedWebhook(url, allow_private=False, log=print)) as hook,
        pytest.raises(OSError, match="private address"),
    ):
        hook._post(b"{}")
