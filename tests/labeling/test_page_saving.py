"""Labels on the page are saved, or kept until they can be: two tabs, a dead server, a reload."""

from __future__ import annotations

import contextlib
import time

import pytest
from playwright.sync_api import Error

from stad.annotations.own.labels import LabelSpan
from tests.browser import needs_chromium
from tests.labeling.label_folder import SECOND, VIDEO, label_on_disk
from tests.labeling.label_page import NARROW, WIDE, LabelPage, opened_page

pytestmark = [pytest.mark.browser, needs_chromium]
SQUAT, LUNGE = (0, "squat", 2.0, 4.0), (3, "lunge", 5.0, 7.0)


# What is not saved is offered when it is some seconds old: another tab may be about to save it.
MAKE_OLD = """for (const key of Object.keys(localStorage).filter((one) => /unsaved/.test(one))) {
  localStorage[key] = JSON.stringify({ ...JSON.parse(localStorage[key]), at: 1 });
}"""


@pytest.fixture
def page(browser, page_server):
    with opened_page(browser, page_server, WIDE) as one:
        yield one


def give(page, lane, start_sec, end_sec, key):
    page.drag_time(lane, start_sec, end_sec)
    page.press(key)


def on_disk(page) -> list[tuple]:
    """Labels on disk as they are now, without asking the page to save."""
    spans = page.folder.read_labels(VIDEO).spans
    return [(one.track, one.label, one.start_sec, one.end_sec) for one in spans]


def wait_for_disk(page, expected) -> float:
    begin = time.monotonic()
    while on_disk(page) != expected:
        assert time.monotonic() - begin < 10, on_disk(page)
        # Routes are only served meanwhile.
        page.page.wait_for_timeout(20)
    return time.monotonic() - begin


def answer(page, text: str) -> None:
    page.page.click(f'.question button:text-is("{text}")')
    page.settle()


def test_each_change_is_saved_within_a_second(page):
    page.open()
    give(page, 0, 2.0, 4.0, "1")
    assert wait_for_disk(page, [SQUAT]) < 1.0
    page.page.wait_for_selector('#saved[data-state="done"]')
    assert page.text("#saved") == "Saved"
    # The page and a reload of it show the same.
    page.page.reload()
    page.wait_for(VIDEO)
    assert page.span(0).get_attribute("aria-label") == "squat, 0:02.00 to 0:04.00"
    give(page, 3, 5.0, 7.0, "2")
    wait_for_disk(page, [SQUAT, LUNGE])
    assert page.folder.read_labels(VIDEO).revision == 2


def test_labels_are_saved_when_the_page_is_left_at_once(page):
    page.open()
    give(page, 0, 2.0, 4.0, "1")
    page.page.on("dialog", lambda dialog: dialog.accept())
    page.page.goto("about:blank")
    wait_for_disk(page, [SQUAT])


@pytest.fixture
def conflict(page):
    """A page with labels that another program has changed meanwhile."""
    page.open()
    label_on_disk(page.folder, LabelSpan(*LUNGE))
    give(page, 0, 2.0, 4.0, "1")
    page.page.wait_for_selector(".question")
    assert "changed elsewhere" in page.text("#saved")
    # Nothing was overwritten.
    assert on_disk(page) == [LUNGE]
    return page


def test_both_labels_are_kept(conflict):
    answer(conflict, "Keep both")
    assert conflict.spans() == [SQUAT, LUNGE]
    conflict.press("Control+z")
    assert conflict.spans() == [SQUAT]


def test_the_labels_of_the_other_are_loaded(conflict):
    answer(conflict, "Load theirs")
    assert conflict.spans() == [LUNGE]
    conflict.press("Control+z")
    assert conflict.spans() == [SQUAT]


def test_the_labels_of_the_other_are_overwritten(conflict):
    answer(conflict, "Overwrite with mine")
    assert conflict.spans() == [SQUAT]
    conflict.press("Control+z")
    assert conflict.spans() == [LUNGE]


def test_a_conflict_that_is_not_answered_loses_nothing(conflict):
    conflict.press("Escape")
    give(conflict, 1, 1.0, 2.0, "3")
    assert on_disk(conflict) == [LUNGE]
    assert conflict.text("#saved").startswith("Not saved: The labels were changed elsewhere")
    conflict.click("#retry")
    answer(conflict, "Keep both")
    assert conflict.spans() == [SQUAT, (1, "march", 1.0, 2.0), LUNGE]


def test_two_tabs_do_not_overwrite_each_other(page, page_server):
    other = LabelPage(page.page.context.new_page(), page_server)
    page.open()
    other.open()
    give(other, 3, 5.0, 7.0, "2")
    assert other.spans() == [LUNGE]
    page.page.bring_to_front()
    give(page, 0, 2.0, 4.0, "1")
    answer(page, "Keep both")
    assert page.spans() == [SQUAT, LUNGE]
    # The other tab, in turn, hears of it when it saves.
    other.page.bring_to_front()
    give(other, 1, 1.0, 2.0, "3")
    answer(other, "Keep both")
    assert other.spans() == [SQUAT, (1, "march", 1.0, 2.0), LUNGE]
    assert other.errors == []


