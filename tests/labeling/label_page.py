"""The label page in Chromium, by mouse and keys, and the labels that it leaves on disk."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import VideoLabels
from tests.browser import CHROMIUM
from tests.labeling.label_folder import FPS, VIDEO, Server, make_folder

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
WAIT_SEC = 10
# Scripts that tests run in the page.
# What was changed before is drawn in the next frame, before this ends.
DRAWN = "() => new Promise((done) => requestAnimationFrame(done))"
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

    def run(self, by: str, key: str, command: str) -> None:
        """Run a command by its key or by its button."""
        if by == "keys":
            self.press(key)
        else:
            self.command(command)

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
        self.press("Escape", "Escape")
        for _ in range(20):
            now = self.selected()["lane"]
            if now == lane:
                return
            is_above = lane is None or (now not in (None, "none") and now > lane)
            self.press("ArrowUp" if is_above else "ArrowDown")
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


@pytest.fixture
def page(browser, page_server, size) -> Iterator[LabelPage]:
    """The page of a test that says the size."""
    with opened_page(browser, page_server, size) as one:
        yield one
