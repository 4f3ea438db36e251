"""A service on a free port, without or with workers, and requests to it."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from stad import zoo
from stad.inference.options import InferenceOptions
from stad.serving.app import build_app
from stad.serving.service import Service
from stad.serving.settings import ServiceSettings
from stad.serving.tokens import Tokens
from stad.utils.web_server import StoppableServer, open_socket
from tests.cli.scripts import ROOT

CONFIG = str(ROOT / "tests" / "data" / "tiny_detector.py")
TOKEN = "0123456789abcdef-token"
BOUNDARY = "----form-boundary"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return self.json["error"]


@dataclass
class Served:
    """A running service."""

    service: Service
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request; a body that is neither bytes nor an iterator goes as JSON."""
        headers = dict(headers or {})
        if isinstance(body, dict | list):
            body = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, names, answer.read())
        finally:
            connection.close()

    def upload(self, video: Path, *, query: str = "name=a.mp4", **options: Any) -> Answer:
        return self.call("POST", f"/api/jobs?{query}", video.read_bytes(), **options)

    def form(self, content: bytes, *, name: str = "a.mp4", field: str = "video") -> Answer:
        """Send a form with a field and a file."""
        body = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"'
            "\r\nContent-Type: video/mp4\r\n\r\n"
        ).encode()
        body += content + f"\r\n--{BOUNDARY}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return self.call("POST", "/api/jobs", body, headers=headers)

    def wait_until(self, job_id: str, *states: str, timeout_sec: float = 240) -> dict[str, Any]:
        """Wait until a job is in one of these states; return it."""
        end = time.monotonic() + timeout_sec
        while (job := self.call("GET", f"/api/jobs/{job_id}").json)["state"] not in states:
            assert time.monotonic() < end, job
            time.sleep(0.05)
        return job

    def events(self, path: str, *, limit: int, **headers: str) -> list[tuple[str, Any]]:
        """Return the first server-sent events of an address, or all until its end."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=240)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        assert answer.getheader("Content-Type").startswith("text/event-stream")
        found, name = [], ""
        for line in answer:
            key, _, value = line.decode().strip().partition(": ")
            if key == "event":
                name = value
            elif key == "data":
                found.append((name, json.loads(value)))
                if len(found) == limit:
                    break
        connection.close()
        return found


def tiny_options(folder: Path) -> InferenceOptions:
    """Options with a tiny network of random weights that looks at the whole frame."""
    torch.manual_seed(0)
    weights = folder / "tiny.pth"
    torch.save({"state_dict": zoo.load(CONFIG, weights=None).state_dict()}, weights)
    return InferenceOptions(
        model=CONFIG,
        weights=str(weights),
        detector="whole_frame",
        threshold=0.0,
        labels=("stand",),
        device="cpu",
        precision="float32",
        runtime="torch",
    )


@contextmanager
def serve_settings(
    settings: ServiceSettings, *, tokens: Tokens | None = None, with_workers: bool = False
) -> Iterator[Served]:
    """Serve in a thread."""
    service = Service(settings)
    listener = open_socket(0)
    ended = threading.Event()

    def should_stop() -> bool:
        if ended.is_set():
            service.hub.close()
        return ended.is_set()

    server = StoppableServer(build_app(service, tokens or Tokens()), should_stop=should_stop)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    service.start(with_workers=with_workers)
    thread.start()
    try:
        if with_workers:
            assert service.wait_until_ready(lambda: False)
        yield Served(service, listener.getsockname()[1])
    finally:
        ended.set()
        thread.join(20)
        service.stop()
        listener.close()
