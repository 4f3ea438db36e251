"""The list of videos, labels of whole clips, and proposals of the model on the page."""

from __future__ import annotations

import pytest

from stad.annotations.own.labels import LabelSpan
from stad.own_classes.people import cached_path
from tests.browser import needs_chromium
from tests.labeling.label_folder import (
    SECOND,
    THIRD,
    VIDEO,
    label_on_disk,
    people_tracks,
    write_proposals,
)
from tests.labeling.label_page import ALL_WAYS, SIZES

pytestmark = [pytest.mark.browser, needs_chromium]


def listed(page) -> list[str]:
    return [one.get_attribute("data-video") for one in page.page.locator(".video").all()]


@ALL_WAYS
def test_clips_are_labelled_by_one_key_each(page, by):
    page.open()
    page.run(by, "w", "clips")
    page.give(1, by=by)
    page.wait_for(SECOND)
    # The clip plays by itself.
    assert not page.page.evaluate("video.paused")
    page.give(0, by=by)
    page.wait_for(THIRD)
    if by == "keys":
        page.press("Shift+3")
    else:
        page.click("#classes .deny >> nth=2")
    page.run(by, "n", "nothing")
    assert "Each video has a label" in page.notice()
    assert page.spans() == [(None, "lunge", 0.0, 12.0)]
    assert page.spans(SECOND) == [(None, "squat", 0.0, 2.0)]
    assert page.spans(THIRD) == [(None, "", 0.0, 2.0)]
    # Back, and another label in its place.
    page.show(SECOND)
    page.give(2, by=by)
    assert page.spans(SECOND) == [(None, "march", 0.0, 2.0)]


@ALL_WAYS
def test_the_list_says_how_far_it_is(page_folder, page, by):
    label_on_disk(page_folder, LabelSpan(0, "squat", 2, 7))
    page.open()
    if not page.page.locator("#videos").is_visible():
        page.run(by, "v", "list")
    assert page.text("#videocount") == "1 of 3 videos labelled"
    assert page.text(f'[data-video="{VIDEO}"] .videofacts') == "0:12 · 1/4 actors · 1 label"
    assert page.text(f'[data-video="{SECOND}"] .videofacts') == "0:02"
    page.page.select_option("#videofilter", "open")
    assert listed(page) == [SECOND, THIRD]
    page.page.select_option("#videofilter", "part")
    assert listed(page) == [VIDEO]
    page.page.select_option("#videofilter", "all")
    page.page.fill("#videofind", "C.m")
    assert listed(page) == [THIRD]
    page.page.fill("#videofind", "")
    if by == "keys":
        page.page.focus("#videofind")
        page.press("ArrowDown", "ArrowDown", "Enter")
    else:
        page.click(f'[data-video="{SECOND}"]')
    page.wait_for(SECOND)


@ALL_WAYS
def test_the_next_video_without_a_label_is_opened(page_folder, page, by):
    page.open(SECOND)
    page.drag_time(None, 0.5, 1.5)
    page.press("1")
    page.run(by, "u", "nextUnlabelled")
    page.wait_for(THIRD)
    page.run(by, "u", "nextUnlabelled")
    page.wait_for(VIDEO)
    assert page.spans(SECOND) == [(None, "squat", 0.5, 1.5)]
    page.press("PageDown")
    page.wait_for(SECOND)
    page.press("PageUp")
    page.wait_for(VIDEO)


PROPOSED = [
    (0, "squat", 2.0, 4.0, 0.51),
    (3, "march", 4.0, 6.0, 0.62),
    (0, "lunge", 6.0, 8.0, 0.93),
]


@ALL_WAYS
def test_proposals_are_accepted_and_rejected(page_folder, page, by):
    write_proposals(page_folder, PROPOSED)
    page.open()
    page.page.wait_for_selector(".span.ghost")
    assert page.page.locator(".span.ghost").count() == 3
    page.run(by, "g", "ghost")
    assert page.selected()["ghost"] == [0, "squat", 2.0, 4.0, True]
    assert page.at() == 2.0
    if by == "keys":
        page.press("Enter")
    else:
        page.click("#chosen-accept")
    # The next one is shown at once.
    assert page.selected()["ghost"] == [3, "march", 4.0, 6.0, True]
    if by == "keys":
        page.press("Backspace")
    else:
        page.click("#chosen-delete")
    assert page.spans() == [(0, "squat", 2.0, 4.0), (3, "march", 4.0, 6.0, False)]
    assert page.page.locator(".span.ghost").count() == 1
    page.run(by, "Control+z", "undo")
    assert page.page.locator(".span.ghost").count() == 2
    page.run(by, "g", "ghost")
    assert page.selected()["ghost"] == [0, "lunge", 6.0, 8.0, True]
    page.run(by, "g", "ghost")
    assert page.selected()["ghost"] == [3, "march", 4.0, 6.0, True]
    page.click(".span.ghost >> nth=0")
    assert page.selected()["ghost"] == [0, "lunge", 6.0, 8.0, True]


@SIZES
def test_a_drag_may_begin_on_a_proposal(page_folder, page):
    write_proposals(page_folder, PROPOSED)
    page.open()
    page.page.wait_for_selector(".span.ghost")
    y = page.y_of(0) - 6
    page.drag((page.x_of(3.0), y), (page.x_of(7.0), y))
    assert page.selected()["range"] == [3.0, 7.0]


@SIZES
def test_a_label_answers_a_proposal_too(page_folder, page):
    write_proposals(page_folder, PROPOSED)
    page.open()
    page.page.wait_for_selector(".span.ghost")
    page.select_range(0, 5.0, 9.0, by="mouse")
    page.press("n")
    assert page.page.locator(".span.ghost").count() == 2


@SIZES
def test_people_appear_when_they_were_found(page_folder, page_server, page):
    """The page is open, and a label given, before the people of the video are known."""
    hidden = cached_path(page_folder, VIDEO).read_text()
    cached_path(page_folder, VIDEO).unlink()
    page_server._preparation.stop()
    page.page.route("**/api/project", lambda route: answer(route))
    state = {"state": "preparing"}

    def answer(route):
        reply = route.fetch()
        content = reply.json()
        content["videos"][0] |= {**state, "progress": 0.4}
        route.fulfill(response=reply, json=content)

    page.open()
    assert "People are being found: 40 %" in page.text("#lanesnote")
    page.drag_time(None, 1.0, 3.0)
    page.press("1")
    assert page.spans() == [(None, "squat", 1.0, 3.0)]
    cached_path(page_folder, VIDEO).write_text(hidden)
    state["state"] = "ready"
    page.page.wait_for_selector('.lane[data-lane="3"]')
    page.drag_time(3, 4.0, 5.0)
    page.press("2")
    assert page.spans() == [(None, "squat", 1.0, 3.0), (3, "lunge", 4.0, 5.0)]
    assert len(page.labels().tracks) == len(people_tracks())
    page.press("Control+z", "Control+z")
    assert page.spans() == []
    assert page.page.locator(".lane").count() == 5
