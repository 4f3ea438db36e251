"""Labels over time, given on the page by mouse and by keys; what counts is on disk."""

from __future__ import annotations

import pytest

from stad.annotations.own.labels import LabelSpan
from tests.browser import needs_chromium
from tests.labeling.label_folder import VIDEO, label_on_disk
from tests.labeling.label_page import ALL_WAYS, SIZES, WIDE

pytestmark = [pytest.mark.browser, needs_chromium]


@ALL_WAYS
def test_a_time_range_and_a_class_label_an_actor(page, by):
    page.open()
    page.select_range(0, 2.0, 5.0, by=by)
    page.give(1, by=by)
    assert page.spans() == [(0, "lunge", 2.0, 5.0)]
    # A second class of the same time, under the first.
    page.give(2, by=by)
    assert page.spans() == [(0, "lunge", 2.0, 5.0), (0, "march", 2.0, 5.0)]
    tops = [page.span(0, number).bounding_box()["y"] for number in (0, 1)]
    assert tops[1] - tops[0] == 20
    labels = page.labels()
    assert [one.id for one in labels.tracks] == [0, 1, 2, 3]
    assert (labels.width_px, labels.duration_sec, labels.revision) == (320, 12.0, 2)


@ALL_WAYS
def test_a_chosen_class_is_given_by_a_drag(page, by):
    page.open()
    page.give(0, by=by)
    page.drag_time(0, 1.0, 3.0)
    page.drag_time(3, 1.0, 5.0)
    # The actor is not there before 3 s.
    assert page.spans() == [(0, "squat", 1.0, 3.0), (3, "squat", 3.0, 5.0)]
    page.give(2, by=by)
    page.drag_time(None, 4.0, 12.0)
    page.drag_time(0, 3.0, 4.0)
    assert (None, "march", 4.0, 12.0) in page.spans()
    # The same class again takes the choice back: a drag selects time only.
    page.give(2, by=by)
    page.drag_time(0, 6.0, 8.0)
    assert page.selected()["range"] == [6.0, 8.0]
    assert len(page.spans()) == 4


@ALL_WAYS
def test_nothing_of_these_and_not_this_class(page, by):
    page.open()
    page.select_range(0, 2.0, 5.0, by=by)
    page.give(0, by=by)
    page.select_lane(0, by=by)
    if by == "keys":
        page.press("n")
    else:
        page.command("nothing")
    left = [(0, "", 0.0, 2.0), (0, "squat", 2.0, 5.0), (0, "", 5.0, 11.9)]
    assert page.spans() == left
    page.select_range(3, 4.0, 6.0, by=by)
    if by == "keys":
        page.press("Shift+2")
    else:
        page.click("#classes .deny >> nth=1")
    assert page.spans() == [*left, (3, "lunge", 4.0, 6.0, False)]
    page.select_lane(2, by=by)
    if by == "keys":
        page.press("Shift+1")
    else:
        page.click("#classes .deny >> nth=0")
    assert (2, "squat", 6.0, 11.9, False) in page.spans()
    # A selected time overrules what was said before.
    page.select_range(0, 3.0, 4.0, by=by)
    if by == "keys":
        page.press("n")
    else:
        page.command("nothing")
    own = [one for one in page.spans() if one[0] == 0]
    assert own == [
        *left[:1],
        (0, "squat", 2.0, 3.0),
        (0, "", 3.0, 4.0),
        (0, "squat", 4.0, 5.0),
        left[2],
    ]


@pytest.fixture
def labelled(page_folder):
    label_on_disk(page_folder, LabelSpan(0, "squat", 2, 5), LabelSpan(0, "lunge", 7, 9))
    return page_folder


