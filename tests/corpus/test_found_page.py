"""Check the page of found segments: what it holds, and what it does in a browser."""

from __future__ import annotations

import base64
import json
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

import stad
from stad.corpus.found_page import find_boxes, write_found_page
from stad.corpus.originals import Originals
from stad.corpus.query import Query
from stad.corpus.search import Tables
from stad.corpus.store import ResultStore
from stad.corpus.strips import NUM_FRAMES, film_strip
from stad.corpus.timeline_pages import timeline_page
from stad.outputs.timeline import write_timeline
from tests.browser import needs_chromium, opened
from tests.corpus.example import box_at, make_corpus

HOSTILE = 'b & <img src=x onerror=log.push("run")>.mp4'


def write_document(video: Path, page: Path) -> None:
    document = {
        "video": {
            "name": video.name, "width": 160, "height": 120, "fps": 10.0,
            "num_frames": 60, "duration_sec": 6.0, "has_audio": False,
        },
        "model": "two_actions", "detector": "stick", "class_names": ["walk", "fall down"],
        "threshold": 0.5, "stride_sec": 1.0, "complete": True, "num_frames_written": 60,
        "segments": [
            {"actor": 7, "label": "walk", "start_sec": 0.5, "end_sec": 3.0, "score": 0.5},
            {"actor": 7, "label": "fall down", "start_sec": 2.0, "end_sec": 4.5, "score": 0.8},
        ],
    }  # fmt: skip
    write_timeline(page, document)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("found")
    make_corpus(folder, ("cam1/a.mp4", f"cam1/{HOSTILE}", "cam2/a.mp4", "gone.mp4"))
    (folder / "gone.mp4").unlink()
    write_document(folder / "cam1/a.mp4", folder / "cam1/a_annotated.html")
    return folder


def write_page(folder: Path, name: str, query: Query, limit: int | None = None) -> Path:
    page = folder / name
    with Tables(ResultStore.open(folder / "results", create=False)) as tables:
        found, totals = tables.best(query, limit), tables.count(query)
        boxes = find_boxes(tables, found)
    with Originals() as originals:
        write_found_page(
            page, found, totals, boxes, originals, title="</script>falls", progress=False
        )
    return page


@pytest.fixture(scope="module")
def page(folder) -> Path:
    return write_page(folder, "found.html", Query(labels=("fall down",)))


def stream_in(page: Path) -> dict:
    text = page.read_text()
    return json.loads(re.search(r'id="stream">(.*?)</script>', text, re.DOTALL)[1])


def test_a_card_for_each_segment(folder, page):
    stream = stream_in(page)
    cards = sorted(stream["segments"], key=lambda card: card["place"])
    assert stream["problems"] == [f"There is no file {folder / 'gone.mp4'}."]
    assert [card["path"] for card in cards] == [
        str(folder / name) for name in ("cam1/a.mp4", f"cam1/{HOSTILE}", "cam2/a.mp4", "gone.mp4")
    ]
    first, second, _, gone = cards
    assert (first["score"], first["start"], first["end"], first["actor"]) == (0.8, 2.0, 4.5, 7)
    assert first["timeline"] == "cam1/a_annotated.html#t=2.00&actor=7"
    assert first["video"] == "cam1/a.mp4#t=2.00"
    assert "timeline" not in second
    assert second["video"].startswith("cam1/b%20%26%20%3Cimg%20src%3Dx%20onerror%3D")
    assert "strip" not in gone
    assert "video" not in gone
    assert "<img" not in page.read_text()
    assert page.read_text().count("</script>") == 3


def test_a_page_without_segments(folder):
    page = write_page(folder, "empty.html", Query(min_score=1.0))
    assert stream_in(page) == {"segments": [], "problems": []}


