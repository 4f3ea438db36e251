"""The six commands of docs/own_classes.md on rendered people, labelled through the page."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from stad import zoo
from stad.annotations.label_maps import class_names
from stad.annotations.own.examples import boxes_at
from stad.annotations.own.folder import OwnFolder
from stad.datasets.synthetic.rendered_video import write_rendered_video
from stad.datasets.synthetic.scenes import CLASS_IDS, SyntheticScene
from stad.errors import InputError
from stad.own_classes.people import people_of
from stad.utils.boxes import box_iou
from stad.zoo.files import fetch
from tests.browser import CHROMIUM, needs_chromium
from tests.labeling.label_page import WIDE, LabelPage

ROOT = Path(__file__).parents[2]
SIZE_PX, FPS, DURATION_SEC = (192, 144), 15, 6.0
# Scenes in which people jump and others do not, and the one that is annotated afterwards.
SEEDS, UNSEEN = (12, 16, 28, 30, 32, 34, 49, 54, 98), 102
CLASS = "jumping"
PROJECT = "async () => (await fetch('/api/project' + location.search)).json()"
NEEDED = ("yolov4_tiny", "i3d_k400", "skeleton_poses")


def scene(seed: int) -> SyntheticScene:
    return SyntheticScene(seed, size_px=SIZE_PX, fps=FPS, duration_sec=DURATION_SEC)


def render(path: Path, seed: int) -> None:
    write_rendered_video(
        path,
        scene(seed).frames(),
        size_px=SIZE_PX,
        fps=FPS,
        gop_frames=FPS,
        quality={"crf": "20"},
    )


def truth(seed: int) -> list[tuple[float, np.ndarray, bool]]:
    """Time, box in pixels, and whether the person jumps, of each annotation."""
    scale = np.array([*SIZE_PX, *SIZE_PX])
    return [
        (one.time_sec, np.array(one.box) * scale, CLASS_IDS["jump"] in one.class_ids)
        for one in scene(seed).annotations()
    ]


def jumps(track, seed: int) -> bool | None:
    """Whether the person of a track jumps; None for a track that is not a person's."""
    votes = []
    for time_sec, box, is_jumping in truth(seed):
        if track.start_sec <= time_sec <= track.end_sec:
            own = boxes_at(track.times_sec, track.boxes, np.array([time_sec]))
            if box_iou(own, box[None])[0, 0] > 0.4:
                votes.append(is_jumping)
    return None if not votes else sum(votes) * 2 > len(votes)


def stad(*words: str | Path, cwd: Path, timeout: int = 1200) -> str:
    """Run a command as a user does; its output."""
    made = subprocess.run(
        [sys.executable, "-c", "from stad.cli.main import main; main()", *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "2"},
    )
    assert made.returncode == 0, made.stderr[-3000:]
    return made.stdout + made.stderr


