"""Measure the service under many clients at once: answers, latencies and memory."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import torch

from stad import zoo

ADDRESS = re.compile(r"Serving on (http://\S+?)/ ")
START_SEC, TIMEOUT_SEC = 120.0, 60.0
# What clients do, and how often.
ACTIONS = {
    **{"upload": 3, "list": 4, "job": 4, "events": 2, "result": 3, "page": 2, "range": 3},
    **{"delete": 2, "health": 1, "start page": 2, "hostile": 3},
}
# Requests of strangers, with the refusal that is right.
HOSTILE = (
    ("GET", "/api/jobs/../../etc/passwd", 404),
    ("GET", "/api/jobs/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 404),
    ("GET", "/api/jobs/0123456789abcdef/%2e%2e%2fqueue.sqlite", 404),
    ("GET", "/api/jobs/0123456789abcdef", 404),
    ("POST", "/api/jobs/named", 422),
    ("DELETE", "/api/jobs/x", 422),
)
TOO_MANY = 429


@dataclass
class Load:
    """Measurements of a load.

    Attributes:
        answers: number of answers, by action and status.
        seconds: how long answers took, by action.
        errors: what went wrong: another status than the right one, a broken connection, a 429
            that does not say when to come back.
        memory_mb: resident memory of the service and of all its processes, each second.
    """

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    memory_mb: list[tuple[float, float]] = field(default_factory=list)

    def growth(self) -> float:
        """Return the memory of the service in the last quarter over that of the second one."""
        own = [one for one, _ in self.memory_mb]
        quarter = max(len(own) // 4, 1)
        return float(np.median(own[-quarter:]) / np.median(own[quarter : 2 * quarter]))


class Client:
    """One of many clients, with its own connection and jobs.

    Args:
        http: of this client.
        load: takes what is measured.
        video: content of the video that it uploads.
        seed: of what it does.
    """

    def __init__(self, http: httpx.AsyncClient, load: Load, video: bytes, seed: int) -> None:
        self._http, self._load, self._video = http, load, video
        self._random = random.Random(seed)
        self._jobs: list[str] = []
        self._done: list[str] = []

    async def run(self, until_sec: float) -> None:
        """Ask for one thing after the other."""
        names, weights = list(ACTIONS), list(ACTIONS.values())
        while time.monotonic() < until_sec:
            (name,) = self._random.choices(names, weights)
            begin_sec = time.monotonic()
            try:
                wait_sec = await self._act(name)
            except httpx.HTTPError as error:
                self._load.errors[f"{name}: {type(error).__name__}"] += 1
                wait_sec = 0.1
            if wait_sec is not None:
                self._load.seconds[name].append(time.monotonic() - begin_sec)
            await asyncio.sleep(0.01 if wait_sec is None else wait_sec)

    async def _act(self, name: str) -> float | None:
        """Do one thing; return how long to wait, None if there is nothing to do it with."""
        if name == "upload":
            answer = await self._http.post("/api/jobs?name=load.mp4", content=self._video)
            if answer.status_code == 201:
                self._jobs.append(answer.json()["id"])
            return self._note(name, answer, 201)
        if name == "hostile":
            method, address, status = self._random.choice(HOSTILE)
            return self._note(name, await self._http.request(method, address), status)
        if name in ("list", "health", "start page"):
            place = {"list": "/api/jobs?limit=20", "health": "/health", "start page": "/"}[name]
            return self._note(name, await self._http.get(place), 200)
        if name in ("job", "events") and self._jobs:
            return await self._follow(name, self._random.choice(self._jobs))
        if name in ("result", "page", "range", "delete") and self._done:
            return await self._use(name, self._random.choice(self._done))
        return None

    async def _follow(self, name: str, job: str) -> float:
        if name == "events":
            async with self._http.stream("GET", f"/api/jobs/{job}/events") as answer:
                if answer.status_code == 200:
                    # The first event comes at once.
                    await anext(answer.aiter_lines())
                return self._note(name, answer, 200)
        answer = await self._http.get(f"/api/jobs/{job}")
        if answer.status_code == 200 and answer.json()["state"] == "done":
            self._jobs.remove(job)
            self._done.append(job)
        return self._note(name, answer, 200)

    async def _use(self, name: str, job: str) -> float:
        place = f"/api/jobs/{job}"
        if name == "delete":
            self._done.remove(job)
            answer = await self._http.delete(place)
            if answer.status_code == TOO_MANY:
                self._done.append(job)
            return self._note(name, answer, 204)
        if name == "range":
            headers = {"Range": "bytes=100-1099"}
            answer = await self._http.get(f"{place}/annotated.mp4", headers=headers)
            return self._note(name, answer, 206)
        file = "result.json" if name == "result" else "timeline.html"
        return self._note(name, await self._http.get(f"{place}/{file}"), 200)

    def _note(self, name: str, answer: httpx.Response, right: int) -> float:
        """Count an answer; return how long it asks to wait, at most a second."""
        status = answer.status_code
        self._load.answers[name, status] += 1
        if status == TOO_MANY and answer.headers.get("retry-after", "").isdecimal():
            return min(float(answer.headers["retry-after"]), 1.0)
        if status != right:
            self._load.errors[f"{name}: {status}"] += 1
        return 0.0


async def put_load(url: str, video: bytes, *, num_clients: int, seconds: float, pid: int) -> Load:
    """Let clients use a service for a time.

    Args:
        url: of the service.
        video: content of the video that they upload.
        num_clients: at once.
        seconds: how long.
        pid: of the service, whose memory is measured.
    """
    load, until_sec = Load(), time.monotonic() + seconds
    async with contextlib.AsyncExitStack() as stack:
        limits = httpx.Limits(max_connections=2)
        clients = [
            Client(
                await stack.enter_async_context(
                    httpx.AsyncClient(base_url=url, timeout=TIMEOUT_SEC, limits=limits)
                ),
                load,
                video,
                seed,
            )
            for seed in range(num_clients)
        ]
        work = [one.run(until_sec) for one in clients]
        await asyncio.gather(*work, _watch_memory(load, pid, until_sec))
    return load


async def _watch_memory(load: Load, pid: int, until_sec: float) -> None:
    while time.monotonic() < until_sec:
        processes = _with_children(pid)
        sizes = [_memory_mb(one) for one in processes]
        load.memory_mb.append((max(sizes[:2], default=0.0), sum(sizes)))
        await asyncio.sleep(1.0)


def _with_children(pid: int) -> list[int]:
    """Return a process and those below it, the process first."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += [int(word) for word in (task / "children").read_text().split()]
    return found


