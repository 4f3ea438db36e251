"""The timeline page: its data, and in Chromium what a user sees and does."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from stad.annotations.document import document_head, document_tail, segment_entries
from stad.errors import InputError
from stad.outputs.overlay import OverlayStore
from stad.outputs.timeline import PageVideo, page_data, relative_href, write_timeline
from stad.outputs.timeline_file import TimelineFile
from stad.outputs.writers import JsonWriter
from stad.structures import Actors, FrameResult, Keyframe
from tests.browser import data_in, needs_chromium, opened
from tests.outputs.examples import CLASS_NAMES, frame_results, run_info, run_segments, run_tubes
from tests.videos import write_video

VIDEO = PageVideo("v.mp4", "v.mp4")


def document(segments=None, *, name: str = "street.mp4", complete: bool = True) -> dict:
    """A document without frames."""
    segments = run_segments() if segments is None else segments
    rows = {"segments": segment_entries(segments, CLASS_NAMES)}
    return document_head(run_info(name)) | rows | document_tail(complete=complete, num_frames=3)


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


LOOK = """
const all = (what) => [...document.querySelectorAll(what)];
const key = (name) => document.body.dispatchEvent(
  new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }));
const type = (id, value) => {
  document.getElementById(id).value = value;
  document.getElementById(id).dispatchEvent(new Event('input', { bubbles: true }));
};
const texts = (what) => all(what).map((node) => node.textContent);
const player = document.querySelector('video');
"""


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


def walk(folder) -> OverlayStore:
    """Actor 7 walks 20 px a second to the right; at 1 s and 2 s it is scored."""
    overlay = OverlayStore(folder)
    for step in range(125):
        time_sec = step / 5
        actors = Actors.from_arrays([[10 + 20 * time_sec, 10, 40 + 20 * time_sec, 90]], ids=[7])
        keyframe = None
        if step in (5, 10):
            scores = [[0.1, 0.9, 0.6]] if step == 5 else [[0.7, 0.2, 0.01]]
            keyframe = Keyframe(time_sec, actors, np.array(scores, np.float32))
        overlay.write(FrameResult(step, time_sec, actors, [[]], keyframe), is_sample=True)
    return overlay


@pytest.mark.browser
@needs_chromium
def test_boxes_and_labels_follow_time_threshold_and_filters(tmp_path):
    page = tmp_path / "a.html"
    write_timeline(page, document(), [VIDEO], overlay=walk(tmp_path))
    log = opened(
        page,
        LOOK
        + """
const at = (sec, minScore = 0.5) => drawnAt(sec, { minScore, ...shows });
log.push(at(1).map(({ id, box, lines }) => [id, box, lines]));
log.push(at(1.1)[0].box, at(9.9)[0].box, at(10.1)[0].box, at(24.9).length, at(25.1).length);
log.push(at(1.4)[0].lines, at(1.6)[0].lines, at(2.6)[0].lines, at(1, 0.08)[0].lines);
type('find', 'talk'); log.push(at(1)[0].lines); type('find', '');
document.querySelector('#labels input[value="1"]').click(); log.push(at(1)[0].lines);
type('who', '3'); log.push(at(1).length);
""",
    )
    assert log[0] == [[7, [30, 10, 60, 90], ["walk 0.90", "talk to (a person) 0.60"]]]
    assert log[1] == [32, 10, 62, 90]
    # The chunks of ten seconds meet without a jump.
    assert log[2][0] == pytest.approx(208, abs=1)
    assert log[3][0] == pytest.approx(212, abs=1)
    assert log[4:6] == [1, 0]
    assert log[6] == ["walk 0.90", "talk to (a person) 0.60"]
    # Nearer to the second keyframe; beyond a stride of 0.5 s from it nothing is known.
    assert log[7:9] == [["stand 0.70"], []]
    assert log[9] == ["walk 0.90", "talk to (a person) 0.60", "stand 0.10"]
    assert log[10] == ["talk to (a person) 0.60"]
    assert log[11] == ["talk to (a person) 0.60"]
    assert log[12] == 0


@pytest.mark.browser
@needs_chromium
def test_who_is_in_no_sure_posture_is_not_sure(tmp_path):
    """The first two classes are postures; the third is an action."""
    log = []
    for num_exclusive in (2, 0):
        page = tmp_path / f"{num_exclusive}.html"
        write_timeline(
            page, document(), [VIDEO], overlay=walk(tmp_path), num_exclusive=num_exclusive
        )
        log.append(
            opened(
                page,
                LOOK
                + """