@contextmanager
def label_server(folder: Path, cwd: Path):
    process = subprocess.Popen(
        [
            *(sys.executable, "-u", "-c", "from stad.cli.main import main; main()"),
            *("label", str(folder), "--classes", CLASS, "--no-browser"),
        ],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for line in process.stdout:
            if found := re.search(r"http://\S+", line):
                yield found[0]
                break
    finally:
        process.terminate()
        process.stdout.read()
        process.wait(30)


class Served:
    """What ``LabelPage`` needs of a server that runs elsewhere."""

    def __init__(self, folder: OwnFolder, url: str) -> None:
        self.folder, self.url = folder, url


def wait_until_prepared(page, video: str) -> None:
    """Wait until the people of a video are found; the page shows it by itself."""
    for _ in range(600):
        found = page.evaluate(
            "async () => (await (await fetch('/api/project' + location.search)).json())"
        )
        state = next(one["state"] for one in found["videos"] if one["name"] == video)
        if state == "ready":
            return
        assert state != "failed"
        time.sleep(0.3)
    raise AssertionError(f"{video} is not prepared")


def label_by_page(folder: OwnFolder, seeds: dict[str, int], url: str) -> int:
    """Label every person of every video with two keys; the number of actions of the user."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        raw = browser.new_page(viewport={"width": WIDE[0], "height": WIDE[1]})
        page = LabelPage(raw, Served(folder, url))
        raw.goto(url)
        page.until("stadLabel.session !== null")
        for video, seed in seeds.items():
            wait_until_prepared(raw, video)
            page.show(video)
            for track in people_of(folder, video).tracks:
                is_jumping = jumps(track, seed)
                if is_jumping is None:
                    continue
                page.select_lane(track.id, by="mouse")
                page.press(*(("a", "1") if is_jumping else ("n",)))
            page.saved()
        count = raw.evaluate("stadLabel.actions")
        assert page.errors == []
        browser.close()
    return count


@pytest.fixture(scope="module")
def weights():
    try:
        for entry in (zoo.detector_entry(NEEDED[0]), *map(zoo.model_entry, NEEDED[1:])):
            for file in (entry.weights, *getattr(entry, "needs", ())):
                if file is not None:
                    fetch(file, progress=False)
    except InputError as error:
        pytest.skip(f"the offline weights cannot be fetched: {error}")


@pytest.mark.longest
@pytest.mark.slow
@pytest.mark.browser
@needs_chromium
def test_the_six_commands(tmp_path, weights):
    assert CLASS not in class_names("poses")
    mine = tmp_path / "data" / "mine"
    mine.mkdir(parents=True)
    seeds = {f"scene_{seed:02d}.mp4": seed for seed in SEEDS}
    for video, seed in seeds.items():
        render(mine / video, seed)
    render(tmp_path / "other.mp4", UNSEEN)
    folder = OwnFolder(mine)

    with label_server(mine, tmp_path) as url:
        actions = label_by_page(folder, seeds, url)
    labelled = [folder.read_labels(video) for video in seeds]
    positives = sum(span.label == CLASS for one in labelled for span in one.spans)
    assert positives >= len(seeds) * 0.7
    assert actions <= 4 * sum(len(one.spans) for one in labelled) + 3 * len(seeds)

    assert CLASS in stad("check", "data/mine", cwd=tmp_path)
    assert "model" in stad("train", "data/mine", cwd=tmp_path)
    stad("evaluate", "data/mine", "--report", "report", "--no-curve", cwd=tmp_path)
    figures = json.loads((tmp_path / "report" / "report.json").read_text())
    assert figures["mAP"] > 0.5
    stad(
        *("annotate", "other.mp4", "--out", "annotated.mp4", "--json", "a.json"),
        *("--model", "data/mine"),
        cwd=tmp_path,
    )
    check_annotated(tmp_path)
    stad(
        *("watch", "other.mp4", "--model", "data/mine", "--record", CLASS),
        *("--record-dir", "recordings"),
        cwd=tmp_path,
    )
    assert list((tmp_path / "recordings").glob("*.mp4"))


def check_annotated(folder: Path) -> None:
    """The class is where it is: on the person who jumps, more than on the others."""
    assert (folder / "annotated.mp4").stat().st_size > 10_000
    document = json.loads((folder / "a.json").read_text())
    assert document["class_names"] == [CLASS]
    scores: dict[bool, list[float]] = {True: [], False: []}
    for frame in document["frames"]:
        if "keyframe_sec" not in frame:
            continue
        near = [one for one in truth(UNSEEN) if abs(one[0] - frame["keyframe_sec"]) < 0.3]
        for actor in frame["actors"]:
            for _, box, is_jumping in near:
                own = np.array([actor["box"]])
                if box_iou(own, box[None])[0, 0] > 0.4 and actor.get("actions"):
                    scores[is_jumping].append(actor["actions"][0]["score"])
    assert np.mean(scores[True]) > np.mean(scores[False]) + 0.2
    labels = {one["label"] for one in document["segments"]}
    assert labels == {CLASS}
