"""The timeline page: its data, and in Chromium what a user sees and does."""

from __future__ import annotations

import re

import pytest

from stad.errors import InputError
from stad.outputs.overlay import OverlayStore
from stad.outputs.timeline import PageVideo, page_data, relative_href, write_timeline
from stad.outputs.writers import JsonWriter
from tests.browser import data_in, needs_chromium, opened
from tests.outputs.examples import frame_results, run_info, run_tubes
from tests.outputs.page_examples import LOOK, VIDEO, document


def test_rows_point_to_actors_by_id_and_labels_by_time():
    data = page_data(document(), [VIDEO], first_sec=0.0)
    assert [(a["id"], a["name"], a["color"]) for a in data["actors"]] == [
        (3, "#3", "#3ddc3d"),
        (7, "#7", "#f5282d"),
    ]
    assert [label["name"] for label in data["labels"]] == ["stand", "walk", "talk to (a person)"]
    assert data["segments"] == [
        [1, 1, 0.0, 3.0, 0.9],
        [0, 0, 1.0, 75.25, 0.6124],
        [1, 2, 2.0, 4.5, 0.625],
    ]


@pytest.mark.parametrize("name", ["</script><b>x", "<!--<script>", "a\u2028b{{DATA}}", "bad\udcff"])
def test_no_name_breaks_out_of_the_page(tmp_path, name):
    page = tmp_path / "a.html"
    write_timeline(page, document(name=name))
    assert data_in(page)["video"]["name"] == name
    assert "{{SCRIPT}}" not in page.read_text()
    assert page.read_text().count("</script>") == 3


def test_the_page_asks_nothing_of_the_network(tmp_path):
    page = tmp_path / "a.html"
    write_timeline(page, document(), [VIDEO])
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(", page.read_text())


def test_the_page_can_be_made_from_a_json_file(tmp_path):
    writer, overlay = JsonWriter(tmp_path / "a.json", run_info()), OverlayStore(tmp_path)
    for number, result in enumerate(frame_results()):
        writer.write(result)
        overlay.write(result, is_sample=number == 0)
    writer.close(run_tubes(), complete=True)
    write_timeline(tmp_path / "a.html", tmp_path / "a.json", [VIDEO])
    write_timeline(tmp_path / "b.html", document(), [VIDEO], overlay=overlay)
    assert (tmp_path / "a.html").read_text() == (tmp_path / "b.html").read_text()
    assert data_in(tmp_path / "a.html") == page_data(document(), [VIDEO], first_sec=0.0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "a.json", "b.html"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "No such file"),
        ("{", "is not JSON"),
        ("[]", "format and version None"),
        ("{}", "of version 2, but"),
    ],
)
def test_a_wrong_document_is_the_users_error(tmp_path, text, message):
    path = tmp_path / "a.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=message):
        write_timeline(tmp_path / "a.html", path)
    assert not (tmp_path / "a.html").exists()


@pytest.mark.parametrize(
    ("target", "page", "href"),
    [
        ("out/v.mp4", "out/p.html", "v.mp4"),
        ("out/v.mp4", "p.html", "out/v.mp4"),
        ("v.mp4", "out/p.html", "../v.mp4"),
        ("a b#1?%.mp4", "p.html", "a%20b%231%3F%25.mp4"),
        ("bad\udcff.mp4", "p.html", "bad%FF.mp4"),
    ],
)
def test_links_are_relative_and_encoded(target, page, href):
    assert relative_href(target, page) == href