const at = (sec, minScore = 0.5) => drawnAt(sec, { minScore, ...shows })[0].lines;
log.push(at(1), at(1, 0.95), at(2, 0.75), at(1.5, 0.95), at(2.6, 0.95));
document.querySelector('#labels input[value="1"]').click(); log.push(at(1, 0.95));
""",
            )
        )
    both = ["walk 0.90", "talk to (a person) 0.60"]
    # Without scores near by, there is nothing to be unsure of.
    assert log[0] == [both, ["not sure"], ["not sure"], ["not sure"], [], []]
    assert log[1] == [both, [], [], [], [], []]


def test_without_all_postures_no_person_is_unsure(tmp_path):
    info = replace(run_info(), num_exclusive=2)
    for name, allowed, expected in (("a", None, 2), ("b", {0, 1}, 2), ("c", {1, 2}, 0)):
        path = tmp_path / f"{name}.html"
        chosen = None if allowed is None else frozenset(allowed)
        TimelineFile(path, info, source_path="none.mp4", allowed=chosen).close([], complete=True)
        assert data_in(path)["num_exclusive"] == expected


@pytest.mark.browser
@needs_chromium
def test_no_plate_crosses_the_border_of_the_frame(tmp_path):
    page = tmp_path / "a.html"
    write_timeline(page, document(), [VIDEO], overlay=walk(tmp_path))
    log = opened(
        page,
        """
let seed = 1;
const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
const random = (low, high) => low + (high - low) * next();
const ink = document.createElement('canvas').getContext('2d');
let outside = 0, plates = 0, cut = 0;
for (let round = 0; round < 400; round++) {
  const [left, top] = [random(0, 50), random(0, 50)];
  const frame = [left, top, left + random(40, 500), top + random(24, 400)];
  const plate = [];
  const fake = { measureText: (line) => ink.measureText(line),
    set font(value) { ink.font = value; },
    fillRect: (...box) => plate.push(box),
    fillText: (line, x, y) => { cut += line.endsWith('…');
      outside += x < frame[0] || x + ink.measureText(line).width > frame[2] || y > frame[3]; } };
  const length = Math.floor(random(0, 5));
  const lines = Array.from({ length }, () => 'bend/bow (at the waist) 0.62');
  const x = random(-50, 600), y = random(-50, 500);
  drawLabel(fake, [x, y, x + random(1, 300), y + random(1, 300)], 7, { lines, taken: [], frame });
  const [[l, t, w, h]] = plate;
  plates++;
  outside += l < frame[0] || t < frame[1] || l + w > frame[2] + 1e-6 || t + h > frame[3] + 1e-6;
}
log.push(plates, outside, cut > 10);
""",
    )
    assert log == [400, 0, True]


@pytest.mark.browser
@needs_chromium
def test_boxes_are_painted_where_the_actor_is(tmp_path):
    write_video(tmp_path / "v.mp4", num_frames=30, size=(200, 100))
    write_timeline(tmp_path / "a.html", document(), [VIDEO], overlay=walk(tmp_path))
    log = opened(
        tmp_path / "a.html",
        LOOK
        + """
const canvas = document.getElementById('canvas');
const alpha = (x, y) => {
  const share = canvas.width / 200;
  const at = [Math.round(x * share), Math.round(y * share)];
  return canvas.getContext('2d').getImageData(...at, 1, 1).data[3];
};
seek(0.5);
log.push([alpha(20, 60), alpha(50, 60), alpha(35, 60), alpha(150, 60)].map((a) => a > 128));
log.push(document.getElementById('shows').textContent);
key('b'); log.push(alpha(20, 60), document.getElementById('minscore').disabled);
""",
    )
    assert log[0] == [True, True, False, False]
    assert log[1] == "Shown: v.mp4, the source; this page draws the boxes over it."
    assert log[2:] == [0, True]


@pytest.mark.browser
@needs_chromium
def test_the_video_that_plays_is_shown(tmp_path):
    (tmp_path / "source.avi").write_bytes(b"no video at all")
    write_video(tmp_path / "out.mp4", num_frames=30, size=(200, 100))
    videos = [PageVideo("source.avi", "source.avi"), PageVideo("out.mp4", "out.mp4", 0.5, True)]
    write_timeline(tmp_path / "a.html", document(), videos, first_sec=0.5, overlay=walk(tmp_path))
    tell = """log.push(playing?.name, $('shows').textContent, $('boxes').checked,
  $('novideo').textContent)"""
    log = opened(
        tmp_path / "a.html", LOOK, later=f"{tell}; seek(0.75); log.push(video.currentTime)"
    )
    assert log[0] == "out.mp4"
    assert log[1].startswith("Shown: out.mp4, with boxes drawn in already.")
    assert "source.avi cannot be played" in log[1]
    assert log[2] is False
    assert log[4] == 0.25
    (tmp_path / "out.mp4").unlink()
    log = opened(tmp_path / "a.html", LOOK, later=tell)
    assert log[0] is None
    assert log[3].startswith("source.avi, out.mp4 cannot be played")


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
