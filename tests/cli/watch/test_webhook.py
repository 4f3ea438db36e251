"""Events over HTTP to a real server that fails first, refuses, or is not there."""

import json
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stad.cli.watch import webhook
from stad.cli.watch.webhook import Webhook
from stad.errors import InputError
from stad.inference.live.events import Event
from stad.structures import Segment


def event(actor_id=1) -> Event:
    segment = Segment(actor_id, 0, 1.0, 2.0, 0.5)
    return Event("start", segment, "walk", "camera 0", datetime(2024, 1, 1, tzinfo=UTC))


@pytest.fixture
def receive(monkeypatch):
    """A server on the loopback address: answers with these codes in turn, the last one repeats."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    servers = []

    def start(*codes, wait_sec=0.0):
        got = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                code = codes[min(len(got), len(codes) - 1)]
                got.append((code, json.loads(body), self.headers["Content-Type"]))
                time.sleep(wait_sec)
                self.send_response(code)
                self.end_headers()

            def log_message(self, *_):
                """Keep off the screen."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/secret-path", got

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_failures_are_tried_again_in_order(receive):
    url, got = receive(500, 503, 429, 200)
    said = []
    hook = Webhook(url, log=said.append, first_pause_sec=0.05)
    for actor_id in (1, 2, 3):
        hook.send(event(actor_id))
    deadline = time.monotonic() + 5
    while len(got) < 6 and time.monotonic() < deadline:
        time.sleep(0.01)
    hook.close()
    assert [(code, body["actor"]) for code, body, _ in got] == [
        *((500, 1), (503, 1), (429, 1), (200, 1)),
        *((200, 2), (200, 3)),
    ]
    assert got[0][1] == event(1).to_dict()
    assert got[0][2] == "application/json"
    assert hook.num_lost == 0
    assert said == ["webhook 127.0.0.1 answered 500: it will be tried again"]


def test_pauses_grow(receive, monkeypatch):
    monkeypatch.setattr(webhook, "MAX_TRIES", 4)
    url, got = receive(500)
    hook = Webhook(url, log=lambda text: None, first_pause_sec=0.1)
    begin_sec = time.monotonic()
    hook.send(event())
    while hook.num_lost == 0 and time.monotonic() < begin_sec + 5:
        time.sleep(0.01)
    assert 0.7 <= time.monotonic() - begin_sec < 1.5
    assert len(got) == 4
    hook.close()


def test_what_is_refused_is_not_tried_again(receive):
    url, got = receive(404, 200)
    said = []
    hook = Webhook(url, log=said.append)
    hook.send(event(1))
    hook.send(event(2))
    hook.close()
    assert [(code, body["actor"]) for code, body, _ in got] == [(404, 1), (200, 2)]
    assert hook.num_lost == 1
    assert said == ["webhook 127.0.0.1 answered 404: an event is lost"]


def test_sending_never_waits_and_the_line_is_bounded(receive, monkeypatch):
    monkeypatch.setattr(webhook, "MAX_WAITING", 10)
    url, got = receive(200, wait_sec=0.3)
    hook = Webhook(url, log=lambda text: None)
    begin_sec = time.monotonic()
    for actor_id in range(30):
        hook.send(event(actor_id))
    assert time.monotonic() - begin_sec < 0.2
    hook.close(timeout_sec=0.7)
    assert len(got) <= 5
    assert len(got) + hook.num_lost == 30


def test_a_missing_server_does_not_hold_up_the_end():
    said = []
    hook = Webhook("http://127.0.0.1:9/events", log=said.append)
    hook.send(event())
    begin_sec = time.monotonic()
    hook.close(timeout_sec=0.5)
    assert time.monotonic() - begin_sec < 3
    assert hook.num_lost == 1
    assert "127.0.0.1 cannot be reached" in said[0]


@pytest.mark.parametrize("url", ["ftp://host/a", "host/a", "http://", "file:///etc/passwd"])
def test_what_is_no_url(url):
    with pytest.raises(InputError, match="http"):
        Webhook(url, log=print)
