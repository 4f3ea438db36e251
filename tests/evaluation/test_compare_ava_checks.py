"""Detections that do not fit a ground truth: the evaluation says so, and why."""

import numpy as np
import pytest

from stad.errors import InputError
from stad.evaluation.compare_ava import compare_ava_files

RNG = np.random.default_rng(1)
CLASSES = (1, 7, 12)


def rows():
    """Two people in each of 24 keyframes, upright, as (video, time, box, class, score)."""
    found = []
    for video in ("-abc", "film_2"):
        for second in range(902, 926, 2):
            for person in range(2):
                left, top = RNG.uniform(0, 0.35) + 0.3 * person, RNG.uniform(0, 0.3)
                box = [left, top, left + 0.15, top + 0.6]
                found.append(
                    [video, second, *box, CLASSES[len(found) % 3], 0.5 + RNG.uniform(0, 0.5)]
                )
    return found


ROWS = rows()


def text(rows):
    return "".join(
        ",".join(f"{one:.6g}" if isinstance(one, float) else str(one) for one in row) + "\n"
        for row in rows
    )


def changed(column, change):
    return [[*row[:column], change(row[column]), *row[column + 1 :]] for row in ROWS]


def boxes(form):
    return [[*row[:2], *form(*row[2:6]), *row[6:]] for row in ROWS]


@pytest.fixture
def compare(tmp_path):
    def run(found, truth=None, **options):
        (tmp_path / "truth.csv").write_text(text(ROWS if truth is None else truth))
        (tmp_path / "found.csv").write_text(text(found))
        return compare_ava_files(tmp_path / "truth.csv", tmp_path / "found.csv", **options)

    return run


def test_detections_that_fit_say_nothing(compare):
    compared = compare(ROWS)
    assert (compared.result.mean_ap, compared.warnings) == (1.0, ())
    # In pixels on both sides, too.
    pixels = boxes(lambda *box: [round(500 * one, 1) for one in box])
    compared = compare(pixels, pixels)
    assert (compared.result.mean_ap, compared.warnings) == (1.0, ())


@pytest.mark.parametrize(
    ("found", "keys", "guess"),
    [
        (changed(0, lambda name: f"{name}.mkv"), "'-abc.mkv' at 902 s", "with a file ending"),
        (changed(0, lambda name: f"val/{name}"), "'val/-abc' at 902 s", "with a folder in front"),
        (changed(0, lambda name: f"v_{name}"), "'v_-abc' at 902 s", "with 'v_' in front"),
        (changed(0, str.upper), "'-ABC' at 902 s", "in another case"),
        (changed(0, lambda name: name[::-1]), "'cba-' at 902 s", ""),
        (changed(1, lambda time: time - 900), "'-abc' at 2 s", "900 s less"),
        (changed(1, lambda time: (time - 900) * 24), "'-abc' at 48 s", "frames, 24 a second"),
        (changed(1, lambda time: time * 25), "'-abc' at 22550 s", "frames, 25 a second"),
        (changed(1, lambda time: time * 1000), "'-abc' at 902000 s", "milliseconds"),
        (changed(1, lambda time: time + 0.5), "'-abc' at 902.5 s", "0.5 s more"),
    ],
)
def test_no_match_names_a_key_of_each_side_and_the_guess(compare, found, keys, guess):
    with pytest.raises(InputError) as caught:
        compare(found)
    said = str(caught.value)
    assert "\n  0 of 48 detections match a keyframe of the ground truth" in said
    assert f"the detections have {keys}, the ground truth '-abc' at 902 s" in said
    assert guess in said


def test_few_misses_are_one_warning(compare):
    found = [*ROWS[:40], *([row[0], row[1] + 1, *row[2:]] for row in ROWS[40:])]
    (warning,) = compare(found).warnings
    assert "8 of 48 detections match no keyframe of the ground truth" in warning
    assert "'film_2' at 919 s" in warning


@pytest.mark.parametrize(
    ("found", "guess"),
    [
        (boxes(lambda a, b, c, d: (b, a, d, c)), "look like y1, x1, y2, x2"),
        (boxes(lambda a, b, c, d: (a, b, c - a, d - b)), "look like x, y, width, height"),
        (boxes(lambda a, b, c, d: (a, c, b, d)), "look like x1, x2, y1, y2"),
        (boxes(lambda a, b, c, d: ((a + c) / 2, (b + d) / 2, c - a, d - b)), "width and height"),
        (boxes(lambda *box: [one * 720 for one in box]), "The detections look like pixels"),
        (boxes(lambda *box: [one * 100 for one in box]), "write both in one unit"),
        (changed(6, lambda number: number - 1), "count from 0"),
        (changed(6, lambda number: number + 1), "higher by 1"),
    ],
)
def test_another_form_of_boxes_or_ids_is_told(compare, found, guess):
    with pytest.raises(InputError, match=guess):
        compare(found)


def test_a_poor_detector_is_no_mistake(compare):
    """Wrong boxes and classes at random give a poor figure, not an error."""
    random = np.random.default_rng(0)
    found = []
    for row in ROWS:
        left, top = random.uniform(0, 0.8, 2)
        box = [left, top, left + 0.04, top + 0.04]
        found.append([*row[:2], *box, int(random.choice(CLASSES)), row[7]])
    compared = compare(found)
    assert compared.result.mean_ap == 0
    assert "48 of 48 detections overlap no annotated box" in compared.warnings[0]
    # All classes for each box, as models give them.
    every = [
        [*row[:6], number, 0.9 if number == row[6] else 0.1]
        for row in ROWS
        for number in range(1, 81)
    ]
    compared = compare(every)
    assert (compared.result.mean_ap, compared.warnings) == (1.0, ())


def test_ground_truth_outside_of_the_label_map_is_never_dropped_in_silence(compare, tmp_path):
    label_map = tmp_path / "map.txt"
    label_map.write_text("".join(f"class {number}\n" for number in range(1, 12)))
    with pytest.raises(InputError, match=r"16 of 48 rows.*\n.*\(12\); the 11 of label map .*map"):
        compare(ROWS, label_map=label_map)
    # One row is left to the protocol, and told with its line.
    one = [*([*row[:6], 3, row[7]] for row in ROWS[:-1]), [*ROWS[-1][:6], 12, 0.5]]
    warnings = compare(one, one, label_map=label_map).warnings
    assert "1 row: class ids outside of the label map (12)" in warnings[0]
    assert f"{tmp_path / 'truth.csv'}:48 (film_2,924," in warnings[0]
    # A label map with gaps chooses classes.
    label_map = tmp_path / "some.pbtxt"
    label_map.write_text('item { name: "bend" id: 1 } item { name: "sit" id: 12 }')
    compared = compare(ROWS, label_map=label_map)
    assert compared.result.mean_ap == 1.0
    assert "16 rows: of classes that label map" in compared.warnings[0]
    zero = changed(6, lambda number: number - 1)
    with pytest.raises(InputError, match="count from 0"):
        compare(zero, zero, label_map=label_map)


def test_what_counts_otherwise_than_people_think_is_told(compare):
    (warning,) = compare([one for one in ROWS for _ in range(2)]).warnings
    assert "48 rows: repeated rows; each but the first counts as wrong" in warning
    (warning,) = compare(changed(7, lambda score: round(score * 100, 1))).warnings
    assert "percent" in warning
    (warning,) = compare([row[:7] for row in ROWS]).warnings
    assert "48 detections have no score" in warning
    assert "has no detections" in compare([]).warnings[0]
