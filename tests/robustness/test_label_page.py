"""Hostile names of files and classes on the label page, in Chromium."""

from __future__ import annotations

import shutil

import pytest

from stad.annotations.own.labels import LabelSpan
from tests.browser import needs_chromium
from tests.labeling import label_page
from tests.labeling.label_folder import (
    SECOND,
    VIDEO,
    Server,
    label_on_disk,
    make_folder,
    write_people,
)
from tests.labeling.label_page import WIDE, browser, opened_page

__all__ = ["browser"]
pytestmark = [pytest.mark.robust, pytest.mark.browser, needs_chromium]
FILES = [
    "<img src=x onerror='window.ran = 1'>.mp4",
    "\"'><svg onload=window.ran=1>.mp4",
    "javascript:window.ran=1.mp4",
    "${window.ran = 1}{{DATA}} &amp; %2e#?.mp4",
    "a\nb\x1b[2J\u202egpj.mp4",
]
CLASSES = [
    "</script><script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 1'>",
    "\"'><svg onload=window.ran=1>",
]


def test_no_name_runs_on_the_label_page(browser, tmp_path, monkeypatch):
    folder = make_folder(tmp_path / "mine")
    for name in FILES:
        shutil.copy(folder.path / SECOND, folder.path / name)
        write_people(folder, name, (), duration_sec=2.0)
    folder.write_classes(CLASSES)
    label_on_disk(folder, LabelSpan(0, CLASSES[0], 2, 7))
    # Seven videos are opened, also on a machine that has other work.
    monkeypatch.setattr(label_page, "WAIT_SEC", 60)
    server = Server(folder).start()
    try:
        with opened_page(browser, server, WIDE) as page:
            page.open()
            listed = [one.get_attribute("data-video") for one in page.page.locator(".video").all()]
            assert set(FILES) <= set(listed)
            for place, name in enumerate(listed):
                page.page.locator(".video").nth(place).click()
                page.wait_for(name)
                assert page.text("#name") == name
            page.show(VIDEO)
            shown = [page.text(f"#classes .give >> nth={place}") for place in range(len(CLASSES))]
            assert all(name in text for name, text in zip(CLASSES, shown, strict=True))
            page.give(1, by="keys")
            assert page.page.evaluate("String(window.ran)") == "undefined"
            handlers = "document.querySelectorAll('[onerror], [onload]').length"
            assert page.page.evaluate(handlers) == 0
    finally:
        server.stop()