def test_a_server_that_dies_and_comes_back_gets_everything(page, page_server):
    page.open()
    give(page, 0, 2.0, 4.0, "1")
    assert page.spans() == [SQUAT]
    page_server.stop()
    give(page, 3, 5.0, 7.0, "2")
    page.page.wait_for_selector('#saved[data-state="failed"]')
    assert page.text("#saved") == "Not saved: The server does not answer"
    assert page.page.title().startswith("● ")
    give(page, 1, 1.0, 2.0, "3")
    assert on_disk(page) == [SQUAT]
    page_server.start()
    wait_for_disk(page, [SQUAT, (1, "march", 1.0, 2.0), LUNGE])
    page.page.wait_for_selector('#saved[data-state="done"]')
    assert (
        page.page.evaluate("Object.keys(localStorage).filter((key) => key.includes('unsaved'))")
        == []
    )


def test_an_answer_that_is_lost_is_no_conflict(page):
    """The server saved the labels, but the page did not hear of it."""
    page.open()
    page.page.route("**/api/labels*", lambda route: (route.fetch(), route.abort()), times=1)
    give(page, 0, 2.0, 4.0, "1")
    wait_for_disk(page, [SQUAT])
    give(page, 3, 5.0, 7.0, "2")
    assert page.spans() == [SQUAT, LUNGE]
    assert not page.page.locator(".question").is_visible()


@pytest.mark.parametrize("is_restored", [True, False])
def test_a_browser_that_was_closed_offers_what_was_not_saved(browser, page_server, is_restored):
    with opened_page(browser, page_server, NARROW) as page:
        page.open()
        give(page, 3, 5.0, 7.0, "2")
        assert page.spans() == [LUNGE]
        page.page.route("**/api/labels*", lambda route: route.abort())
        give(page, 0, 2.0, 4.0, "1")
        page.select_lane(2, by="mouse")
        page.press("x")
        # As after a crash: the page cannot save any more.
        page.page.evaluate("session.saving = true")
        page.page.evaluate(MAKE_OLD)
        again = LabelPage(page.page.context.new_page(), page_server)
        page.page.close(run_before_unload=False)
        again.page.goto(page_server.url)
        again.page.wait_for_selector(".question")
        assert again.text("#name") == VIDEO
        assert "Changes of a.mp4" in again.text(".question p")
        answer(again, "Restore them" if is_restored else "Discard them")
        assert again.spans() == ([SQUAT, LUNGE] if is_restored else [LUNGE])
        assert sorted(again.tracks()) == ([0, 1, 3] if is_restored else [0, 1, 2, 3])
        assert again.page.evaluate("unsavedEntries()") == []
        if is_restored:
            again.press("Control+z")
            assert again.spans() == [LUNGE]
        assert again.errors == []


def test_leaving_with_unsaved_labels_warns(page):
    page.open()
    page.page.route("**/api/labels*", lambda route: route.abort())
    give(page, 0, 2.0, 4.0, "1")
    asked = []
    page.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.page.close(run_before_unload=True)
    end = time.monotonic() + 5
    while not asked and time.monotonic() < end:
        with contextlib.suppress(Error):
            page.page.wait_for_timeout(50)
    assert asked == ["beforeunload"]


def test_labels_of_another_video_are_saved_too(page):
    page.open()
    page.page.route(
        "**/api/labels?video=a.mp4",
        lambda route: route.abort() if route.request.method == "PUT" else route.continue_(),
    )
    give(page, 0, 2.0, 4.0, "1")
    page.show(SECOND)
    page.page.wait_for_selector('#saved[data-state="failed"]')
    assert page.text("#saved") == "Not saved: The server does not answer (a.mp4)"
    give(page, None, 0.5, 1.5, "2")
    page.until("!isDirty(stadLabel.session)")
    page.page.unroute("**/api/labels?video=a.mp4")
    page.click("#retry")
    wait_for_disk(page, [SQUAT])
    assert page.spans(SECOND) == [(None, "lunge", 0.5, 1.5)]


def test_what_the_server_refuses_is_said(page):
    page.open()
    wrong = "{ track: 0, label: 'squat', start: 3, end: 2, positive: true }"
    page.page.evaluate(f"edit('test', {{ ...session.doc, spans: [{wrong}] }})")
    page.page.wait_for_selector('#saved[data-state="failed"]')
    assert "must be 0 or more, and before the end" in page.text("#saved")
    page.press("Control+z")
    page.page.wait_for_selector('#saved[data-state="done"]')
