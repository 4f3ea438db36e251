"""Run the jobs of ``media_child`` on many files, and judge how each of them ends.

``python -m tests.robustness.media_runs SEED COUNT [FOLDER]`` prints the counts and every fault.
"""

from __future__ import annotations

import collections
import json
import os
import re
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.robustness.damage import NUM_FRAMES

JOBS = ("annotate", "recognize", "read")
# A file of two seconds takes a tenth of a second; the machine may have much else to do.
LIMIT_SEC, START_SEC, END_SEC = 60.0, 300.0, 120.0
# A warning that tells that frames are missing, or may be.
LOSS = re.compile(
    r"ends early|stopped early|could not be decoded|are missing|could be read|clock of the file"
)
# Of the frames: fewer may be missing without a warning.
SMALL_LOSS = 0.1


class Child:
    """A process of ``media_child``."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "tests.robustness.media_child", str(folder), *JOBS]
        self.log = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log
        )
        assert self._process.stdout is not None
        self._buffer = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)

    def send(self, path: Path) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{path}\n".encode())
        self._process.stdin.flush()

    def line(self, limit_sec: float) -> dict | None:
        """Return the next line; None when the process has ended; TimeoutError after the limit."""
        assert self._process.stdout is not None
        while b"\n" not in self._buffer:
            if not self._selector.select(limit_sec):
                raise TimeoutError
            read = os.read(self._process.stdout.fileno(), 1 << 20)
            if not read:
                return None
            self._buffer += read
        line, _, self._buffer = self._buffer.partition(b"\n")
        return json.loads(line)

    def end(self) -> int:
        """End the process; return its exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            return self._process.wait(END_SEC)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def kill(self) -> int:
        self._process.kill()
        return self._process.wait()


def run_files(paths: Sequence[Path], folder: Path, *, workers: int = 1) -> list[dict]:
    """Return the result of each job of each file; see ``media_child.run_job``."""
    with ThreadPoolExecutor(workers) as pool:
        parts = pool.map(lambda k: _run_part(paths[k::workers], folder), range(workers))
        return [result for part in parts for result in part]


def _run_part(paths: Iterable[Path], folder: Path) -> list[dict]:
    results, child = [], None
    for path in paths:
        if child is None:
            child = Child(folder)
            ready = child.line(START_SEC)
            if ready is None:
                child.log.seek(0)
                raise AssertionError(child.log.read().decode()[-2000:])
        child.send(path)
        job, num_done = "", 0
        while num_done < len(JOBS):
            try:
                line = child.line(LIMIT_SEC)
            except TimeoutError:
                child.kill()
                line = {"code": "hang"}
            if line is None:
                line = {"code": child.kill()}
            if line.get("job") == "begin":
                job = line["begins"]
                continue
            num_done += 1
            results.append({"job": job, "file": path.name, "text": "", "left": [], **line})
            if "job" not in line:
                child = None
                break
    if child is not None:
        code = child.end()
        if code:
            results.append({"job": "end", "file": "", "code": code, "text": "", "left": []})
    return results


def fault_of(result: dict) -> str:
    """Return what is wrong with a result; "" if nothing is."""
    code, text, job = result["code"], result["text"], result["job"]
    outputs = {"annotate": ["out.json", "out.mp4"], "recognize": ["out.json"]}.get(job, [])
    if "Traceback" in text:
        return "traceback: " + text.strip().splitlines()[-1][:150]
    if code not in (0, 2):
        return f"code {code}"
    # What was computed stays if only an output cannot be written: --resume goes on with it.
    is_kept = code == 2 and "error: Cannot write" in text
    kept = ["out.mp4.stad-state"] if is_kept else []
    if result["left"] != (outputs if code == 0 else kept):
        return f"files left: {result['left']}"
    if code == 2:
        errors = [line for line in text.splitlines() if line.startswith("error: ")]
        if len(errors) != 1 or not errors[0].endswith("."):
            return f"{len(errors)} errors"
        if job == "annotate" and result["decodable"] and not is_kept:
            return f"{result['decodable']} frames decode, but: {errors[0][-150:]}"
    if job == "annotate" and code == 0:
        return _fault_of_outputs(result)
    return ""


def _fault_of_outputs(result: dict) -> str:
    frames = result["frames"]
    if not result["complete"] or result["written"] != frames:
        return f"{result['written']} frames in the mp4, {frames} in the JSON"
    if frames < result["decodable"]:
        return f"{frames} frames used, {result['decodable']} decode"
    return ""


def is_silent(result: dict) -> bool:
    """Return whether many frames of the source are missing without a warning.

    That may be right: a file that was cut, where its format does not state its length, is a
    shorter whole file.
    """
    if result["job"] != "annotate" or result["code"] != 0:
        return False
    return result["frames"] < (1 - SMALL_LOSS) * NUM_FRAMES and not LOSS.search(result["text"])


def counts(results: Iterable[dict]) -> collections.Counter[str]:
    """Return how many results there are of each kind."""
    found: collections.Counter[str] = collections.Counter()
    for result in results:
        job = result["job"]
        found[job] += 1
        if fault := fault_of(result):
            found[f"{job}: FAULT {re.sub(r'[0-9]+', 'N', fault)[:70]}"] += 1
        else:
            found[f"{job}: exit {result['code']}"] += 1
        if is_silent(result):
            found[f"{job}: silent loss"] += 1
        if result.get("labels") and 0 in result["labels"]:
            found[f"{job}: black clips"] += 1
    return found


def make_damaged(folder: Path, *, seed: int, count: int) -> list[Path]:
    """Write damaged files in a process of its own; see ``damage``."""
    arguments = [str(folder), str(seed), str(count)]
    subprocess.run([sys.executable, "-m", "tests.robustness.damage", *arguments], check=True)
    return sorted(path for path in folder.iterdir() if path.is_file())


def main() -> None:
    """Run the command line."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[3] if len(sys.argv) > 3 else scratch)
        paths = make_damaged(folder / "files", seed=int(sys.argv[1]), count=int(sys.argv[2]))
        results = run_files(paths, folder)
    for result in results:
        if fault := fault_of(result):
            print("FAULT", result["job"], result["file"], fault)
        if is_silent(result):
            print("SILENT", result["file"], result["frames"], result["text"][-200:])
        if result.get("seconds", 0) > 10:
            print("SLOW", result["job"], result["file"], result["seconds"])
    for name, count in sorted(counts(results).items()):
        print(f"{count:6d} {name}")
    if len(sys.argv) > 3:
        (folder / "results.json").write_text(json.dumps(results))


if __name__ == "__main__":
    main()
