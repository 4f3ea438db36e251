"""The page with examples of each class: its data, its images, and what Chromium shows."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from stad.report.contact_sheet import SheetClass, SheetExample, crop_person, write_contact_sheet
from stad.video.clip_source import VideoFiles
from tests.browser import CHROMIUM, data_in, needs_chromium
from tests.own_classes.folders import put_video


def decoded(uri: str) -> np.ndarray:
    """(H, W, 3) uint8 RGB of a data URI."""
    data = np.frombuffer(base64.b64decode(uri.split(",")[1]), np.uint8)
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def write(tmp_path, name="walk"):
    put_video(tmp_path / "videos" / "a.mp4", shade=200)
    boxes = np.array([[10, 10, 40, 100]] * 3, float)
    examples = [
        SheetExample("a.mp4", 0.0, 4.0, boxes, "person 3"),
        SheetExample("a.mp4", 1, 2, None),
    ]
    classes = [
        SheetClass(name, [("examples", "2")], examples),
        SheetClass(name, [("labels", "1")], [SheetExample("gone.mp4", 0, 1, None)], is_absent=True),
        SheetClass("none", [], []),
    ]
    page = tmp_path / "page.html"
    notes = write_contact_sheet(
        page, classes, VideoFiles(tmp_path / "videos"), title=name, problems=["Label more."]
    )
    return page, notes


def test_an_example_is_three_frames_of_its_label(tmp_path):
    page, notes = write(tmp_path)
    assert notes[0].startswith("gone.mp4 has no images: There is no video gone.mp4")
    person, whole = data_in(page)["classes"][0]["examples"]
    assert (person["note"], person["start_sec"], person["end_sec"]) == ("person 3", 0, 4)
    images = [decoded(one) for one in person["images"]]
    assert [one.shape for one in images] == [(168, 168, 3)] * 3
    # The frames have green that grows by 2 each: 6, 20 and 34 of 40 are shown.
    greens = [float(np.median(one[:, -20:, 1])) for one in images]
    assert greens == pytest.approx([12, 40, 68], abs=4)
    assert decoded(whole["images"][0]).shape == (120, 160, 3)
    assert data_in(page)["classes"][1]["examples"][0]["images"] == []


def test_a_person_fills_the_image_with_what_is_around():
    frame = np.zeros((480, 640, 3), np.uint8)
    frame[100:200, 300:340] = 255
    image = decoded(crop_person(frame, np.array([300, 100, 340, 200])))
    rows = np.flatnonzero((image > 128).all(axis=2).any(axis=1))
    assert len(rows) / 168 == pytest.approx(0.62, abs=0.06)
    # At the edge, the part stays within the frame.
    corner = decoded(crop_person(frame, np.array([0, 0, 10, 479])))
    assert corner.shape == (168, 168, 3)


def test_no_name_breaks_out_of_the_page(tmp_path):
    name = "</script><b>{{DATA}}"
    page, _ = write(tmp_path, name=name)
    assert data_in(page)["title"] == name
    assert page.read_text().count("</script>") == 2


@needs_chromium
@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 800)])
def test_the_page_in_chromium(tmp_path, width, height):
    page_path, _ = write(tmp_path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(page_path.as_uri())
        assert page.title() == "walk: examples"
        assert page.locator("nav a").all_inner_texts() == ["walk", "not walk", "none"]
        assert page.locator("#class0 img").count() == 6
        assert page.locator("#class0 figcaption").first.inner_text().split("\n") == [
            "a.mp4 · person 3",
            "0.0 to 4.0 s",
        ]
        assert (
            page.locator("#class1")
            .inner_text()
            .endswith("This video cannot be read.\n\ngone.mp4\n0.0 to 1.0 s")
        )
        assert page.locator("#class2 .soft").inner_text() == "There is no example."
        assert page.locator("#problems li").all_inner_texts() == ["Label more."]
        images = page.locator("#class0 img")
        assert all(images.nth(n).evaluate("(one) => one.naturalWidth > 0") for n in range(6))
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert errors == []
        browser.close()
