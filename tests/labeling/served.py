"""A label server on a free port, and requests to it."""

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
from urllib.parse import urlencode

from stad.annotations.own.folder import OwnFolder
from stad.labeling.app import build_app
from stad.labeling.preparation import READY, Preparation
from stad.labeling.project import LabelProject
from stad.labeling.proposals import Proposals
from stad.own_classes.people import PeopleFinder
from stad.utils.web_server import StoppableServer, open_socket
from tests.fakes import RedSquareDetector

TOKEN = "token-of-this-test"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Served:
    """A running server."""

    folder: OwnFolder
    preparation: Preparation
    port: int

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        token: str | None = TOKEN,
        **query: str,
    ) -> Answer:
        """Send a request; a body that is not bytes goes as JSON."""
        headers = dict(headers or {})
        if token is not None:
            headers.setdefault("X-Stad-Token", token)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            address = f"{path}?{urlencode(query)}" if query else path
            connection.request(method, address, body, headers)
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, names, answer.read())
        finally:
            connection.close()

    def save(self, video: str, **change: Any) -> Answer:
        """Put a change of labels."""
        return self.call("PUT", "/api/labels", {"revision": 0, "spans": [], **change}, video=video)

    def wait_until(self, video: str, state: str = READY) -> None:
        """Wait until the preparation of a video has come to a state."""
        end = time.monotonic() + 30
        while (found := self.preparation.state_of(video)).state != state:
            assert time.monotonic() < end, found
            time.sleep(0.02)


@contextmanager
def serve_folder(path: Path, **proposal_options: Any) -> Iterator[Served]:
    """Serve the videos of a folder, in which people are red squares."""
    folder = OwnFolder(path)
    finder = PeopleFinder(folder, detector=RedSquareDetector(), log=lambda _: None)
    proposals = Proposals(folder, **proposal_options)
    preparation = Preparation(folder, finder, more_work=proposals.compute_next)
    project = LabelProject(folder, preparation, proposals)
    listener = open_socket(0)
    ended = threading.Event()
    server = StoppableServer(build_app(project, TOKEN), should_stop=ended.is_set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    preparation.start()
    thread.start()
    try:
        yield Served(folder, preparation, listener.getsockname()[1])
    finally:
        ended.set()
        thread.join(10)
        preparation.stop()
        listener.close()
