"""Draw actors, their ids and actions into an image: image in, image out, no I/O."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import supervision as sv

from stad.outputs.labels import label_text, paste_label, place_label, render_label, short_names
from stad.outputs.palette import PALETTE, UNTRACKED, actor_color
from stad.structures import Actors, ShownLabel

# Ratios to the shorter side of the image, and the minimum that can be read.
FONT_RATIO, MIN_FONT_PX = 0.023, 10
LINE_RATIO = 1 / 280
# An actor lower than this ratio of the image height, or than these lines of text, gets one line of
# smaller text.
SMALL_RATIO, SMALL_LINES, SMALL_FONT = 1 / 8, 5, 0.85

# supervision takes images as BGR; ours are RGB, so the channels of its colours are swapped.
# The last one is for actors without a track.
_BOX_COLORS = sv.ColorPalette([sv.Color(b, g, r) for r, g, b in (*PALETTE, UNTRACKED)])


def draw_actors(
    image: np.ndarray,
    actors: Actors,
    labels: list[list[ShownLabel]],
    class_names: Sequence[str],
    *,
    unsure: Sequence[bool] = (),
) -> np.ndarray:
    """Draw a box for every actor, with a label of its id and actions.

    An actor without actions gets a thin box and its id, and the words 'not sure' where its
    posture is. Text and lines grow with the image.

    Args:
        image: (H, W, 3) uint8 RGB; not changed.
        actors: K actors, boxes in pixels of ``image``.
        labels: K lists, highest score first.
        class_names: names of the classes that the labels point to.
        unsure: K flags, see ``FrameResult``.

    Returns:
        A new (H, W, 3) uint8 RGB image.
    """
    if len(labels) != len(actors):
        raise ValueError(
            f"Expected {len(actors)} lists of labels, one for each actor, got {len(labels)}."
        )
    canvas = np.array(image, order="C")
    height_px, width_px = canvas.shape[:2]
    boxes = actors.boxes.clip(0, (width_px - 1, height_px - 1) * 2)
    seen = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    labels = [own for own, is_seen in zip(labels, seen, strict=True) if is_seen]
    unsure = np.flatnonzero(np.array(unsure, bool)[seen]).tolist() if len(unsure) else []
    boxes, ids = boxes[seen], actors.ids[seen]
    _draw_boxes(canvas, boxes, ids, has_labels=np.array([bool(own) for own in labels], dtype=bool))
    names = short_names(tuple(class_names))
    _draw_labels(canvas, boxes, ids, labels, names=names, unsure=frozenset(unsure))
    return canvas


def _draw_boxes(
    canvas: np.ndarray, boxes: np.ndarray, ids: np.ndarray, *, has_labels: np.ndarray
) -> None:
    """Draw boxes into ``canvas``: thick with labels, thin without."""
    line_px = max(1, round(min(canvas.shape[:2]) * LINE_RATIO))
    colors = np.where(ids < 0, len(PALETTE), ids % len(PALETTE))
    for which, thickness in ((~has_labels, max(1, line_px // 2)), (has_labels, line_px)):
        if which.any():
            sv.BoxAnnotator(color=_BOX_COLORS, thickness=thickness).annotate(
                canvas, sv.Detections(xyxy=boxes[which]), custom_color_lookup=colors[which]
            )


def _draw_labels(
    canvas: np.ndarray,
    boxes: np.ndarray,
    ids: np.ndarray,
    labels: list[list[ShownLabel]],
    *,
    names: tuple[str, ...],
    unsure: frozenset[int],
) -> None:
    """Draw labels into ``canvas`` in the order of the ids, so that the same one moves each time."""
    height_px, width_px = canvas.shape[:2]
    font_px = max(MIN_FONT_PX, round(min(height_px, width_px) * FONT_RATIO))
    small_px = max(height_px * SMALL_RATIO, font_px * SMALL_LINES)
    placed = np.zeros((0, 4), dtype=np.int64)
    for row in np.argsort(ids, kind="stable"):
        actor_id = int(ids[row])
        is_small = bool(boxes[row, 3] - boxes[row, 1] < small_px)
        text = label_text(
            actor_id, labels[row], names, is_small=is_small, is_unsure=int(row) in unsure
        )
        if not text.head and not text.lines:
            continue
        label = render_label(
            text,
            actor_color(actor_id),
            font_px=max(MIN_FONT_PX, round(font_px * SMALL_FONT)) if is_small else font_px,
            max_width_px=width_px,
            max_height_px=height_px,
        )
        size_px = (label.paint.shape[1], min(label.paint.shape[0], height_px))
        left_px, top_px = place_label(
            size_px, boxes[row], placed=placed, boxes=boxes, image_px=(width_px, height_px)
        )
        paste_label(canvas, label, left_px, top_px)
        corner = (left_px + size_px[0], top_px + size_px[1])
        placed = np.concatenate([placed, [(left_px, top_px, *corner)]])