def _memory_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        return int(match[1]) / 1024 if match else 0.0
    return 0.0


@contextlib.contextmanager
def running_service(folder: Path, words: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Run ``stad serve`` on a free port; give its address and its process.

    Args:
        folder: for its data and its log.
        words: of the command line, besides the folder and the port.
    """
    code = "import sys; sys.argv[0] = 'stad'; from stad.cli.main import main; main()"
    command = [sys.executable, "-c", code, "serve", "--data", str(folder / "data"), "--port", "0"]
    log = folder / "serve.log"
    # Of this checkout, wherever the command runs.
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    with log.open("w") as file:
        process = subprocess.Popen(
            [*command, *words], stdout=file, stderr=subprocess.STDOUT, env=env
        )
    try:
        yield _wait_for_address(process, log), process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=TIMEOUT_SEC)


def _wait_for_address(process: subprocess.Popen, log: Path) -> str:
    until_sec = time.monotonic() + START_SEC
    while time.monotonic() < until_sec and process.poll() is None:
        match = ADDRESS.search(log.read_text())
        if match:
            return match[1]
        time.sleep(0.1)
    raise RuntimeError(f"the service did not start:\n{log.read_text()}")


def rows(load: Load) -> Iterator[dict[str, Any]]:
    """Yield a row for each action: answers by status, and latencies in milliseconds."""
    for name in ACTIONS:
        times = load.seconds.get(name)
        if not times:
            continue
        counts = {status: n for (action, status), n in load.answers.items() if action == name}
        low, high = np.percentile(times, [50, 95]) * 1000
        yield {
            "action": name,
            "answers": ", ".join(f"{n} x {status}" for status, n in sorted(counts.items())),
            "median_ms": float(low),
            "p95_ms": float(high),
            "max_ms": max(times) * 1000,
        }


def write_video(path: Path, *, num_frames: int = 12) -> bytes:
    """Write a small video with a moving square; return its content."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=12)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for index in range(num_frames):
            image = np.full((120, 160, 3), 90, np.uint8)
            image[40:80, 10 + 4 * index : 30 + 4 * index] = (220, 30, 30)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path.read_bytes()


def small_model(folder: Path, config: Path) -> list[str]:
    """Write random weights for a small model; return the words of a command line that take it."""
    torch.manual_seed(0)
    weights = folder / "weights.pth"
    torch.save({"state_dict": zoo.load(str(config), weights=None).state_dict()}, weights)
    words = ["--model", str(config), "--weights", str(weights), "--detector", "whole_frame"]
    # The first label alone: a network with random weights is sure of none.
    words += ["--threshold", "0", "--labels", "stand", "--precision", "float32"]
    return [*words, "--runtime", "torch", "--device", "cpu"]
