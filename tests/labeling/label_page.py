"""A folder of small videos, its server, and the label page in Chromium by mouse and keys."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import ActorTrack, LabelSpan, VideoLabels, labels_to_json
from stad.labeling.app import build_app
from stad.labeling.preparation import Preparation
from stad.labeling.project import LabelProject
from stad.labeling.proposals import Proposals
from stad.labeling.serving import LoopbackServer, open_socket, page_url
from stad.own_classes.people import PeopleFinder, cached_path
from tests.browser import CHROMIUM
from tests.videos import write_video

WIDE, NARROW = (1280, 800), (800, 600)

# Each function at both sizes, by keys and by mouse; half of it is left to the slow run.
ALL_WAYS = pytest.mark.parametrize(
    ("size", "by"),
    [
        pytest.param(WIDE, "keys", id="wide-keys"),
        pytest.param(NARROW, "mouse", id="narrow-mouse"),
        pytest.param(WIDE, "mouse", id="wide-mouse", marks=pytest.mark.slow),
        pytest.param(NARROW, "keys", id="narrow-keys", marks=pytest.mark.slow),
    ],
)
SIZES = pytest.mark.parametrize(
    "size",
    [
        pytest.param(WIDE, id="wide", marks=pytest.mark.slow),
        pytest.param(NARROW, id="narrow"),
    ],
)
VIDEO, SECOND, THIRD = "a.mp4", "b.mp4", "c.mp4"
SIZE_PX, FPS, DURATION_SEC = (320, 240), 10, 12.0
CLASSES = ("squat", "lunge", "march")
WAIT_SEC = 10
TOKEN = "secret-of-the-test"
# Actor -> from where to where it is there, and its box: #1 leaves before #2 comes.
PEOPLE = {
    0: (0.0, 11.8, (20, 60, 60, 200)),
    1: (0.0, 5.0, (100, 60, 140, 200)),
    2: (6.0, 11.8, (110, 60, 150, 200)),
    3: (3.0, 9.0, (220, 60, 270, 200)),
}
# Scripts that tests run in the page.
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
IN_VIDEO = """([x, y]) => {
  const place = frameIn(video, sizeOfVideo()), box = video.getBoundingClientRect();
  return [box.left + place.left + x * place.scale, box.top + place.top + y * place.scale];
}"""
SELECTED = """(() => {
  const { lane, also, range, span, ghost } = stadLabel.selection;
  const plain = (one) => one && [one.track, one.label, one.start, one.end, one.positive];
  const own = lane === undefined ? "none" : lane;
  return { lane: own, also, range, span: plain(span), ghost: plain(ghost) };
})()"""


def track(
    track_id: int, start_sec: float, end_sec: float, box, *, step_sec: float = 0.2
) -> ActorTrack:
    """A track that stays where it is."""
    times = np.round(np.arange(start_sec, end_sec + 0.01, step_sec), 3)
    return ActorTrack(track_id, times, np.tile(np.array(box, np.float32), (len(times), 1)))


def people_tracks() -> tuple[ActorTrack, ...]:
    """The tracks of ``PEOPLE``."""
    return tuple(track(one, *rest) for one, rest in PEOPLE.items())


def write_people(folder: OwnFolder, video: str, tracks, *, duration_sec: float) -> None:
    """Write what the detector and the tracker would have found."""
    mark = fingerprint(folder.video_path(video))
    people = VideoLabels(video, *SIZE_PX, duration_sec, mark, tracks=tuple(tracks))
    content = {**labels_to_json(people), "fps": FPS, "detector": "test"}
    cached_path(folder, video).write_text(json.dumps(content))


def make_folder(path: Path) -> OwnFolder:
    """A folder of three videos: people in the first one only."""
    path.mkdir()
    folder = OwnFolder(path)
    write_video(path / VIDEO, num_frames=int(FPS * DURATION_SEC), fps=FPS, size=SIZE_PX)
    for name in (SECOND, THIRD):
        write_video(path / name, num_frames=20 + ord(name[0]) % 2, fps=FPS, size=SIZE_PX)
    folder.write_classes(CLASSES)
    write_people(folder, VIDEO, people_tracks(), duration_sec=DURATION_SEC)
    for name in (SECOND, THIRD):
        write_people(folder, name, (), duration_sec=2.0)
    return folder


def write_proposals(folder: OwnFolder, spans: list[tuple]) -> None:
    """Write what a trained model would have proposed: (track, label, start, end, score)."""
    folder.model_path.mkdir(exist_ok=True)
    (folder.model_path / "model.json").write_text("{}")
    proposals = Proposals(folder)
    rows = [
        dict(zip(("track", "label", "start_sec", "end_sec", "score"), one, strict=True))
        for one in spans
    ]
    proposals._write(VIDEO, proposals._model_print(), rows)


class Server:
    """The server of ``stad label`` in a thread, which can be stopped and started again."""

    def __init__(self, folder: OwnFolder) -> None:
        self.folder, self.port = folder, 0

    def start(self) -> Server:
        """Start, the second time at the same address."""
        self._preparation = Preparation(self.folder, PeopleFinder(self.folder, log=lambda _: None))
        project = LabelProject(self.folder, self._preparation, Proposals(self.folder))
        listener = open_socket(self.port)
        self.port = listener.getsockname()[1]
        self.url = page_url(listener, TOKEN)
        self._ended = threading.Event()
        self._server = LoopbackServer(build_app(project, TOKEN), should_stop=self._ended.is_set)
        self._preparation.start()
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """End without finishing what is running."""
        self._preparation.stop()
        self._server.force_exit = True
        self._ended.set()
        self._thread.join(10)


class LabelPage:
    """The page as a user handles it, and the labels as they are on disk."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page, self.server, self.folder = page, server, server.folder
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, video: str = VIDEO) -> LabelPage:
        self.page.goto(self.server.url)
        self.until("stadLabel.session !== null")
        return self.show(video)

    def show(self, video: str) -> LabelPage:
        """Open a video of the list, and wait until it can be played."""
        if self.text("#name") != video:
            if not self.page.locator("#videos").is_visible():
                self.page.click("#listbutton")
            self.page.click(f'[data-video="{video}"]')
        return self.wait_for(video)

    def wait_for(self, video: str) -> LabelPage:
        self.until(f"stadLabel.session?.video === {video!r} && video.readyState > 0")
        self.settle()
        return self

    def until(self, expression: str) -> None:
        """Wait for something; the page's policy does not let it evaluate texts itself."""
        end = time.monotonic() + WAIT_SEC
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, f"never: {expression}"
            time.sleep(0.03)

    def settle(self) -> None:
        """Wait until everything is drawn."""
        self.page.evaluate(DRAWN)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.text_content() or ""

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def click(self, selector: str) -> None:
        self.page.click(selector)
        self.settle()

    def command(self, name: str) -> None:
        """Click the button of a command."""
        self.click(f'button[data-command="{name}"]:visible')

    def give(self, place: int, *, by: str) -> None:
        """Give the class of a place, 0 to 8, by its key or by its button."""
        if by == "keys":
            self.press(str(place + 1))
        else:
            self.click(f"#classes .give >> nth={place}")

    def at(self) -> float:
        return self.page.evaluate("stadLabel.time")

    def seek(self, sec: float) -> None:
        """Click the ruler."""
        box = self.page.locator("#ruler").bounding_box()
        self.page.mouse.click(self.x_of(sec), box["y"] + 12)
        self.settle()
        assert self.at() == pytest.approx(sec, abs=0.02)

    def x_of(self, sec: float) -> float:
        return self.page.evaluate("sec => toX(sec) + $('sheet').getBoundingClientRect().left", sec)

    def y_of(self, lane: int | None) -> float:
        name = "clip" if lane is None else lane
        row = self.page.locator(f'.lane[data-lane="{name}"]')
        row.scroll_into_view_if_needed()
        box = row.bounding_box()
        return box["y"] + box["height"] - 6

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=2)
        self.page.mouse.move(*end, steps=2)
        self.page.mouse.up()
        self.settle()

    def drag_time(self, lane: int | None, start_sec: float, end_sec: float) -> None:
        """Drag in the free part of a lane."""
        y = self.y_of(lane)
        self.drag((self.x_of(start_sec), y), (self.x_of(end_sec), y))

    def range_by_keys(self, lane: int | None, start_sec: float, end_sec: float) -> None:
        """Select a lane, and a time in it with i and o."""
        self.lane_by_keys(lane)
        self.seek_by_keys(start_sec)
        self.press("i")
        self.seek_by_keys(end_sec - 1 / FPS)
        self.press("o")

    def lane_by_keys(self, lane: int | None) -> None:
        self.press("Escape", "Escape", *["ArrowUp"] * 20)
        for _ in range(20):
            if self.selected()["lane"] == lane:
                return
            self.press("ArrowDown")
        raise AssertionError(f"no lane {lane}")

    def seek_by_keys(self, sec: float) -> None:
        frames = round(sec * FPS)
        self.press("Home", *["ArrowRight"] * (frames // FPS), *["."] * (frames % FPS))
        assert self.at() == pytest.approx(sec, abs=1e-3)

    def select_range(self, lane: int | None, start_sec: float, end_sec: float, *, by: str) -> None:
        method = self.range_by_keys if by == "keys" else self.drag_time
        method(lane, start_sec, end_sec)
        self.settle()
        assert self.selected()["range"] == pytest.approx([start_sec, end_sec], abs=1e-3)

    def select_lane(self, lane: int | None, *, by: str) -> None:
        if by == "keys":
            return self.lane_by_keys(lane)
        name = "clip" if lane is None else lane
        return self.click(f'.lane[data-lane="{name}"] .who')

    def span(self, lane: int | None, number: int = 0):
        name = "clip" if lane is None else lane
        return self.page.locator(f'.lane[data-lane="{name}"] .span').nth(number)

    def in_video(self, x: float, y: float) -> tuple[float, float]:
        """The place of a pixel of the source on the page."""
        return tuple(
            self.page.evaluate(
                IN_VIDEO,
                [x, y],
            )
        )

    def selected(self) -> dict:
        self.settle()
        return self.page.evaluate(SELECTED)

    def saved(self) -> LabelPage:
        """Save at once, and wait until everything is on disk."""
        self.press("Control+s")
        self.page.wait_for_selector('#saved[data-state="done"]', timeout=15000)
        return self

    def labels(self, video: str = VIDEO) -> VideoLabels:
        self.saved()
        return self.folder.read_labels(video)

    def spans(self, video: str = VIDEO) -> list[tuple]:
        """What is on disk: (lane, label, start, end), and False at the end where it is not."""
        return [
            (
                one.track,
                one.label,
                one.start_sec,
                one.end_sec,
                *([] if one.is_positive else [False]),
            )
            for one in self.labels(video).spans
        ]

    def tracks(self) -> dict[int, tuple[float, float]]:
        """What is on disk: id -> first and last time."""
        return {one.id: (one.start_sec, one.end_sec) for one in self.labels().tracks}

    def notice(self) -> str:
        return self.text("#notice span")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def made_folder(tmp_path_factory) -> Path:
    return make_folder(tmp_path_factory.mktemp("own") / "mine").path


@pytest.fixture
def page_folder(made_folder, tmp_path) -> OwnFolder:
    shutil.copytree(made_folder, tmp_path / "mine")
    return OwnFolder(tmp_path / "mine")


@pytest.fixture
def page_server(page_folder) -> Iterator[Server]:
    started = Server(page_folder).start()
    yield started
    started.stop()


@contextmanager
def opened_page(browser: Browser, server: Server, size: tuple[int, int]) -> Iterator[LabelPage]:
    """A page in a context of its own; errors of its scripts fail the test."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    context.set_default_timeout(8000)
    page = LabelPage(context.new_page(), server)
    yield page
    assert page.errors == []
    context.close()


def label_on_disk(folder: OwnFolder, *spans: LabelSpan) -> VideoLabels:
    """Write labels as another program would."""
    current = folder.read_labels(VIDEO)
    tracks = current.tracks or people_tracks()
    mark = fingerprint(folder.video_path(VIDEO))
    changed = replace(
        current,
        tracks=tracks,
        spans=spans,
        width_px=SIZE_PX[0],
        height_px=SIZE_PX[1],
        duration_sec=DURATION_SEC,
        fingerprint=mark,
    )
    return folder.write_labels(changed)
