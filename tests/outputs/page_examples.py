"""What tests of the timeline page share: a document, an overlay, and the script of a user."""

from __future__ import annotations

import numpy as np

from stad.annotations.document import document_head, document_tail, segment_entries
from stad.outputs.overlay import OverlayStore
from stad.outputs.timeline import PageVideo
from stad.structures import Actors, FrameResult, Keyframe
from tests.outputs.examples import CLASS_NAMES, run_info, run_segments

VIDEO = PageVideo("v.mp4", "v.mp4")


def document(segments=None, *, name: str = "street.mp4", complete: bool = True) -> dict:
    """A document without frames."""
    segments = run_segments() if segments is None else segments
    rows = {"segments": segment_entries(segments, CLASS_NAMES)}
    return document_head(run_info(name)) | rows | document_tail(complete=complete, num_frames=3)


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