@pytest.mark.browser
@needs_chromium
def test_a_user_sees_filters_and_steps(tmp_path):
    page = tmp_path / "a.html"
    write_timeline(page, document(), [PageVideo("v.mp4", "v.mp4", 0.5)], first_sec=0.5)
    log = opened(
        page,
        LOOK
        + """
log.push(document.title, texts('.row .chip'), all('.seg').map((s) => s.getAttribute('aria-label')));
log.push(all('.row').map((row) => row.style.height), document.getElementById('nothing').hidden);
key('k'); log.push(player.currentTime, document.activeElement.className);
key('k'); key('j'); key('k'); key('k'); log.push(player.currentTime);
key('ArrowLeft'); log.push(player.currentTime);
type('find', 'talk, stand'); log.push(all('.seg').length, texts('tbody tr td:nth-child(2)'));
type('who', '5-9'); log.push(texts('.row .chip'));
type('score', 0.9); log.push(all('.seg').length, document.getElementById('filtered').hidden);
document.getElementById('reset').click(); log.push(all('.seg').length);
document.querySelector('[data-key=score]').click(); log.push(texts('tbody tr td:nth-child(5)'));
document.querySelector('#labels input').click(); log.push(texts('.row .chip'));
""",
    )
    assert log[0:2] == ["street.mp4 · timeline", ["#3", "#7"]]
    assert log[2] == [
        "#3 stand, 0:01.0 to 1:15.3, score 0.61",
        "#7 walk, 0:00.0 to 0:03.0, score 0.90",
        "#7 talk to (a person), 0:02.0 to 0:04.5, score 0.63",
    ]
    # Two lanes for the two overlapping actions of #7; the message for nothing found is hidden.
    assert log[3:5] == [["32px", "56px"], True]
    # The video begins at 0.5 s: its time is the segment's less that.
    assert log[5:7] == [0.5, "seg on"]
    assert log[7:9] == [1.5, 0.5]
    assert log[9:11] == [2, ["stand", "talk to (a person)"]]
    assert log[11] == ["#7"]
    assert log[12:14] == [0, False]
    assert log[14] == 3
    assert log[15] == ["0.90", "0.63", "0.61"]
    assert log[16] == ["#7"]


@pytest.mark.browser
@needs_chromium
def test_arrows_go_from_segment_to_segment(tmp_path):
    page = tmp_path / "a.html"
    write_timeline(page, document(), [VIDEO])
    log = opened(
        page,
        LOOK
        + """
const arrow = (name) => { document.activeElement.dispatchEvent(
  new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }));
  log.push(document.activeElement.getAttribute('aria-label')); };
const stops = () => all('.seg').map((s) => s.tabIndex);
log.push(stops());
all('.seg')[1].focus();
arrow('Enter'); arrow('ArrowRight'); arrow('ArrowRight'); arrow('ArrowLeft'); arrow('ArrowUp');
arrow('ArrowUp'); arrow('ArrowDown');
log.push(stops(), timeSec);
""",
    )
    # One stop for the tab key.
    assert log[0] == [0, -1, -1]
    stand, walks, talk = (
        "#3 stand, 0:01.0 to 1:15.3, score 0.61",
        "#7 walk, 0:00.0 to 0:03.0, score 0.90",
        "#7 talk to (a person), 0:02.0 to 0:04.5, score 0.63",
    )
    assert log[1:8] == [walks, talk, talk, walks, stand, stand, walks]
    assert log[8:] == [[-1, 0, -1], 0]


@pytest.mark.browser
@needs_chromium
def test_a_score_that_is_not_known_is_a_question_mark(tmp_path):
    run = document()
    run["segments"][0]["score"] = None
    write_timeline(tmp_path / "a.html", run)
    log = opened(
        tmp_path / "a.html",
        LOOK
        + """
log.push(all('.seg')[0].getAttribute('aria-label'), texts('tbody tr td:nth-child(5)'));
type('score', 0.01); log.push(all('.seg').length);
""",
    )
    assert log == ["#3 stand, 0:01.0 to 1:15.3, score ?", ["0.90", "?", "0.63"], 2]


@pytest.mark.browser
@needs_chromium
def test_an_empty_run_says_so(tmp_path):
    page = tmp_path / "a.html"
    write_timeline(page, document([], name="</script><b>x", complete=False))
    log = opened(
        page,
        """for (const id of ['nothing', 'board', 'list', 'partial', 'novideo', 'stage'])
  log.push(document.getElementById(id).hidden);
log.push(document.querySelector('h1').textContent)""",
    )
    assert log == [False, True, True, False, False, True, "</script><b>x"]


@pytest.mark.browser
@needs_chromium
def test_a_narrow_page_does_not_scroll_sideways_and_long_runs_stay_light(tmp_path):
    run = document()
    run["segments"] = [
        {"actor": a, "label": "walk", "start_sec": 60.0 * n, "end_sec": 60.0 * n + 30, "score": 0.7}
        for a in range(200)
        for n in range(120)
    ]
    page = tmp_path / "a.html"
    write_timeline(page, run)
    log = opened(
        page,
        """log.push(document.documentElement.scrollWidth <= innerWidth,
  document.querySelectorAll('.row').length, document.querySelectorAll('tbody tr').length,
  document.getElementById('count').textContent)""",
        width_px=500,
    )
    fits, num_rows, num_lines, count = log
    assert fits
    assert 5 <= num_rows < 60
    assert (num_lines, count) == (200, "24000 segments of 200 actors")
