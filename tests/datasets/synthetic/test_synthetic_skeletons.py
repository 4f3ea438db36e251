"""Skeletons of synthetic people: the same from the same seed, and with believable errors."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stad.annotations.label_maps import class_names
from stad.datasets.synthetic import draw_skeletons
from stad.datasets.synthetic.keypoint_errors import (
    FOUND,
    FOUND_POINTS,
    KEYPOINT_INDEX,
    KNEES_AND_ANKLES,
    draw_boxes,
    observe,
    padded_boxes,
    tight_boxes,
)
from stad.datasets.synthetic.posture_angles import Posture
from stad.datasets.synthetic.posture_body import draw_camera, draw_lengths, place_points, see_body
from stad.datasets.synthetic.posture_motion import draw_motion
from stad.datasets.synthetic.synthetic_skeletons import CLASS_RATIOS
from stad.errors import InputError
from stad.models.heads import skeleton_features
from stad.models.heads.skeleton_features import Skeletons, body_features, motion_features

TIMES_SEC = np.array([-0.8, -0.4, 0.0, 0.4, 0.8])
UNREAD = [index for index in range(33) if index not in FOUND]


@pytest.fixture(scope="module")
def drawn():
    return draw_skeletons(2000, times_sec=TIMES_SEC, seed=1)


def view_of(rng: np.random.Generator, posture: Posture):
    motion = draw_motion(rng, posture, TIMES_SEC)
    points = place_points(motion.postures, draw_lengths(rng))
    return see_body(points, motion.path, draw_camera(rng))


def test_shapes_and_types(drawn):
    shapes = [values.shape for values in drawn]
    assert shapes == [
        *((2000,), (2000, 5, 33, 2), (2000, 5, 33), (2000, 5, 33, 3)),
        *((2000, 5), (2000, 5, 4)),
    ]
    assert drawn.class_ids.dtype == np.int64
    assert {values.dtype for values in drawn[1:]} == {np.dtype(np.float32)}


def test_values_are_finite_and_in_their_ranges(drawn):
    assert all(np.isfinite(values).all() for values in drawn)
    assert drawn.seen.min() >= 0
    assert drawn.seen.max() <= 1
    assert drawn.body.min() >= 0
    assert drawn.body.max() <= 1
    assert (drawn.boxes[..., 2:] > drawn.boxes[..., :2]).all()
    # Pixels: the features treat shorter sides as 1 pixel.
    assert (drawn.boxes[..., 2:] - drawn.boxes[..., :2]).max(axis=-1).min() > 10
    # BlazePose's metres are about a real body's.
    torso = drawn.metric[:, :, [11, 12]].mean(axis=2) - drawn.metric[:, :, [23, 24]].mean(axis=2)
    assert np.median(np.linalg.norm(torso, axis=-1)) == pytest.approx(0.45, abs=0.1)


def test_keypoints_that_the_head_does_not_read_are_zero(drawn):
    for values in (drawn.flat, drawn.metric, drawn.seen):
        assert not values[:, :, UNREAD].any()
        assert values[:, :, FOUND].any(axis=(0, 1)).all()


def test_keypoints_have_the_indices_that_the_features_read():
    expected = {"nose": skeleton_features.NOSE}
    for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"):
        pair = getattr(skeleton_features, f"{name.upper()}S")
        expected |= {f"left_{name}": pair[0], f"right_{name}": pair[1]}
    assert expected == KEYPOINT_INDEX


def test_classes_are_those_of_the_label_map():
    names = class_names("poses")
    starts = ("stand", "sit", "walk", "run", "lie", "bend", "crouch", "fall")
    assert [names[kind - 1].split("/")[0].split()[0] for kind in Posture] == list(starts)


def test_classes_are_drawn_with_their_ratios(drawn):
    assert sum(CLASS_RATIOS.values()) == pytest.approx(1)
    for kind, ratio in CLASS_RATIOS.items():
        assert (drawn.class_ids == kind).mean() == pytest.approx(ratio, abs=0.03)


def test_the_seed_alone_decides():
    first, again, other = (draw_skeletons(20, times_sec=TIMES_SEC, seed=seed) for seed in (3, 3, 4))
    for one, same, different in zip(first, again, other, strict=True):
        assert np.array_equal(one, same)
        assert not np.array_equal(one, different)


def test_progress_is_reported_for_each_person():
    calls = []
    draw_skeletons(7, times_sec=TIMES_SEC, seed=0, on_sample=lambda: calls.append(1))
    assert len(calls) == 7


def test_one_frame_is_enough():
    drawn = draw_skeletons(50, times_sec=np.zeros(1), seed=0)
    assert drawn.flat.shape == (50, 1, 33, 2)
    assert np.isfinite(drawn.flat).all()


def test_the_tops_of_falling_people_go_down(drawn):
    falls = drawn.boxes[drawn.class_ids == Posture.FALL]
    heights = falls[:, 0, 3] - falls[:, 0, 1]
    drops = (falls[:, -1, 1] - falls[:, 0, 1]) / heights
    assert np.median(drops) > 0.2
    assert (drops > 0).mean() > 0.8
    standing = drawn.boxes[drawn.class_ids == Posture.STAND]
    assert abs(np.median(standing[:, -1, 1] - standing[:, 0, 1])) < 0.02 * np.median(heights)


def test_features_separate_the_postures(drawn):
    clips = Skeletons(*(torch.from_numpy(values) for values in drawn[1:]))
    now = Skeletons(*(values[:, 2:3] for values in clips))
    held, moving = body_features(now), motion_features(clips, 0.4)
    assert torch.isfinite(held).all()
    assert torch.isfinite(moving).all()
    # The torso's uprightness in space, and the speed of the box.
    upright, speed = held[:, 0].numpy(), moving[:, 4].numpy()
    mean = {kind: upright[drawn.class_ids == kind].mean() for kind in Posture}
    assert mean[Posture.STAND] > 0.9
    assert mean[Posture.WALK] > 0.9
    assert mean[Posture.BEND] < 0.7
    assert abs(mean[Posture.LIE]) < 0.5
    pace = {kind: np.median(speed[drawn.class_ids == kind]) for kind in Posture}
    assert pace[Posture.RUN] > pace[Posture.WALK] > pace[Posture.STAND]


def test_boxes_contain_the_points_before_errors():
    rng = np.random.default_rng(0)
    for kind in Posture:
        flat = view_of(rng, kind).flat
        boxes = padded_boxes(flat)[:, None]
        assert (flat >= boxes[..., :2]).all()
        assert (flat <= boxes[..., 2:]).all()
        tight = tight_boxes(flat)
        side = (tight[:, 2:] - tight[:, :2]).max(axis=1)
        assert boxes[:, 0, 2] - tight[:, 2] == pytest.approx(0.03 * side)


def test_some_boxes_are_cut_at_one_edge():
    rng = np.random.default_rng(1)
    flat = np.tile([[0.0, 0.0], [100.0, 200.0]], (5, 1, 1))
    lost = np.stack([draw_boxes(rng, flat)[2] for _ in range(1000)]) - [0, 0, 100, 200]
    lost = np.abs(lost) / [100, 200, 100, 200]
    assert np.median(lost) < 0.08
    cut = lost > 0.2
    assert cut.any(axis=1).mean() == pytest.approx(0.12, abs=0.04)
    assert (cut.sum(axis=1) <= 1).all()
    # The lower edge is hidden most often, by furniture.
    assert cut.sum(axis=0).argmax() == 3


def test_found_points_are_near_the_true_ones():
    rng = np.random.default_rng(2)
    errors = {}
    for kind in (Posture.WALK, Posture.LIE):
        errors[kind] = []
        for _ in range(100):
            view = view_of(rng, kind)
            found = observe(rng, kind, view)
            boxes = tight_boxes(view.flat)
            side = (boxes[2, 2:] - boxes[2, :2]).max()
            gaps = found.flat[2, FOUND] - view.flat[2, FOUND_POINTS]
            errors[kind].append(np.median(np.linalg.norm(gaps, axis=-1)) / side)
    walk, lie = (np.median(errors[kind]) for kind in (Posture.WALK, Posture.LIE))
    assert 0.01 < walk < 0.03
    assert walk < lie < 0.06


def test_hidden_legs_are_guessed_and_less_visible(drawn):
    unseen = drawn.seen[:, 2][:, KNEES_AND_ANKLES].max(axis=1) < 0.9
    assert unseen.mean() == pytest.approx(0.12 + 0.35 * 0.1, abs=0.04)
    sitting = drawn.class_ids == Posture.SIT
    thighs = drawn.metric[:, 2, [25, 26]] - drawn.metric[:, 2, [23, 24]]
    down = (thighs[..., 1] / np.linalg.norm(thighs, axis=-1)).mean(axis=1)
    # Some legs behind a table look as if the person stood.
    assert down[sitting & unseen].mean() > down[sitting & ~unseen].mean() + 0.15


def test_clips_that_begin_or_end_at_the_keyframe_repeat_frames(drawn):
    walking = np.isin(drawn.class_ids, (Posture.WALK, Posture.RUN))
    same = (drawn.flat[:, 1:] == drawn.flat[:, :-1]).all(axis=(2, 3))
    assert not (same[:, :2].any(axis=1) & same[:, 2:].any(axis=1)).any()
    begins, ends = same[:, 0], same[:, 3]
    assert begins.mean() == pytest.approx(0.2 * 0.65, abs=0.03)
    assert ends.mean() == pytest.approx(0.2 * 0.35, abs=0.03)
    # In half of them the keyframe itself is the first or the last.
    assert same[begins, 1].mean() == pytest.approx(0.5, abs=0.1)
    for values in drawn[1:]:
        assert np.array_equal(values[begins, 0], values[begins, 1])
    assert not same[walking & ~begins & ~ends].any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"count": 0}, r"The number of skeletons must be 1 or more, got 0\."),
        ({"seed": -1}, r"The seed must be 0 or more, got -1\."),
        ({"times_sec": []}, r"Times must be a list of 1 or more numbers, got \[\]\."),
        ({"times_sec": [[0.0]]}, r"Times must be a list of 1 or more numbers"),
        ({"times_sec": [-1.0, 0.0, np.nan]}, r"Times must be a list of 1 or more numbers"),
        ({"times_sec": [0.4, 0.0, -0.4]}, r"Times must increase, with the keyframe's 0 in the"),
        ({"times_sec": [0.0, 0.4, 0.8]}, r"in the middle, got \[0\.0, 0\.4, 0\.8\]\."),
    ],
)
def test_values_that_do_not_fit_are_refused(changes, message):
    values = {"count": 1, "times_sec": TIMES_SEC, "seed": 0} | changes
    with pytest.raises(InputError, match=message):
        draw_skeletons(values.pop("count"), **values)
