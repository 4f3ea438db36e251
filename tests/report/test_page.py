"""The report's files and images, and what a user sees and does in Chromium."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from stad.errors import InputError
from stad.evaluation.compare_ava import compare_ava_files
from stad.report.page import NamedResult, name_results, write_report
from tests.browser import data_in, needs_chromium, opened
from tests.report.evaluations import SIT, SMALL, STAND, TALL, both, compared
from tests.videos import write_video

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "eval_ava.py"


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def test_json_lies_beside_the_page_and_has_no_nan(tmp_path):
    page = write_report(tmp_path / "new" / "report", both(tmp_path))
    figures_file = page.with_name("report.json")
    data = json.loads(figures_file.read_text(), parse_constant=refuse)
    assert sorted(path.name for path in page.parent.iterdir()) == ["report.html", "report.json"]
    in_page = data_in(page)
    assert in_page.pop("image_notes") == []
    assert in_page == data


def test_the_page_asks_nothing_of_the_network(tmp_path):
    text = write_report(tmp_path, both(tmp_path)).read_text()
    # The name of the SVG namespace is not an address.
    text = text.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(", text)


def test_no_name_breaks_out_of_the_page(tmp_path):
    name = "</script><!--{{DATA}}"
    truth = [(name, 1, TALL, STAND)]
    one = compared(tmp_path, [(name, 1, SMALL, STAND, 0.5)], truth=truth)
    page = write_report(tmp_path, [NamedResult(name, one)])
    data = data_in(page)
    assert data["results"][0]["name"] == name
    assert data["results"][0]["misses"][0]["video"] == name
    assert page.read_text().count("</script>") == 2


def test_no_ground_truth_at_all(tmp_path):
    (tmp_path / "empty.csv").write_text("a,1\n")
    compared(tmp_path)
    one = compare_ava_files(tmp_path / "empty.csv", tmp_path / "found.csv")
    data = data_in(write_report(tmp_path, name_results([one])))
    assert (data["results"][0]["mAP"], data["results"][0]["misses"]) == (None, [])
    assert data["results"][0]["false_positives"][0]["why"] == "nobody"


def decoded(thumbnail: str) -> np.ndarray:
    """(H, W, 3) uint8 RGB of a data URI."""
    head, body = thumbnail.split(",")
    assert head == "data:image/jpeg;base64"
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(body), np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def red_from_second_one(index: int, width_px: int, height_px: int) -> np.ndarray:
    color = (200, 20, 20) if index >= 10 else (20, 20, 200)
    return np.full((height_px, width_px, 3), color, dtype=np.uint8)


def test_thumbnails_show_the_moment_and_the_box(tmp_path):
    videos = tmp_path / "videos"
    videos.mkdir()
    write_video(
        videos / "a.mp4", num_frames=30, fps=10, size=(400, 240), picture=red_from_second_one
    )
    truth = [("a", 901, TALL, STAND), ("a", 900, SMALL, SIT), ("b", 901, TALL, STAND)]
    one = compared(tmp_path, [("a", 901, SMALL, STAND, 0.5)], truth=truth)
    page = write_report(tmp_path, name_results([one]), videos=videos, video_start_sec=900)
    data = data_in(page)
    assert data["image_notes"] == [
        f"1 of 2 videos have no images, such as: There is no video b in {videos}. Put it there."
    ]
    (wrong,) = data["results"][0]["false_positives"]
    picture = decoded(wrong["thumbnail"]).astype(int)
    assert picture.shape == (120, 200, 3)
    np.testing.assert_allclose(picture[20, 20], (200, 20, 20), atol=25)
    # The left edge of SMALL, half of 200 px; amber.
    assert (picture[70:90, 98:102, :2].max(axis=(0, 1)) > (220, 140)).all()
    seen = {(m["video"], m["time_sec"]): m.get("thumbnail") for m in data["results"][0]["misses"]}
    assert seen[("b", 901)] is None
    np.testing.assert_allclose(decoded(seen[("a", 900)])[20, 20], (20, 20, 200), atol=25)
    # The figures stay small.
    assert "data:image" not in (tmp_path / "report.json").read_text()


def test_a_missing_folder_of_videos_is_the_users_error(tmp_path):
    with pytest.raises(InputError, match="is not a folder of videos"):
        write_report(tmp_path / "out", both(tmp_path), videos=tmp_path / "films")
    assert not (tmp_path / "out").exists()


def test_the_script_compares_files_and_writes_the_report(tmp_path):
    both(tmp_path)
    command = [sys.executable, SCRIPT, "--gt", "truth.csv", "--pred", "found.csv"]
    command += ["--pred", "other.csv", "--json", "--report", "out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    shown = json.loads(done.stdout)
    assert {name: one["mAP"] for name, one in shown.items()} == {
        "found": 0.5,
        "other": pytest.approx(1 / 3),
    }
    assert data_in(tmp_path / "out" / "report.html")["results"][1]["name"] == "other"


LOOK = """
const all = (what) => [...document.querySelectorAll(what)];
const texts = (what) => all(what).map((node) => node.textContent);
const names = () => texts('#body td:first-child');
const head = (key) => document.querySelector(`[data-key=${key}]`);
const sorting = (key) => head(key).parentNode.getAttribute('aria-sort');
const row = (name) => all('#body tr').find((line) => line.cells[0].textContent === name);
const fits = () => document.documentElement.scrollWidth <= innerWidth;
"""


@pytest.mark.browser
@needs_chromium
def test_a_user_reads_sorts_and_opens_a_curve(tmp_path):
    page = write_report(tmp_path, both(tmp_path))
    log = opened(
        page,
        LOOK
        + """
