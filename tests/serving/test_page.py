"""The page in Chromium: drop a video, follow it, look at it, delete it; and hostile names."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import sync_playwright

from stad.serving.settings import ServiceSettings
from stad.serving.tokens import Tokens
from tests.browser import CHROMIUM, needs_chromium
from tests.serving.served import TOKEN, serve_settings, tiny_options
from tests.serving.test_app import done_job

pytestmark = [pytest.mark.browser, needs_chromium]

DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
  const files = new DataTransfer();
  files.items.add(new File([bytes], name, { type: "video/mp4" }));
  document.body.dispatchEvent(
    new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
}"""
EVIL = "<img src=x onerror=alert(1)>.mp4"


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A page whose errors, those of the Content-Security-Policy too, fail the test."""
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page, problems = context.new_page(), []
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    page.on(
        "console",
        lambda line: problems.append(line.text) if "Security Policy" in line.text else None,
    )
    yield page
    assert problems == []
    context.close()


def drop(page, name, content):
    page.evaluate(DROP, [name, base64.b64encode(content).decode()])


def test_a_video_is_dropped_and_cancelled(empty, page, video):
    page.goto(empty.url)
    page.wait_for_selector("#empty:visible")
    assert "Up to 100 kB and 0:05 a video" in page.inner_text("#limits")
    drop(page, EVIL, video.read_bytes())
    row = page.wait_for_selector("#jobs [data-state=queued]")
    assert row.query_selector(".name").inner_text() == EVIL
    assert "0:01" in row.inner_text()
    assert page.query_selector("img") is None
    # Another client changes it: the page hears of that.
    job_id = row.get_attribute("data-job")
    page.click("#jobs button")
    page.wait_for_selector(f"[data-job='{job_id}'][data-state=cancelled]")
    assert empty.call("GET", f"/api/jobs/{job_id}").json["state"] == "cancelled"
    empty.call("DELETE", f"/api/jobs/{job_id}")
    page.wait_for_selector("#empty:visible")
    # Nothing is wider than the narrow screen.
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_refusals_are_shown(empty, page):
    page.goto(empty.url)
    drop(page, "notes.txt", b"no video\n" * 50)
    page.wait_for_selector("#uploads .error")
    assert "cannot be read as one" in page.inner_text("#uploads")
    drop(page, "large.mp4", b"x" * 200_000)
    page.wait_for_selector("#uploads li:nth-child(2) .error")
    assert "the limit is 100 kB" in page.inner_text("#uploads")
    page.fill("#place", "../secret.mp4")
    page.press("#place", "Enter")
    page.wait_for_selector("#namederror:visible")
    assert page.inner_text("#namederror") == "There is no such video."


def test_jobs_of_other_clients_appear_and_done_ones_are_deleted(empty, page, video):
    page.goto(empty.url)
    page.wait_for_selector("#empty:visible")
    job_id = done_job(empty, video, results=("timeline.html",))
    empty.service._changed(empty.service.get(job_id), None)
    row = page.wait_for_selector(f"[data-job='{job_id}'][data-state=done]")
    links = [one.get_attribute("href") for one in row.query_selector_all("a")]
    assert links[0] == f"/api/jobs/{job_id}/timeline.html"
    assert len(links) == 5
    row.query_selector("button").click()
    page.wait_for_selector("#empty:visible")
    assert empty.call("GET", f"/api/jobs/{job_id}").status == 404


def test_the_description_of_the_api(served, page):
    page.goto(f"{served.url}/docs")
    page.click("summary:has-text('Upload a video')")
    text = page.inner_text("details[open]")
    assert "curl" in text
    assert "Retry-After" in text
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_token_is_asked_for(tmp_path, page):
    settings = ServiceSettings(folder=tmp_path / "data")
    with serve_settings(settings, tokens=Tokens([TOKEN])) as served:
        page.goto(served.url)
        page.fill("#token", "wrong")
        page.press("#token", "Enter")
        page.wait_for_selector("#error:visible")
        assert page.inner_text("#error") == "The token is wrong."
        page.fill("#token", TOKEN)
        page.press("#token", "Enter")
        page.wait_for_selector("#empty:visible")
        page.click("#logout")
        page.wait_for_selector("#token:visible")


@pytest.mark.slow
def test_a_video_becomes_a_timeline_that_plays(tmp_path, page, video):
    settings = ServiceSettings(folder=tmp_path / "data", inference=tiny_options(tmp_path))
    with serve_settings(settings, with_workers=True) as served:
        page.goto(served.url)
        drop(page, "party.mp4", video.read_bytes())
        row = page.wait_for_selector("#jobs [data-state=done]", timeout=240_000)
        assert "1 person" in row.inner_text()
        row.query_selector("a:has-text('Timeline')").click()
        page.wait_for_selector("#name:has-text('party.mp4')")
        page.wait_for_function("document.getElementById('video').readyState >= 2")
        assert page.evaluate("document.getElementById('video').duration") == pytest.approx(
            1, abs=0.2
        )
        assert "stand" in page.inner_text("#list")
