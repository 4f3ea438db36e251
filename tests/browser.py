"""Opens pages in headless Chromium, and reads the data that they carry."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--virtual-time-budget=3000",
]

needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here")


def data_in(page: Path) -> dict:
    """The data that a page carries."""
    text = page.read_text()
    return json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', text)[1])


def opened(page: Path, script: str, *, later: str = "", width_px: int = 1280) -> list:
    """Open the page in Chromium, run ``script`` in it, give what it pushed to ``log``.

    ``later`` runs when the page has had a second to load what it links to.
    """
    text = page.read_text()
    catch = (
        "<script>const log = []; addEventListener('error', (e) => log.push(e.message));</script>"
    )
    tell = (
        "const told = document.createElement('pre'); told.id = 'told'; "
        "told.textContent = JSON.stringify(log); document.body.append(told);"
    )
    if later:
        tell = f"setTimeout(() => {{ {later};\n{tell} }}, 1000)"
    tell = f"<script>{script};\n{tell}</script>"
    probe = page.with_name("probe.html")
    text = text.replace("<head>", f"<head>{catch}", 1).replace("</body>", f"{tell}</body>")
    probe.write_text(text)
    command = [CHROMIUM, *FLAGS, f"--window-size={width_px},900", "--dump-dom"]
    command += [f"--user-data-dir={page.parent / 'profile'}", probe.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    return json.loads(html.unescape(re.search(r'<pre id="told">(.*?)</pre>', dom)[1]))
