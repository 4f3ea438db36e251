"""Events over HTTP to a real server that fails first, refuses, or is not there."""

import contextlib
import json
import socket
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stad.errors import InputError
from stad.inference.live import webhook
from stad.inference.live.events import Event
from stad.inference.live.webhook import Webhook
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
    # Events are sent at the same time: either may come first.
    assert [code for code, _, _ in got] == [404, 200]
    assert {body["actor"] for _, body, _ in got} == {1, 2}
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
    assert 10 <= len(got) < 30
    assert len(got) + hook.num_lost == 30


def test_a_slow_receiver_gets_all_events(receive):
    url, got = receive(200, wait_sec=0.1)
    hook = Webhook(url, log=lambda text: None)
    for actor_id in range(100):
        hook.send(event(actor_id))
    begin_sec = time.monotonic()
    while len(got) < 100 and time.monotonic() < begin_sec + 8:
        time.sleep(0.02)
    # One at a time would take ten seconds.
    assert sorted(body["actor"] for _, body, _ in got) == list(range(100))
    hook.close()
    assert hook.num_lost == 0


def test_one_event_that_always_fails_does_not_hold_up_the_others(receive, monkeypatch):
    monkeypatch.setattr(webhook, "MAX_WAIT_SEC", 0.2)
    url, got = receive(500, *[200] * 5, 500)
    hook = Webhook(url, log=lambda text: None, first_pause_sec=30.0)
    for actor_id in range(6):
        hook.send(event(actor_id))
        time.sleep(0.1)
    begin_sec = time.monotonic()
    while len(got) < 6 and time.monotonic() < begin_sec + 5:
        time.sleep(0.02)
    assert {body["actor"] for _, body, _ in got} >= {0, 1, 2, 3, 4}
    hook.close(timeout_sec=0.1)


def test_a_receiver_that_never_answers_delays_neither_events_nor_the_end(monkeypatch):
    monkeypatch.setattr(webhook, "TIMEOUT_SEC", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hook = Webhook(f"http://127.0.0.1:{silent.getsockname()[1]}/", log=lambda text: None)
        begin_sec = time.monotonic()
        for actor_id in range(200):
            hook.send(event(actor_id))
        assert time.monotonic() - begin_sec < 0.5
        hook.close(timeout_sec=0.3)
        assert time.monotonic() - begin_sec < 5
    assert hook.num_lost == 200


def test_an_answer_without_an_end_is_not_read(monkeypatch):
    def serve(server):
        connection, _ = server.accept()
        connection.recv(10_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(bytes(65536))

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        hook = Webhook(f"http://127.0.0.1:{server.getsockname()[1]}/", log=lambda text: None)
        hook.send(event())
        begin_sec = time.monotonic()
        hook.close()
        assert time.monotonic() - begin_sec < 4
    assert hook.num_lost == 0


def test_an_event_that_is_still_on_its_way_at_the_end_is_counted(monkeypatch):
    """The receiver says a byte now and then, so that no time limit of a single read is reached."""
    monkeypatch.setattr(webhook, "TIMEOUT_SEC", 0.3)
    is_over = threading.Event()

    def serve(server):
        connection, _ = server.accept()
        connection.recv(10_000)
        with contextlib.suppress(OSError):
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"-" * 1000:
                connection.sendall(bytes([byte]))
                if is_over.wait(0.1):
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        hook = Webhook(f"http://127.0.0.1:{server.getsockname()[1]}/", log=lambda text: None)
        hook.send(event())
        begin_sec = time.monotonic()
        hook.close(timeout_sec=0.3)
        assert time.monotonic() - begin_sec < 3
        assert hook.num_lost == 1
        is_over.set()


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
