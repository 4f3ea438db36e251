"""What is drawn, and where."""

from __future__ import annotations

import numpy as np
import pytest

from stad.outputs.drawing import draw_actors
from stad.outputs.labels import label_text, place_label, render_label
from stad.outputs.palette import PALETTE, UNTRACKED, actor_color, contrast, text_color
from stad.structures import Actors, ShownLabel
from stad.utils.boxes import box_intersection

NAMES = ("stand", "walk", "talk to (a person)")
GREY = np.full((300, 400, 3), 90, dtype=np.uint8)


def changed_box(before: np.ndarray, after: np.ndarray) -> tuple[int, int, int, int]:
    """Smallest xyxy (inclusive) around the pixels that differ."""
    rows, columns = np.nonzero((before != after).any(axis=2))
    return columns.min(), rows.min(), columns.max(), rows.max()


def test_the_input_stays_and_the_output_is_new():
    image = GREY.copy()
    actors = Actors.from_arrays([[50, 100, 120, 250]], ids=[1])
    drawn = draw_actors(image, actors, [[ShownLabel(1, 0.9)]], NAMES)
    assert (image == 90).all()
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8
    assert (drawn != 90).any()


def test_read_only_and_strided_pictures_are_fine():
    image = GREY[:, ::-1]
    image.flags.writeable = False
    actors = Actors.from_arrays([[50, 100, 120, 250]], ids=[1])
    expected = draw_actors(GREY, actors, [[]], NAMES)
    assert (draw_actors(image, actors, [[]], NAMES) == expected).all()


def test_the_box_has_the_actors_color_in_rgb():
    actors = Actors.from_arrays([[50, 100, 120, 250]], ids=[4])
    drawn = draw_actors(GREY, actors, [[ShownLabel(1, 0.9)]], NAMES)
    assert tuple(drawn[180, 50]) == PALETTE[4] == actor_color(4)
    assert tuple(drawn[250, 90]) == PALETTE[4]


def test_the_box_of_an_actor_without_track_is_grey_and_has_no_id():
    actors = Actors.from_arrays([[50, 100, 120, 250]])
    drawn = draw_actors(GREY, actors, [[]], NAMES)
    assert tuple(drawn[180, 50]) == UNTRACKED
    assert changed_box(GREY, drawn) == (50, 100, 120, 250)


def test_lines_are_thin_without_labels_and_grow_with_the_picture():
    def line_px(height: int, labels: list[ShownLabel]) -> int:
        image = np.full((height, height, 3), 90, dtype=np.uint8)
        box = np.array([0.3, 0.3, 0.6, 0.9]) * height
        drawn = draw_actors(image, Actors.from_arrays([box]), [labels], NAMES)
        row = drawn[round(0.75 * height), : round(0.45 * height)]
        return int((row != 90).any(axis=1).sum())

    label = [ShownLabel(1, 0.9)]
    assert [line_px(240, label), line_px(1120, label), line_px(2160, label)] == [1, 5, 9]
    assert [line_px(240, []), line_px(1120, []), line_px(2160, [])] == [1, 3, 5]


@pytest.mark.parametrize(
    "box",
    [
        (-30, -20, 40, 60),
        (370, 250, 430, 330),
        (0, 0, 400, 300),
        (395, 0, 400, 5),
        (0, 296, 9, 300),
    ],
)
def test_boxes_at_the_borders_are_drawn_inside(box):
    labels = [ShownLabel(1, 0.9), ShownLabel(2, 0.8), ShownLabel(0, 0.7)]
    drawn = draw_actors(GREY, Actors.from_arrays([box], ids=[123456]), [labels], NAMES)
    assert drawn.shape == GREY.shape
    assert (drawn == PALETTE[123456 % len(PALETTE)]).all(axis=2).sum() > 100


def test_a_box_outside_the_picture_is_not_drawn():
    actors = Actors.from_arrays([[500, 10, 600, 90], [50, -90, 90, -10]], ids=[1, 2])
    labels = [[ShownLabel(1, 0.9)], []]
    assert (draw_actors(GREY, actors, labels, NAMES) == GREY).all()


def test_a_picture_smaller_than_its_plate_is_drawn_all_the_same():
    image = np.zeros((8, 12, 3), dtype=np.uint8)
    drawn = draw_actors(
        image, Actors.from_arrays([[1, 1, 9, 7]], ids=[1]), [[ShownLabel(1, 0.9)]], NAMES
    )
    assert drawn.shape == image.shape


def test_nobody_gives_a_plain_copy():
    drawn = draw_actors(GREY, Actors.from_arrays(), [], NAMES)
    assert (drawn == GREY).all()
    assert drawn is not GREY


def test_labels_must_match_the_actors():
    with pytest.raises(ValueError, match="Expected 2 lists of labels, one for each actor, got 1"):
        draw_actors(GREY, Actors.from_arrays([[0, 0, 9, 9]] * 2), [[]], NAMES)


def test_colors_are_stable_and_readable():
    assert actor_color(0) == PALETTE[0] == actor_color(len(PALETTE))
    assert len(set(PALETTE)) == len(PALETTE) == 18
    assert actor_color(-1) == UNTRACKED
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert all(contrast(color, text_color(color)) > 4.5 for color in PALETTE)


