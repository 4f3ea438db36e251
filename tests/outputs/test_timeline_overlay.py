"""What the timeline page draws over a video, in Chromium."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stad.outputs.timeline import PageVideo, write_timeline
from stad.outputs.timeline_file import TimelineFile
from tests.browser import data_in, needs_chromium, opened
from tests.outputs.examples import run_info
from tests.outputs.page_examples import LOOK, VIDEO, document, walk
from tests.videos import write_video


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
  const box = [x, y, x + random(1, 300), y + random(1, 300)];
  drawLabel(fake, box, { id: 7, lines, colors: data.palette[7] }, { taken: [], frame });
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
