"""Put damaged files through annotate, recognize and the training reader, one line of JSON a job.

``python -m tests.robustness.media_child FOLDER JOBS...`` reads paths from stdin, a line each. The
process imports stad and loads the tiny model once; a crash or a hang is seen by the runner.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# Before torch: the children of a run share few cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["TQDM_DISABLE"] = "1"

import av
import numpy as np
import torch

from stad import zoo
from stad.cli.annotate import annotate_main
from stad.cli.recognize import recognize_main
from stad.datasets.videos import VideoDataset
from stad.errors import run_script
from stad.video.streams import choose_video, packets_of

CONFIG = str(Path(__file__).parents[1] / "data" / "tiny_recognizer.py")
OPTIONS = ("--model", CONFIG, "--runtime", "torch", "--device", "cpu")
NUM_READS = 3


def decodable(path: Path) -> int:
    """Return how many frames are expected: those of different times that one thread decodes.

    After an error at the end, a decoder may give a frame a second time. On several threads, it may
    lose a frame beside each damaged packet.
    """
    times, untimed, errors = set(), 0, 0
    try:
        with av.open(f"file:{path}", metadata_errors="replace") as container:
            stream = choose_video(container)
            if stream is None or stream.codec_context is None:
                return 0
            stream.thread_type = "NONE"
            for packet in packets_of(container, stream):
                try:
                    stamps = [frame.pts for frame in packet.decode()]
                except av.error.InvalidDataError:
                    errors += 1
                    continue
                times.update(one for one in stamps if one is not None)
                untimed += stamps.count(None)
    except (av.error.FFmpegError, OSError, ValueError):
        pass
    count = len(times) + untimed
    return max(count - errors, min(count, 1))


def annotate(path: Path, folder: Path, weights: str) -> dict:
    """Annotate with the whole frame as the one actor; every kind of output that has frames."""
    out, document = folder / "out.mp4", folder / "out.json"
    code = _main(
        lambda: annotate_main(
            [
                *(str(path), *OPTIONS, "--weights", weights, "--precision", "float32", "--quiet"),
                *("--detector", "whole_frame", "--out", str(out), "--json", str(document)),
            ]
        )
    )
    facts = {"code": code, "decodable": decodable(path)}
    if code == 0:
        content = json.loads(document.read_text())
        facts |= {
            "complete": content["complete"],
            "frames": content["num_frames_written"],
            "written": decodable(out),
            "last_sec": max((one["time_sec"] for one in content["frames"]), default=0.0),
        }
    return facts


def recognize(path: Path, folder: Path, weights: str) -> dict:
    """Recognize one clip."""
    document = folder / "out.json"
    code = _main(
        lambda: recognize_main(
            [
                *(str(path), *OPTIONS, "--weights", weights, "--views", "1x1", "--quiet"),
                *("--json", str(document)),
            ]
        )
    )
    if code == 0:
        json.loads(document.read_text())
    return {"code": code}


def read(path: Path, folder: Path, weights: str) -> dict:
    """Read random clips as a training does; a clip that cannot be read has no label."""
    (folder / "labels.txt").write_text("one\n")
    (folder / "list.txt").write_text(f"{path.name} 0\n")
    labels = []

    def main() -> None:
        data = VideoDataset(
            str(folder / "list.txt"),
            str(path.parent),
            window={"num_frames": 4, "interval_frames": 4},
            short_side_px=48,
            label_map=str(folder / "labels.txt"),
            transform={"type": "ClipTransform", "scale_px": (48, 60), "crop_px": 48, "flip": 0.0},
        )
        for epoch in range(NUM_READS):
            item = data[epoch, 0]
            assert item["clips"].shape == (1, 4, 48, 48, 3)
            labels.append(int(item["label"].sum()))

    code = _main(main)
    for name in ("labels.txt", "list.txt"):
        (folder / name).unlink()
    return {"code": code, "labels": labels}


JOBS: dict[str, Callable[[Path, Path, str], dict]] = {
    "annotate": annotate,
    "recognize": recognize,
    "read": read,
}


def _main(main: Callable[[], int | None]) -> int:
    try:
        run_script(main)
    except SystemExit as stopped:
        return int(stopped.code or 0)
    raise AssertionError("run_script always exits")


def run_job(job: str, path: Path, weights: str) -> dict:
    """Run a job in an empty folder; return its facts, what it printed and what it left there."""
    folder = Path(tempfile.mkdtemp(prefix="media-"))
    kept = os.dup(1), os.dup(2)
    begin_sec = time.monotonic()
    with tempfile.TemporaryFile() as printed:
        try:
            os.dup2(printed.fileno(), 1)
            os.dup2(printed.fileno(), 2)
            facts = JOBS[job](path, folder, weights)
        except Exception:
            import traceback

            traceback.print_exc()
            facts = {"code": 1}
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for saved, number in zip(kept, (1, 2), strict=True):
                os.dup2(saved, number)
                os.close(saved)
        printed.seek(0)
        text = printed.read().decode(errors="replace")
    left = sorted(str(one.relative_to(folder)) for one in folder.rglob("*"))
    shutil.rmtree(folder)
    return {
        **{"job": job, "file": path.name, "text": text[-6000:], "left": left},
        **{"seconds": round(time.monotonic() - begin_sec, 2), **facts},
    }


def main() -> None:
    """Run the jobs of the command line on the files of stdin."""
    torch.set_num_threads(1)
    folder, jobs = Path(sys.argv[1]), sys.argv[2:]
    weights = folder / f"tiny-{os.getpid()}.pth"
    torch.manual_seed(0)
    torch.save({"state_dict": zoo.load(CONFIG, weights=None).state_dict()}, weights)
    # The model is the same for every file.
    zoo.open_model = functools.cache(zoo.open_model)
    np.seterr(all="raise", under="ignore")
    print(json.dumps({"job": "ready"}), flush=True)
    for line in sys.stdin:
        for job in jobs:
            print(json.dumps({"job": "begin", "begins": job}), flush=True)
            print(json.dumps(run_job(job, Path(line.rstrip("\n")), str(weights))), flush=True)


if __name__ == "__main__":
    main()