@SIZES
def test_spans_are_resized_moved_changed_and_deleted_by_mouse(labelled, page):
    page.open()
    y = page.y_of(0) - 4
    page.drag((page.x_of(2.0) + 3, y), (page.x_of(1.0), y))
    page.drag((page.x_of(5.0) - 3, y), (page.x_of(6.0), y))
    assert page.spans() == [(0, "squat", 1.0, 6.0), (0, "lunge", 7.0, 9.0)]
    page.drag((page.x_of(8.0), y), (page.x_of(9.5), y))
    assert page.spans() == [(0, "squat", 1.0, 6.0), (0, "lunge", 8.5, 10.5)]
    # To the end of the track and not further.
    page.drag((page.x_of(9.0), y), (page.x_of(11.9), y))
    assert page.spans()[1] == (0, "lunge", 9.9, 11.9)
    page.span(0, 0).click()
    page.give(2, by="mouse")
    assert page.spans()[0] == (0, "march", 1.0, 6.0)
    page.page.select_option("#chosen-class", label="not squat")
    assert page.spans()[0] == (0, "squat", 1.0, 6.0, False)
    page.page.fill("#chosen-start", "1.5")
    page.page.keyboard.press("Tab")
    assert page.spans()[0] == (0, "squat", 1.5, 6.0, False)
    page.click("#chosen-delete")
    assert page.spans() == [(0, "lunge", 9.9, 11.9)]


@SIZES
def test_spans_are_resized_moved_changed_and_deleted_by_keys(labelled, page):
    page.open()
    page.lane_by_keys(0)
    page.press("k")
    assert page.selected()["span"] == [0, "squat", 2, 5, True]
    page.seek_by_keys(1.0)
    page.press("i")
    page.seek_by_keys(5.9)
    page.press("o")
    assert page.spans()[0] == (0, "squat", 1.0, 6.0)
    page.press("Alt+.", "Alt+.", "Alt+,")
    assert page.spans()[0] == (0, "squat", 1.1, 6.1)
    page.press("3")
    assert page.spans()[0] == (0, "march", 1.1, 6.1)
    page.press("r", "2")
    assert (0, "lunge", 1.1, 6.1) in page.spans()
    page.press("Escape", "Home", "k", "k")
    assert page.selected()["span"] == [0, "march", 1.1, 6.1, True]
    page.press("k", "Delete", "j", "Backspace")
    assert page.spans() == [(0, "lunge", 1.1, 6.1)]
    page.range_by_keys(0, 2.0, 3.0)
    page.press("Delete")
    assert page.spans() == [(0, "lunge", 1.1, 2.0), (0, "lunge", 3.0, 6.1)]


@ALL_WAYS
def test_undo_and_redo_of_a_whole_session(page, by):
    page.open()
    undo = (lambda: page.press("Control+z")) if by == "keys" else (lambda: page.command("undo"))
    redo = (
        (lambda: page.press("Control+Shift+Z")) if by == "keys" else (lambda: page.command("redo"))
    )
    page.select_range(0, 2.0, 5.0, by="mouse")
    page.press("1")
    page.press("s")
    page.press("x")
    assert len(page.tracks()) == 4
    states = [page.spans()]
    for _ in range(3):
        undo()
        states.append(page.spans())
    assert states[3] == []
    assert states[2] == [(0, "squat", 2.0, 5.0)]
    for number in (2, 1, 0):
        redo()
        assert page.spans() == states[number]
    # Also after another video was open.
    page.show("b.mp4")
    page.show(VIDEO)
    undo()
    assert page.spans() == states[1]


@ALL_WAYS
def test_the_video_is_played_stepped_and_selected_in(page, by):
    page.open()
    steps = {"keys": (["."] * 3 + [","], None), "mouse": (None, ["frameOn"] * 3 + ["frameBack"])}
    keys, buttons = steps[by]
    if keys:
        page.press(*keys)
    else:
        for one in buttons:
            page.command(one)
    assert page.at() == pytest.approx(0.2)
    if by == "keys":
        page.press("Shift+ArrowRight", "ArrowRight", ">", ">")
    else:
        page.seek(1.3)
        page.page.select_option("#speed", "2")
    assert page.at() == pytest.approx(1.3, abs=0.02)
    assert page.page.evaluate("video.playbackRate") == 2
    if by == "keys":
        page.press("Space")
    else:
        page.command("play")
    page.until("stadLabel.time > 1.7")
    if by == "keys":
        page.press("Space")
    else:
        page.command("play")
    assert page.page.evaluate("video.paused")
    page.page.mouse.click(*page.in_video(30, 100))
    assert page.selected()["lane"] == 0
    page.seek(4.0)
    page.page.mouse.click(*page.in_video(245, 100))
    assert page.selected()["lane"] == 3
    # Who is not there cannot be clicked.
    page.seek(10.0)
    page.page.mouse.click(*page.in_video(245, 100))
    assert page.selected()["lane"] == "none"


