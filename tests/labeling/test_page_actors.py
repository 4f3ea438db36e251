"""Actors are split, joined, deleted, drawn and copied to on the page; what counts is on disk."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stad.annotations.own.labels import LabelSpan
from tests.browser import needs_chromium
from tests.labeling.label_folder import label_on_disk, track, write_people
from tests.labeling.label_page import ALL_WAYS, SIZES, WIDE

pytestmark = [pytest.mark.browser, needs_chromium]

DRAW_TIME_MS = """(() => {
  // The fastest: other programs may have the processor meanwhile.
  const took = Array.from({ length: 10 }, () => {
    const begin = performance.now();
    drawLanes();
    paintStage();
    return performance.now() - begin;
  });
  return Math.min(...took);
})()"""


@ALL_WAYS
def test_an_actor_is_split_at_the_playhead_with_its_labels(page_folder, page, by):
    label_on_disk(page_folder, LabelSpan(0, "squat", 2, 6), LabelSpan(0, "march", 8, 9))
    page.open()
    page.select_lane(0, by=by)
    if by == "keys":
        page.seek_by_keys(4.5)
    else:
        page.seek(4.5)
    cut = page.page.evaluate("toFrame(timeSec)")
    page.run(by, "s", "split")
    assert page.spans() == [
        (0, "squat", 2.0, cut),
        (4, "squat", cut, 6.0),
        (4, "march", 8.0, 9.0),
    ]
    ends = page.tracks()
    assert ends[0] == (0.0, pytest.approx(cut, abs=0.002))
    assert ends[4] == (pytest.approx(cut, abs=0.002), 11.8)
    assert page.selected()["lane"] == 4
    # It cannot be split where it begins.
    page.run(by, "s", "split")
    assert "cannot be split here" in page.notice()
    page.run(by, "Control+z", "undo")
    assert page.tracks()[0] == (0.0, 11.8)


@ALL_WAYS
def test_two_actors_are_joined(page_folder, page, by):
    label_on_disk(page_folder, LabelSpan(1, "squat", 2, 5), LabelSpan(2, "march", 6, 8))
    page.open()
    page.select_lane(2, by=by)
    if by == "keys":
        page.press("m")
        assert page.text(".question button") == "#1: 0:00.0 to 0:05.0, 1.0 s apart, near by"
        page.press("Enter")
    else:
        page.page.click('.lane[data-lane="1"] .who', modifiers=["Shift"])
        page.command("join")
    page.page.wait_for_selector("text=#2 is part of #1 now")
    assert page.spans() == [(1, "squat", 2.0, 5.0), (1, "march", 6.0, 8.0)]
    assert page.tracks() == {0: (0.0, 11.8), 1: (0.0, 11.8), 3: (3.0, 9.0)}
    joined = page.labels().track(1)
    assert joined.boxes[0].tolist() == [100, 60, 140, 200]
    assert joined.boxes[-1].tolist() == [110, 60, 150, 200]


@SIZES
def test_actors_that_are_there_at_once_are_not_joined(page):
    page.open()
    page.select_lane(0, by="mouse")
    page.page.click('.lane[data-lane="3"] .who', modifiers=["Shift"])
    page.command("join")
    assert "#0 and #3 are both there for 6.0 s" in page.notice()
    page.select_lane(0, by="keys")
    page.press("m")
    assert "all others are there at the same time" in page.notice()


@ALL_WAYS
def test_an_actor_is_deleted_with_its_labels(page_folder, page, by):
    label_on_disk(page_folder, LabelSpan(0, "squat", 2, 5), LabelSpan(1, "march", 2, 3))
    page.open()
    page.select_lane(0, by=by)
    page.run(by, "x", "remove")
    assert page.spans() == [(1, "march", 2.0, 3.0)]
    assert sorted(page.tracks()) == [1, 2, 3]
    page.click("#notice button")
    assert page.spans() == [(0, "squat", 2.0, 5.0), (1, "march", 2.0, 3.0)]
    assert sorted(page.tracks()) == [0, 1, 2, 3]


@ALL_WAYS
def test_labels_are_copied_to_the_next_actor(page_folder, page, by):
    label_on_disk(page_folder, LabelSpan(0, "squat", 2, 7), LabelSpan(0, "march", 8, 9, False))
    page.open()
    page.select_lane(0, by=by)
    page.run(by, "c", "copy")
    # Actor 1 leaves at 5 s.
    assert page.spans()[2:] == [(1, "squat", 2.0, 5.1)]
    assert page.selected()["lane"] == 1
    page.select_lane(3, by=by)
    page.run(by, "c", "copy")
    assert "no actor after #3" in page.notice()


@ALL_WAYS
def test_a_missing_box_is_drawn_and_followed(page, by):
    page.open("a.mp4")
    if by == "keys":
        page.press("b", *["ArrowLeft"] * 3, *["Shift+ArrowUp"] * 2, "Enter")
    else:
        page.command("draw")
        page.drag(page.in_video(8, 36), page.in_video(32, 84))
    page.page.wait_for_selector("text=Actor #4", timeout=30000)
    drawn = page.labels().track(4)
    assert drawn.origin == "drawn"
    assert drawn.start_sec == 0.0
    if by == "mouse":
        assert drawn.boxes[0].tolist() == pytest.approx([8, 36, 32, 84], abs=2)
    else:
        # A fifth of the width and half of the height, in the middle, then moved.
        left, top, right, bottom = drawn.boxes[0].tolist()
        assert (left, top) == pytest.approx((128 - 19.2, 60), abs=2)
        assert (right, bottom) == pytest.approx((192 - 19.2, 180 - 12.8), abs=2)
    assert page.selected()["lane"] == 4
    page.press("Control+z")
    assert sorted(page.tracks()) == [0, 1, 2, 3]


@ALL_WAYS
def test_only_lanes_without_a_label_are_shown(page_folder, page, by):
    label_on_disk(page_folder, LabelSpan(0, "squat", 2, 7), LabelSpan(3, "", 4, 6))
    page.open()
    page.select_lane(1, by=by)
    page.run(by, "f", "unlabelled")

    def shown():
        return [one.get_attribute("data-lane") for one in page.page.locator(".lane").all()]

    assert shown() == ["clip", "1", "2"]
    page.press("a", "1")
    # The lane stays until another one is selected.
    assert shown() == ["clip", "1", "2"]
    page.select_lane(2, by="keys")
    assert shown() == ["clip", "2"]
    page.run(by, "f", "unlabelled")
    assert shown() == ["clip", "0", "1", "2", "3"]


@pytest.mark.parametrize("size", [WIDE])
def test_sixty_actors_of_half_an_hour_stay_light(page_folder, page):
    box = (10, 10, 60, 100)
    tracks = [track(one, one * 20.0, one * 20.0 + 600, box, step_sec=1.0) for one in range(60)]
    write_people(page_folder, "a.mp4", tracks, duration_sec=1800.0)
    label_on_disk(
        page_folder,
        *(LabelSpan(1, "squat", 100 + 2.0 * one, 101 + 2.0 * one) for one in range(200)),
    )
    labels = page_folder.read_labels("a.mp4")
    page_folder.write_labels(replace(labels, tracks=tuple(tracks), duration_sec=1800.0))
    page.open()
    assert page.page.locator(".lane").count() < 25
    assert page.page.locator(".span").count() <= 200
    took = page.page.evaluate(DRAW_TIME_MS)
    assert took < 100
    page.press(*["ArrowDown"] * 45)
    assert page.selected()["lane"] == 45
    assert page.page.locator('.lane[data-lane="45"]').is_visible()
    page.press("t", "z")
    left = page.page.evaluate("toX(limitsOf(45)[0]) - $('scroll').scrollLeft")
    width = page.page.evaluate("$('scroll').clientWidth")
    assert 100 < left < width
    page.press("a", "1")
    assert page.spans()[-1] == (45, "squat", 900.0, 1500.1)