log.push(texts('.tile .mean'), texts('.tile em'), names().length, names().slice(0, 3));
log.push([...row('sit').cells].map((cell) => cell.textContent), row('swim').cells[2].textContent);
log.push(sorting('ap'), sorting('name'), getComputedStyle(row('sit').cells[3]).textAlign);
head('ap').click(); log.push(sorting('ap'), names().slice(0, 3), names().length);
head('name').focus(); document.activeElement.click();
log.push(sorting('name'), names()[0], document.activeElement.dataset.key);
row('stand').querySelector('button').click();
log.push(document.getElementById('detailname').textContent, all('#curve polyline').length);
const svg = document.querySelector('#curve svg'), area = svg.getBoundingClientRect();
const at = { clientX: area.left + 46, clientY: area.top + 10 };
svg.dispatchEvent(new PointerEvent('pointermove', at));
log.push(document.getElementById('tip').textContent, document.getElementById('tip').hidden);
log.push(texts('#moverows tr:first-child td').slice(0, 5), texts('#moves')[0]);
log.push(all('#wrong figure').length, all('#missed figure').length);
log.push(texts('#wrong figcaption div')[0]);
all('.tile')[1].click();
log.push(row('stand').cells[2].textContent, all('#wrong figure').length);
log.push(texts('#mistakes small')[0]);
document.getElementById('find').value = 'sit, carry';
document.getElementById('find').dispatchEvent(new Event('input')); log.push(names());
all('#scatter .dot')[0].dispatchEvent(new MouseEvent('click', { bubbles: true }));
log.push(document.getElementById('detailname').textContent, fits());
""",
    )
    log = iter(log)
    assert next(log) == ["0.500 mAP · 6 detections", "0.333 mAP · 2 detections"]
    assert next(log) == ["0.750", "0.000", "–", "0.500", "0.000", "–"]
    assert (next(log), next(log)) == (60, ["stand", "sit", "carry/hold (an object)"])
    assert next(log) == ["sit", "person movement", "0.500", "2", "2", "0.667", "0.500"]
    assert next(log) == "–"
    assert (next(log), next(log), next(log)) == ("descending", "none", "right")
    # Classes without a value stay last.
    assert next(log) == "ascending"
    assert (next(log), next(log)) == (["carry/hold (an object)", "sit", "stand"], 60)
    assert (next(log), next(log), next(log)) == ("ascending", "answer phone", "name")
    # The other result found no one who stands: it has no curve.
    assert (next(log), next(log)) == ("stand", 1)
    assert next(log) == "found: precision 1.000, recall 0.500 from score 0.900"
    assert next(log) is False
    assert next(log) == ["stand", "2", "1.000", "0.000", "−1.000"]
    assert next(log) == "mAP 0.500 → 0.333 (−0.167): 1 class up, 1 down, 1 as before."
    assert (next(log), next(log), next(log)) == (3, 2, "labelled: sit")
    assert (next(log), next(log), next(log)) == ("0.000", 0, "of other")
    assert next(log) == ["carry/hold (an object)", "sit"]
    assert next(log) in {"stand", "sit", "carry/hold (an object)"}
    assert next(log) is True
    assert list(log) == []


@pytest.mark.browser
@needs_chromium
def test_a_narrow_page_shows_the_curve_when_asked(tmp_path):
    page = write_report(tmp_path, both(tmp_path)[:1])
    log = opened(
        page,
        LOOK
        + """
const detail = document.getElementById('detail');
log.push(fits(), detail.hidden, document.getElementById('comparison').hidden);
row('stand').click(); log.push(detail.hidden, all('#curve polyline').length, fits());
document.getElementById('close').click(); log.push(detail.hidden);
log.push(getComputedStyle(row('stand').cells[1]).display);
""",
        width_px=500,
    )
    assert log == [True, True, True, False, 1, True, True, "none"]
