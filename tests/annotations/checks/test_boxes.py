"""Boxes that cannot be meant: each kind is found, and its cause is guessed."""

import re

import numpy as np
import pytest

from stad.annotations.checks.boxes import check_boxes, guess_units

ORDER, KEPT = ", x1 > x2 or y1 > y2", "; they are kept"
RNG = np.random.default_rng(0)
LEFT_TOP = RNG.uniform(0, 0.6, (60, 2))
# Upright people all over the frame, x1, y1, x2, y2 as fractions.
PEOPLE = np.hstack((LEFT_TOP, LEFT_TOP + RNG.uniform((0.05, 0.2), (0.2, 0.4), (60, 2))))


def sizes(width, height, count=60):
    return np.tile([float(width), float(height)], (count, 1))


def found(boxes, sizes_px=None, **options):
    """What -> finding, of all findings."""
    findings = check_boxes(np.asarray(boxes, float), sizes_px, **options)
    return {one.what.removesuffix(ORDER).removesuffix(KEPT): one for one in findings}


def test_people_are_well_and_so_is_rounding():
    rounded = PEOPLE.copy()
    rounded[0] = (-0.004, 0.2, 0.5, 1.007)
    rounded[1] = (0, 0, 1.02, 1)
    assert found(PEOPLE) == found(rounded) == {}
    assert found(np.zeros((0, 4))) == {}


@pytest.mark.parametrize(
    ("boxes", "what"),
    [
        ((0.5, 0.2, 0.3, 0.6), "boxes with swapped corners"),
        ((0.3, 0.6, 0.5, 0.2), "boxes with swapped corners"),
        ((0.3, 0.2, 0.3, 0.6), "boxes without area"),
        ((0.3, 0.2, 0.3, 0.2), "boxes without area"),
        ((0.3, 0.2, np.nan, 0.6), "boxes with numbers that are not finite"),
        ((0.3, 0.2, np.inf, 0.6), "boxes with numbers that are not finite"),
        ((1.2, 0.2, 1.4, 0.6), "boxes outside of [0, 1]"),
        ((-0.5, -0.5, -0.1, -0.1), "boxes outside of [0, 1]"),
        ((0.3, 0.2, 40, 0.6), "boxes outside of [0, 1]"),
        # A third of it is in the frame.
        ((0.9, 0.2, 1.2, 0.6), "boxes outside of [0, 1]"),
        # Two thirds of it are.
        ((0.8, 0.2, 1.1, 0.6), "boxes that reach beyond the edge of the frame"),
        ((-0.1, 0.2, 0.5, 0.6), "boxes that reach beyond the edge of the frame"),
    ],
)
def test_a_stray_box_is_found_and_tells_nothing_of_the_others(boxes, what):
    several = PEOPLE.copy()
    several[7] = boxes
    findings = found(several, sizes(640, 480))
    assert list(findings) == [what]
    assert findings[what].rows.tolist() == [7]
    assert not findings[what].stops
    assert findings[what].drops == ("edge" not in what)


@pytest.mark.parametrize(
    ("scale", "size", "guess"),
    [
        ((192, 144), (192, 144), "pixels of 192x144"),
        ((1920, 1080), (1920, 1080), "pixels of 1920x1080"),
        ((3840, 2160), (1920, 1080), "pixels of a larger frame than the video's 1920x1080"),
        ((100, 100), (640, 480), "percent"),
        ((100, 100), (192, 144), "percent"),
        ((1000, 1000), (1920, 1080), "thousandths"),
        ((100, 100), None, "percent"),
        ((1000, 1000), (640, 480), "thousandths"),
        ((640, 480), None, "pixels"),
    ],
)
def test_units_are_guessed(scale, size, guess):
    known = None if size is None else sizes(*size)
    boxes = np.round(PEOPLE * np.tile(scale, 2))
    finding = found(boxes, known)["boxes outside of [0, 1]"]
    assert len(finding.rows) == 60
    assert re.search(guess, finding.guess)


def test_a_few_pixels_among_fractions_are_guessed_by_themselves():
    several = PEOPLE.copy()
    several[[3, 9]] *= [640, 480, 640, 480]
    finding = found(several, sizes(640, 480))["boxes outside of [0, 1]"]
    assert finding.rows.tolist() == [3, 9]
    assert "pixels of 640x480" in finding.guess


def test_pixels_of_videos_of_several_sizes():
    known = np.where(np.arange(60)[:, None] % 2, [[320.0, 240.0]], [[1280.0, 720.0]])
    text, scale = guess_units(PEOPLE * np.hstack((known, known)), known)
    assert "pixels of 1280x720 and other sizes" in text
    assert scale[1].tolist() == [320, 240, 320, 240]


def test_any_unit_is_right_where_both_sides_have_it():
    assert found(PEOPLE * 640, are_fractions=False) == {}
    turned = (PEOPLE * 640)[:, [2, 3, 0, 1]]
    assert list(found(turned, are_fractions=False)) == ["boxes with swapped corners"]


WIDTH_HEIGHT = np.hstack((PEOPLE[:, :2], PEOPLE[:, 2:] - PEOPLE[:, :2]))
CENTRES = np.hstack(((PEOPLE[:, :2] + PEOPLE[:, 2:]) / 2, WIDTH_HEIGHT[:, 2:]))


@pytest.mark.parametrize(
    ("boxes", "guess"),
    [
        (WIDTH_HEIGHT, "They look like x, y, width, height"),
        (WIDTH_HEIGHT * [192, 144, 192, 144], "They look like x, y, width, height"),
        (CENTRES + np.array([0.2, 0, 0, 0]), "They look like the centre, width and height"),
        (PEOPLE[:, [2, 3, 0, 1]], "They look like x2, y2, x1, y1"),
        (PEOPLE[:, [2, 1, 0, 3]], "x1 and x2 look swapped"),
        (PEOPLE[:, [0, 3, 2, 1]], "or y counts from the bottom"),
        (PEOPLE[:, [0, 2, 1, 3]], "They look like x1, x2, y1, y2"),
    ],
)
def test_forms_are_guessed_and_stop_the_run(boxes, guess):
    finding = found(boxes, sizes(192, 144))["boxes with swapped corners"]
    assert finding.guess.startswith(guess) or guess in finding.guess
    # Also the rows that are not swapped are wrong.
    assert finding.stops
