"""Read the box around a shape of CVAT."""

from __future__ import annotations

import math
from collections.abc import Iterator
from xml.etree.ElementTree import Element

BOX = ("xtl", "ytl", "xbr", "ybr")
Point = tuple[float, float]


def read_box(shape: Element) -> tuple[float, float, float, float]:
    """Return x1, y1, x2, y2 of the upright box around a shape, pixels.

    Raises:
        KeyError: an attribute is missing.
        ValueError: a number is wrong, or the shape has no area.
    """
    points = list(_points(shape))
    xs, ys = zip(*points, strict=True) if points else ((), ())
    if not points or not all(map(math.isfinite, (*xs, *ys))):
        raise ValueError("expected a box of finite numbers")
    if max(xs) <= min(xs) or max(ys) <= min(ys):
        raise ValueError("its box has no area")
    return min(xs), min(ys), max(xs), max(ys)


def _points(shape: Element) -> Iterator[Point]:
    if shape.tag == "box":
        left, top, right, bottom = (float(shape.attrib[one]) for one in BOX)
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        yield from _rotated(corners, float(shape.get("rotation", 0)))
    elif shape.tag == "ellipse":
        x, y, width, height = (float(shape.attrib[one]) for one in ("cx", "cy", "rx", "ry"))
        angle = math.radians(float(shape.get("rotation", 0)))
        # The half sides of the box around a turned ellipse.
        half_x = math.hypot(width * math.cos(angle), height * math.sin(angle))
        half_y = math.hypot(width * math.sin(angle), height * math.cos(angle))
        yield from ((x - half_x, y - half_y), (x + half_x, y + half_y))
    elif shape.tag == "mask":
        left, top, width, height = (
            float(shape.attrib[one]) for one in ("left", "top", "width", "height")
        )
        yield from ((left, top), (left + width, top + height))
    elif shape.tag == "cuboid":
        values = {name: float(text) for name, text in shape.attrib.items() if name[0] in "xy"}
        xs = [value for name, value in values.items() if name.startswith("x")]
        ys = [value for name, value in values.items() if name.startswith("y")]
        yield from ((min(xs), min(ys)), (max(xs), max(ys)))
    elif "points" in shape.attrib:
        for pair in shape.attrib["points"].split(";"):
            x, _, y = pair.partition(",")
            yield float(x), float(y)
    else:
        for part in shape:
            if "points" in part.attrib and part.get("outside") != "1":
                yield from _points(part)


def _rotated(corners: list[Point], degrees: float) -> list[Point]:
    if not degrees % 360:
        return corners
    angle = math.radians(degrees)
    x0 = sum(x for x, _ in corners) / 4
    y0 = sum(y for _, y in corners) / 4
    cos, sin = math.cos(angle), math.sin(angle)
    return [
        (x0 + (x - x0) * cos - (y - y0) * sin, y0 + (x - x0) * sin + (y - y0) * cos)
        for x, y in corners
    ]
