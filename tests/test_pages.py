"""The Python of the README and of the documentation runs as it is printed."""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path

import pytest
from trackers.core.base import BaseTracker

from stad import zoo
from stad.actors.tracker_options import TrackerChoice
from stad.inference.options import RecognitionOptions
from stad.structures import Actors
from tests.corpus.example import make_corpus
from tests.videos import write_video

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^( *)```python([^\n]*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
CONFIG = str(ROOT / "tests" / "data" / "tiny_detector.py")
# The pages' own model, large, and the small one that takes its place.
DETECTOR, TRAINED = "slowfast_r50_4x16_ava21", "data/mine"
RECOGNIZER = str(ROOT / "tests" / "data" / "tiny_recognizer.py")


def blocks(page: Path) -> list[tuple[bool, str]]:
    """Return the Python of a page; and of each block whether it is a whole file."""
    found = BLOCK.findall(page.read_text())
    return [("title=" in head, textwrap.dedent(code)) for _, head, code in found]


WITH_PYTHON = [page for page in PAGES if blocks(page)]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with the checkout's configs and a video, where small random models are chosen."""
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    write_video(tmp_path / "in.mp4", num_frames=18, fps=15)
    open_model = zoo.open_model

    def open_random(name, weights="auto", device="cpu", **options):
        name = {RecognitionOptions.model: RECOGNIZER}.get(name, name)
        name = CONFIG if name in (DETECTOR, TRAINED) else name
        return open_model(name, None if weights == "auto" else weights, device, **options)

    # The library keeps each tracker that a page defines.
    monkeypatch.setattr(BaseTracker, "_registry", dict(BaseTracker._registry))
    monkeypatch.setattr(zoo, "open_model", open_random)
    monkeypatch.setattr(zoo, "choose_detection_model", lambda *_, **__: (CONFIG, "it is small"))
    monkeypatch.setattr(zoo, "choose_detector", lambda *_, **__: ("whole_frame", "it is fast"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_python_of_a_page_runs(page, workplace):
    names: dict[str, object] = {"__name__": "page"}
    if '"results"' in page.read_text():
        make_corpus(workplace)
    for is_file, code in blocks(page):
        tree = compile(code, str(page), "exec", flags=ast.PyCF_ONLY_AST)
        if not is_file:
            exec(compile(tree, str(page), "exec"), names)


def test_the_tracker_of_its_page_is_called_as_stad_calls_trackers(workplace):
    names: dict[str, object] = {}
    exec(blocks(ROOT / "docs" / "howto" / "tracker.md")[0][1], names)
    tracker = TrackerChoice("counting").open(rate=5.0, start_score=0.5)
    boxes = [[10, 10, 30, 50], [60, 10, 80, 50]]
    found = [tracker.update(time_sec, Actors.from_arrays(boxes)) for time_sec in (0.0, 0.2)]
    assert len(found[-1][-1][1]) == 2


def test_commands_make_the_folder_that_they_write_to():
    page = (ROOT / "docs" / "annotate.md").read_text()
    assert page.index("mkdir -p curves") < page.index("--json curves/a.json")


def test_most_pages_have_python():
    assert len(WITH_PYTHON) > 10