def test_plate_without_a_track_shows_labels_only():
    text = label_text(-1, [ShownLabel(1, 0.5)], NAMES, is_small=False)
    assert (text.head, text.lines) == ("", ("walk 0.50",))


def test_who_is_in_no_sure_posture_is_shown_as_not_sure():
    labels = [ShownLabel(2, 0.7)]
    text = label_text(3, labels, NAMES, is_small=False, is_unsure=True)
    assert text.lines == ("not sure", "talk to (a person) 0.70")
    assert label_text(3, labels, NAMES, is_small=True, is_unsure=True).lines == ("not sure",)
    boxes = [[500, 0, 600, 50], [50, 100, 120, 250], [200, 100, 270, 250]]
    actors = Actors.from_arrays(boxes, ids=[1, 2, 3])
    # The first one is outside.
    plain, unsure = (
        draw_actors(GREY, actors, [[], [], []], NAMES, unsure=flags)
        for flags in ((), (True, False, True))
    )
    left, _, right, bottom = changed_box(plain, unsure)
    assert (left >= 200, right < 300, bottom <= 250) == (True, True, True)
    assert (plain[:, :180] == unsure[:, :180]).all()
    # The box stays as thin as without a label.
    assert (plain[200, 200:270] == unsure[200, 200:270]).all()


def test_long_lines_are_cut_to_the_picture():
    text = label_text(1, [ShownLabel(0, 0.5)], ("very " * 40,), is_small=False)
    plate = render_label(text, (255, 0, 0), font_px=12, max_width_px=100)
    height_px, width_px = plate.paint.shape[:2]
    assert height_px == 2 * 16
    assert 80 < width_px <= 100


def test_plates_are_put_above_then_below_then_elsewhere():
    box = np.array([100, 100, 140, 200])
    nothing = np.zeros((0, 4))
    there = {"size_px": (60, 30), "box": box, "boxes": box[None], "image_px": (400, 300)}
    assert place_label(placed=nothing, **there) == (100, 70)
    above = np.array([[90, 60, 170, 95]])
    assert place_label(placed=above, **there) == (100, 200)
    both = np.concatenate([above, [[90, 210, 170, 240]]])
    left, top = place_label(placed=both, **there)
    plate = np.array([[left, top, left + 60, top + 30]])
    assert box_intersection(plate, both).sum() == 0


def test_plates_of_neighbours_do_not_cover_each_other():
    boxes = np.array([[100 + 12 * i, 120, 130 + 12 * i, 200] for i in range(4)])
    placed = np.zeros((0, 4))
    for box in boxes:
        left, top = place_label((70, 30), box, placed=placed, boxes=boxes, image_px=(400, 300))
        plate = np.array([[left, top, left + 70, top + 30]])
        assert box_intersection(plate, placed).sum() == 0
        placed = np.concatenate([placed, plate])


def test_no_plate_crosses_the_border_whatever_the_sizes():
    rng = np.random.default_rng(0)
    names = ("stand", "bend/bow (at the waist)", "W" * 60, "\u4e0d\u660e", "talk to (a person)")
    for _ in range(150):
        width, height = int(rng.integers(16, 400)), int(rng.integers(16, 300))
        corners = rng.uniform(-0.3, 1.3, (4, 2, 2)) * (width, height)
        boxes = np.sort(corners, axis=1).reshape(4, 4)
        labels = [
            [ShownLabel(int(rng.integers(5)), 0.5) for _ in range(rng.integers(0, 5))]
            for _ in boxes
        ]
        for row, box in enumerate(boxes):
            text = label_text(
                10 ** int(rng.integers(0, 9)),
                labels[row],
                names,
                is_small=bool(rng.random() < 0.5),
                is_unsure=bool(rng.random() < 0.5),
            )
            plate = render_label(
                text,
                (255, 0, 0),
                font_px=int(rng.integers(8, 12)),
                max_width_px=width,
                max_height_px=height,
            )
            high, wide = plate.paint.shape[:2]
            assert (high <= height, wide <= width) == (True, True)
            left, top = place_label(
                (wide, high), box, placed=np.zeros((0, 4)), boxes=boxes, image_px=(width, height)
            )
            assert (left >= 0, top >= 0) == (True, True)
            assert (left + wide <= width, top + high <= height) == (True, True)
        drawn = draw_actors(
            np.full((height, width, 3), 90, np.uint8),
            Actors.from_arrays(boxes, ids=np.arange(4)),
            labels,
            names,
            unsure=[True, False, True, False],
        )
        assert drawn.shape == (height, width, 3)


def test_lines_that_do_not_fit_into_the_picture_are_left_out():
    text = label_text(1, [ShownLabel(0, 0.5)] * 5, NAMES, is_small=False)

    def height_px(room_px):
        plate = render_label(text, (255, 0, 0), font_px=10, max_width_px=90, max_height_px=room_px)
        return plate.paint.shape[0]

    # A line has 13 pixels, the id is one of them.
    assert [height_px(room) for room in (100, 78, 77, 40, 13, 5)] == [78, 78, 65, 39, 13, 13]