def test_a_strip_shows_the_person(folder):
    source = stad.VideoSource(folder / "cam1/a.mp4")
    times = np.arange(1.0, 6.0, 0.5)
    boxes = np.array([[time, *box_at(time)] for time in times])
    uri, aspect = film_strip(source, 2.0, 4.5, actor_id=3, boxes=boxes)
    content = np.frombuffer(base64.b64decode(uri.partition(",")[2]), np.uint8)
    strip = cv2.cvtColor(cv2.imdecode(content, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    assert aspect == pytest.approx(160 / 120)
    assert strip.shape == (120, NUM_FRAMES * 160, 3)
    # Actor 3 is green; the box is that of the red square at the middle of each part of the time.
    for number in (0, 5, 11):
        left = box_at(2.0 + (number + 0.5) / NUM_FRAMES * 2.5)[0]
        row = strip[60, number * 160 : (number + 1) * 160].astype(int)
        green = np.flatnonzero((row[:, 1] > 120) & (row[:, 0] < 120))
        assert abs(green[0] - left) <= 4
    plain, _ = film_strip(source, 2.0, 2.0, actor_id=3, boxes=boxes[:0])
    assert plain.startswith("data:image/jpeg;base64,")


def test_timeline_pages(folder, tmp_path):
    video = folder / "cam1/a.mp4"
    assert timeline_page(video) == folder / "cam1/a_annotated.html"
    assert timeline_page(folder / "cam2/a.mp4") is None
    # A page of another video, another page, and one that cannot be read.
    shutil.copy(folder / "cam1/a_annotated.html", tmp_path / "c.html")
    (tmp_path / "c_notes.html").write_text('<script type="application/json" id="data">[1</script>')
    (tmp_path / "c_x.html").write_bytes(b"\xff")
    (tmp_path / "c_list.html").write_text('<script type="application/json" id="data">[]</script>')
    assert timeline_page(tmp_path / "c.mp4") is None


@needs_chromium
@pytest.mark.browser
def test_the_page_in_a_browser(page):
    parts = ".none span, .chip, .score, .name, .when, .jump a"
    script = f"""
      const textsOf = (card) => [...card.querySelectorAll("{parts}")].map((one) => one.textContent);
      const names = () => [...document.querySelectorAll(".found li")].map(textsOf);
      log.push(document.title, $("title").textContent, $("facts").textContent, names());
      log.push($("problems").innerText, document.images.length);
      const style = getComputedStyle(document.querySelector(".strip"));
      log.push(style.backgroundImage.slice(0, 27), style.backgroundPosition);
      document.querySelector(".frame").focus();
      // A window that is not in front has no focus.
      log.push(document.hasFocus() ? document.querySelector(".strip").getAnimations().length : 1);
      const enter = (id, value) => {{
        $(id).value = value;
        $(id).dispatchEvent(new Event("input"));
      }};
      enter("order", "video");
      log.push(names().map((texts) => texts.find((text) => text.startsWith("0."))));
      enter("words", "cam2 FALL");
      log.push(names().length, $("count").textContent);
      enter("score", 0.9);
      log.push($("nothing").textContent);
    """
    log = opened(page, script)
    assert log[:3] == [
        "</script>falls: found",
        "</script>falls",
        "4 segments in 4 videos. Point at one to play it.",
    ]
    cards = log[3]
    # Videos of one name are shown with their folders.
    assert cards[0] == ["fall down", "0.80", "cam1/a.mp4", "0:02.0 to 0:04.5 (2.5 s) · person 7",
                        "timeline", "video at 0:02.0"]  # fmt: skip
    assert cards[1][2] == HOSTILE
    assert cards[2][2] == "cam2/a.mp4"
    assert cards[3][0] == "The video cannot be read."
    assert log[4].startswith("1 video cannot be shown:")
    assert log[5] == 0
    assert log[6:9] == ['url("data:image/jpeg;base64', "54.5455% 0px", 1]
    # By path: cam1/a, cam1/b, cam2/a, gone.
    assert log[9] == ["0.80", "0.70", "0.60", "0.50"]
    assert log[10:] == [1, "1 of 4 shown", "No segment passes the filters."]


@needs_chromium
@pytest.mark.browser
@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("#t=2.00&actor=7", [2, "fall down"]),
        ("#t=0.50&actor=7", [0.5, "walk"]),
        ("#t=1.25", [1.25, None]),
        ("#t=nonsense", [0, None]),
        ("", [0, None]),
    ],
)
def test_a_link_jumps_into_the_timeline(folder, tmp_path, link, expected):
    page = tmp_path / "timeline.html"
    text = (folder / "cam1/a_annotated.html").read_text()
    # The test opens a copy of the page by its plain name.
    page.write_text(text.replace("location.hash", json.dumps(link)))
    script = "log.push(timeSec, segments[selected] ? labels[segments[selected].label].name : null)"
    assert opened(page, script) == expected