@pytest.mark.parametrize("size", [WIDE])
def test_what_is_selected_is_played_once(labelled, page):
    page.open()
    page.lane_by_keys(0)
    page.press("k", *[">"] * 7, "p")
    page.until("video.paused && stadLabel.time > 4")
    assert page.at() == pytest.approx(5.0)


@pytest.mark.parametrize("size", [WIDE])
def test_edges_snap_to_the_playhead_and_to_other_labels(labelled, page):
    page.open()
    page.seek(6.02)
    y = page.y_of(0)
    page.drag((page.x_of(5.0) + 4, y), (page.x_of(6.02) + 3, y))
    start, end = page.selected()["range"]
    assert start == 5.0
    assert end == pytest.approx(6.02, abs=0.015)
    page.press("3")
    assert page.spans()[1][:3] == (0, "march", 5.0)


@SIZES
def test_a_drag_is_left_with_escape(page):
    page.open()
    y = page.y_of(0)
    page.page.mouse.move(page.x_of(2), y)
    page.page.mouse.down()
    page.page.mouse.move(page.x_of(4), y, steps=3)
    page.press("Escape")
    page.page.mouse.up()
    assert page.selected()["range"] is None


@ALL_WAYS
def test_all_is_labelled(page, by):
    page.open()
    if by == "keys":
        page.page.focus("#complete")
        page.press("Space")
    else:
        page.click("#complete")
    assert page.labels().is_complete
    page.press("Control+z")
    assert not page.labels().is_complete


@ALL_WAYS
def test_a_class_is_added(page, by):
    page.open()
    if by == "keys":
        page.page.focus("#addclass")
        page.press("Enter")
        page.page.wait_for_selector(".question input:focus")
        page.page.keyboard.type("jump rope")
        page.press("Enter")
    else:
        page.click("#addclass")
        page.page.fill(".question input", "jump rope")
        page.click(".question button >> nth=0")
    page.page.wait_for_selector("text=jump rope")
    assert page.folder.classes() == ("squat", "lunge", "march", "jump rope")
    page.drag_time(0, 1.0, 2.0)
    page.give(3, by=by)
    assert page.spans() == [(0, "jump rope", 1.0, 2.0)]


@pytest.mark.parametrize("size", [WIDE])
def test_clicks_drags_and_keys_are_counted(page):
    page.open()
    page.drag_time(0, 1.0, 2.0)
    page.press("1", "q")
    page.click('.lane[data-lane="3"] .who')
    counted = page.page.evaluate(
        "(({ actions, clicks, drags, keys }) => [actions, clicks, drags, keys])(stadLabel)"
    )
    assert counted == [3, 1, 1, 1]


@pytest.mark.parametrize("size", [WIDE])
def test_the_help_names_each_key_of_the_documentation(page):
    from pathlib import Path

    page.open()
    page.press("?")
    rows = page.page.locator("#helpkeys tr")
    shown = {
        (" ".join(row.locator("kbd").all_text_contents()), row.locator("td").text_content())
        for row in rows.all()
    }
    text = (Path(__file__).parents[2] / "docs" / "label.md").read_text()
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    written = {
        (keys.replace("`", "").strip(), what.strip())
        for keys, what in (line.strip("|").split("|") for line in lines)
    }
    assert written == shown
    page.press("Escape")
    assert not page.page.locator("#help").is_visible()
