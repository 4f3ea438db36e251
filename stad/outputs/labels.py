"""Render the labels of actors, and place them where they hide little."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from stad.outputs.palette import LIGHT_TEXT, Color, text_color
from stad.structures import ShownLabel
from stad.utils.boxes import box_intersection

ELLIPSIS = "…"
# In place of a posture.
NOT_SURE = "not sure"
# Costs of a place, for the fraction of the label that hides something, and per step away from the
# preferred place: a label moves only when that clearly uncovers something, or it would flicker
# from frame to frame.
HIDES_LABEL, HIDES_BOX, STEP_AWAY = 4.0, 0.5, 0.1
# Ground under the labels: RGB and opacity. White on it has contrast 7 even over white.
BODY = (16, 16, 16, 170)


@lru_cache(maxsize=8)
def short_names(class_names: tuple[str, ...]) -> tuple[str, ...]:
    """Return class names without their remarks in brackets, if they stay distinct.

    >>> short_names(("talk to (a group)", "watch (TV)", "watch (a person)"))
    ('talk to', 'watch (TV)', 'watch (a person)')
    """
    short = [name.split(" (")[0].strip() or name for name in class_names]
    count = Counter(short)
    return tuple(
        cut if count[cut] == 1 else name for cut, name in zip(short, class_names, strict=True)
    )


@dataclass(frozen=True)
class LabelText:
    """The text of a label: the id on the actor's colour, actions on a dark ground.

    Attributes:
        head: '#3', or empty for an actor without a track.
        lines: actions with their scores, best first.
        in_one_line: head and first line side by side, for small actors.
    """

    head: str
    lines: tuple[str, ...]
    in_one_line: bool


def label_text(
    actor_id: int,
    labels: list[ShownLabel],
    names: tuple[str, ...],
    *,
    is_small: bool,
    is_unsure: bool = False,
) -> LabelText:
    """Return the text of a label; a small actor shows only its first line.

    With ``is_unsure``, that is 'not sure': no posture is sure enough.

    >>> labels = [ShownLabel(0, 0.924), ShownLabel(1, 0.5)]
    >>> label_text(3, labels, ("walk", "talk"), is_small=False)
    LabelText(head='#3', lines=('walk 0.92', 'talk 0.50'), in_one_line=False)
    >>> label_text(3, labels, ("walk", "talk"), is_small=True)
    LabelText(head='#3', lines=('walk 0.92',), in_one_line=True)
    """
    lines = [NOT_SURE] if is_unsure else []
    lines += [f"{names[label.class_index]} {label.score:.2f}" for label in labels]
    return LabelText(
        head=f"#{actor_id}" if actor_id >= 0 else "",
        lines=tuple(lines[:1] if is_small else lines),
        in_one_line=is_small,
    )


@dataclass(frozen=True, eq=False)
class LabelImage:
    """A rendered label: the image below it becomes ``paint + image * keep / 255``.

    Attributes:
        paint: (h, w, 3) uint8 RGB, times its opacity.
        keep: (h, w, 3) uint8, 255 where the image shows through.
    """

    paint: np.ndarray
    keep: np.ndarray


@lru_cache(maxsize=64)
def render_label(
    text: LabelText,
    color: Color,
    *,
    font_px: int,
    max_width_px: int,
    max_height_px: int | None = None,
) -> LabelImage:
    """Render a label with transparency; the result is shared between calls.

    Args:
        text: with a head or a line, or both.
        color: ground of the head, RGB.
        font_px: size of the font.
        max_width_px: maximum width; a longer line ends in an ellipsis.
        max_height_px: maximum height; the last lines that do not fit are left out. One line is
            always there.
    """
    font = _font(font_px)
    pad_px, line_px = max(2, font_px // 3), round(font_px * 1.3)
    head_px = round(font.getlength(text.head)) + 2 * pad_px if text.head else 0
    indent_px = head_px if text.in_one_line else 0
    first_row = 0 if text.in_one_line or not text.head else 1
    lines = text.lines
    if max_height_px is not None:
        lines = lines[: max(max_height_px // line_px, 1) - first_row]
    lines = [_fit(line, font, max_width_px - indent_px - 2 * pad_px) for line in lines]
    body_px = round(max((font.getlength(line) for line in lines), default=0)) + 2 * pad_px
    width_px = min(max_width_px, max(head_px, indent_px + body_px if lines else 0))
    height_px = line_px * max(1, first_row + len(lines))
    canvas = Image.new("RGBA", (max(1, width_px), height_px))
    draw = ImageDraw.Draw(canvas)
    baseline_px = round((line_px + font_px * 0.72) / 2)
    if lines:
        top_px = first_row * line_px
        draw.rectangle((indent_px, top_px, indent_px + body_px - 1, height_px), fill=BODY)
    if text.head:
        draw.rectangle((0, 0, head_px - 1, line_px - 1), fill=(*color, 255))
        draw.text((pad_px, baseline_px), text.head, text_color(color), font, anchor="ls")
    for row, line in enumerate(lines, start=first_row):
        at = (indent_px + pad_px, baseline_px + row * line_px)
        draw.text(at, line, LIGHT_TEXT, font, anchor="ls")
    return _as_label(canvas)


def _as_label(canvas: Image.Image) -> LabelImage:
    pixels = np.asarray(canvas)
    opacity = cv2.cvtColor(pixels[..., 3], cv2.COLOR_GRAY2RGB)
    return LabelImage(cv2.multiply(pixels[..., :3], opacity, scale=1 / 255), 255 - opacity)


def paste_label(image: np.ndarray, rendered: LabelImage, left_px: int, top_px: int) -> None:
    """Paste a label into ``image`` (H, W, 3) uint8 RGB, in place, cut at the edges."""
    height_px, width_px = rendered.paint.shape[:2]
    under = image[top_px : top_px + height_px, left_px : left_px + width_px]
    rows, columns = under.shape[:2]
    kept = cv2.multiply(under, rendered.keep[:rows, :columns], scale=1 / 255)
    under[:] = cv2.add(kept, rendered.paint[:rows, :columns])


@cache
def _font(font_px: int) -> ImageFont.FreeTypeFont:
    # matplotlib, which supervision needs anyway, brings DejaVu Sans: more scripts than the
    # fonts of OpenCV (ASCII) and Pillow (Latin).
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    return ImageFont.truetype(str(path), font_px)


def _fit(line: str, font: ImageFont.FreeTypeFont, width_px: float) -> str:
    """Cut a line to a maximum width of ``width_px``."""
    if font.getlength(line) <= width_px:
        return line
    while line and font.getlength(line + ELLIPSIS) > width_px:
        line = line[:-1]
    return line + ELLIPSIS


def place_label(
    size_px: tuple[int, int],
    box: np.ndarray,
    *,
    placed: np.ndarray,
    boxes: np.ndarray,
    image_px: tuple[int, int],
) -> tuple[int, int]:
    """Return left and top of a label: above, below, inside or beside its box.

    Args:
        size_px: width and height of the label, at most those of the image.
        box: (4,) xyxy of the label's actor.
        placed: (P, 4) xyxy of the labels that have their places.
        boxes: (K, 4) xyxy of all actors.
        image_px: width and height of the image; the label stays inside.
    """
    width, height = size_px
    x1, y1, x2, y2 = (round(float(v)) for v in box)
    wanted = np.array(
        [
            (x1, y1 - height),
            (x1, y2),
            (x2 - width, y1 - height),
            (x2 - width, y2),
            (x2, y1),
            (x1 - width, y1),
            (x1, y2 - height),
            (x1, y1),
            (x2, y2 - height),
            (x1 - width, y2 - height),
        ]
    )
    corners = wanted.clip(0, np.maximum(np.array(image_px) - size_px, 0))
    there = np.concatenate([corners, corners + size_px], axis=1)
    cost = HIDES_LABEL * box_intersection(there, placed).sum(axis=1) / (width * height)
    cost += HIDES_BOX * box_intersection(there, boxes).sum(axis=1) / (width * height)
    best = int(np.argmin(cost + STEP_AWAY * np.arange(len(cost))))
    return int(corners[best, 0]), int(corners[best, 1])
