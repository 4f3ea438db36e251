"""Postures, the bodies they give, and how these move before a camera."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stad.datasets.synthetic.posture_angles import (
    ELBOWS,
    HIPS,
    KNEES,
    NUM_VALUES,
    PITCH,
    ROLL,
    SHOULDERS,
    SPINE,
    SURFACE,
    Posture,
    pick,
)
from stad.datasets.synthetic.posture_body import (
    FLESH_M,
    FOCAL_PX,
    POINT_INDEX,
    BodyLengths,
    Camera,
    both_sides,
    draw_camera,
    draw_lengths,
    place_points,
    see_body,
)
from stad.datasets.synthetic.posture_motion import draw_motion
from stad.datasets.synthetic.postures import (
    CROUCHING,
    RESTING,
    SITTING,
    draw_crouching,
    draw_lying,
    draw_sitting,
)

TIMES_SEC = np.array([-0.8, -0.4, 0.0, 0.4, 0.8])
LENGTHS = BodyLengths(height_m=1.7)
NO_PATH = np.zeros((1, 2))
UP, FORWARD = 1, 2


def posture(**angles) -> np.ndarray:
    values = np.zeros(NUM_VALUES)
    places = {"pitch": PITCH, "roll": ROLL, "spine": SPINE, "hips": HIPS, "knees": KNEES}
    places |= {"shoulders": SHOULDERS, "elbows": ELBOWS, "surface": SURFACE}
    for name, value in angles.items():
        values[places[name]] = value
    return values


def placed(**angles) -> np.ndarray:
    """The points (P, 3) of one body."""
    return place_points(posture(**angles)[None], LENGTHS)[0]


def part(points: np.ndarray, name: str) -> np.ndarray:
    """The middle of a left and a right point."""
    return points[..., both_sides(name), :].mean(axis=-2)


def test_an_upright_body_has_its_joints_above_each_other():
    points = placed()
    ankle = FLESH_M + 0.11 * 1.7 * np.cos(np.deg2rad(75))
    expected = np.cumsum([ankle, 0.24 * 1.7, 0.245 * 1.7, 0.29 * 1.7])
    names = ("ankle", "knee", "hip", "shoulder")
    assert [part(points, name)[UP] for name in names] == pytest.approx(expected)
    assert [part(points, name)[FORWARD] for name in names] == pytest.approx([0] * 4, abs=1e-9)
    # The left is at positive x, the nose in front.
    left, right = points[both_sides("shoulder")]
    assert left[0] == pytest.approx(0.105 * 1.7)
    assert right[0] == pytest.approx(-0.105 * 1.7)
    assert points[POINT_INDEX["nose"], FORWARD] == pytest.approx(0.059 * 1.7)
    # From below the sole to the top of the head is nearly the height.
    assert points[POINT_INDEX["head_top"], UP] == pytest.approx(1.7, abs=0.1)


def test_angles_turn_their_limbs_forward():
    points = placed(hips=(90, 0), knees=(90, 0), shoulders=(0, 90), elbows=(90, 0))
    hips, knees, ankles = (points[both_sides(name)] for name in ("hip", "knee", "ankle"))
    assert knees[0] - hips[0] == pytest.approx([0, 0, 0.245 * 1.7], abs=1e-9)
    assert ankles[0] - knees[0] == pytest.approx([0, -0.24 * 1.7, 0], abs=1e-9)
    shoulders, elbows, wrists = (points[both_sides(n)] for n in ("shoulder", "elbow", "wrist"))
    assert elbows[1] - shoulders[1] == pytest.approx([0, 0, 0.165 * 1.7], abs=1e-9)
    assert wrists[0] - elbows[0] == pytest.approx([0, 0, 0.145 * 1.7], abs=1e-9)


def test_a_positive_roll_leans_to_the_left():
    points = placed(roll=30)
    assert part(points, "shoulder")[0] - part(points, "hip")[0] == pytest.approx(0.29 * 1.7 / 2)


@pytest.mark.parametrize("kind", list(Posture))
def test_lengths_are_kept_in_all_motions(kind):
    rng = np.random.default_rng(kind)
    for _ in range(20):
        points = place_points(draw_motion(rng, kind, TIMES_SEC).postures, LENGTHS)
        chains = {"thigh": ("hip", "knee"), "shank": ("knee", "ankle"), "foot": ("ankle", "toe")}
        chains |= {"upper_arm": ("shoulder", "elbow"), "forearm": ("elbow", "wrist")}
        for name, (start, end) in chains.items():
            limbs = points[:, both_sides(end)] - points[:, both_sides(start)]
            expected = getattr(LENGTHS, name) * 1.7
            assert np.linalg.norm(limbs, axis=-1) == pytest.approx(np.full((5, 2), expected))
        assert points[..., UP].min() >= FLESH_M - 1e-9


def test_the_lowest_point_lies_on_the_surface():
    assert placed()[:, UP].min() == pytest.approx(FLESH_M)
    on_bed = placed(pitch=-90, surface=0.45)
    assert on_bed[:, UP].min() == pytest.approx(0.45 + FLESH_M)


def test_a_lying_body_is_wider_than_tall_from_the_side():
    from_side = Camera(yaw=np.pi / 2, height_m=1.0, distance_m=4.0)
    for angles, is_wide in (({"pitch": -90}, True), ({"pitch": 90}, True), ({}, False)):
        width, height = np.ptp(see_body(placed(**angles)[None], NO_PATH, from_side).flat[0], axis=0)
        # Lying, 1.75 m with stretched feet are 440 pixels at 4 m; the sides of a body are thin.
        assert (width, height)[not is_wide] == pytest.approx(440, rel=0.1)
        assert (height, width)[not is_wide] < 120


def test_trunks_of_lying_people_are_level():
    rng = np.random.default_rng(0)
    points = place_points(np.stack([draw_lying(rng) for _ in range(200)]), LENGTHS)
    trunks = part(points, "shoulder") - part(points, "hip")
    slopes = np.abs(trunks[:, UP]) / np.linalg.norm(trunks, axis=1)
    # At most as steep as 25 degrees of the pelvis and the bent spine of those propped up.
    assert np.median(slopes) < 0.35
    assert (slopes < np.sin(np.deg2rad(60))).all()


def mean_heights(kind: Posture, name: str) -> np.ndarray:
    rng = np.random.default_rng(1)
    postures = np.stack([RESTING[kind](rng) for _ in range(200)])
    return part(place_points(postures, LENGTHS), name)[:, UP]


def test_shoulders_and_hips_are_as_high_as_their_posture_says():
    shoulders = {kind: mean_heights(kind, "shoulder") for kind in RESTING}
    hips = {kind: mean_heights(kind, "hip") for kind in RESTING}
    stand, bend, crouch = Posture.STAND, Posture.BEND, Posture.CROUCH
    assert np.quantile(shoulders[bend], 0.95) < shoulders[stand].min()
    # A body that bends down keeps the hips up, one that crouches does not.
    assert hips[bend].min() > 0.6
    assert hips[stand].min() > 0.8
    assert np.median(hips[crouch]) < 0.7
    assert np.median(shoulders[Posture.LIE]) < np.median(shoulders[Posture.SIT])


@pytest.mark.parametrize("kind", list(SITTING))
def test_all_ways_to_sit_have_the_hips_far_below_a_standing_person_s(kind):
    rng = np.random.default_rng(2)
    postures = np.stack([draw_sitting(rng, kind) for _ in range(50)])
    points = place_points(postures, LENGTHS)
    # Thighs lie forward, whatever the shanks do.
    thighs = part(points, "knee") - part(points, "hip")
    assert (thighs[:, FORWARD] > 0).all()
    assert np.median(part(points, "hip")[:, UP]) < 0.6


@pytest.mark.parametrize("kind", list(CROUCHING))
def test_all_ways_to_crouch_bend_a_knee(kind):
    rng = np.random.default_rng(3)
    postures = np.stack([draw_crouching(rng, kind) for _ in range(50)])
    assert postures[:, KNEES].max(axis=1).min() >= 55
    assert np.isfinite(postures).all()


def backward_m(postures: np.ndarray) -> np.ndarray:
    """How far the trunks are behind the feet."""
    points = place_points(postures, LENGTHS)
    feet = (part(points, "ankle") + part(points, "toe")) / 2
    trunks = (part(points, "shoulder") + part(points, "hip")) / 2
    return (feet - trunks)[:, FORWARD]


def test_a_body_that_squats_leans_forward_to_keep_its_balance():
    rng = np.random.default_rng(4)
    squats = np.stack([draw_crouching(rng, "squat") for _ in range(300)])
    thighs = squats[:, HIPS][:, 0] - squats[:, PITCH]
    is_deep = thighs > 100
    assert squats[~is_deep, PITCH].min() >= 15
    assert squats[is_deep, PITCH].min() < 0
    upright = squats.copy()
    upright[:, HIPS] -= squats[:, [PITCH]]
    upright[:, PITCH] = 0
    level, level_upright = (backward_m(values[~is_deep]) for values in (squats, upright))
    # An upright trunk would be far behind the feet.
    assert (level < level_upright).all()
    assert np.median(level) < 0.2 < np.median(level_upright)


def test_falls_go_down_and_walks_go_on():
    rng = np.random.default_rng(5)
    times = np.linspace(-1.5, 1.5, 7)
    drops, ways = [], []
    for _ in range(60):
        fall = place_points(draw_motion(rng, Posture.FALL, times).postures, LENGTHS)
        tops = part(fall, "shoulder")[:, UP] - fall[0, :, UP].min()
        drops.append(tops[0] - tops[-1])
        ways.append(np.ptp(draw_motion(rng, Posture.WALK, times).path[:, 1]))
    assert np.median(drops) > 0.6
    assert np.mean(np.array(drops) > 0.1) > 0.9
    assert min(ways) >= 0.12 * 3 * 0.6
    assert max(ways) <= 1.7 * 3


def test_legs_swing_against_each_other():
    walk = draw_motion(np.random.default_rng(6), Posture.WALK, np.linspace(-1, 1, 41)).postures
    left, right = (walk[:, HIPS] - walk[:, HIPS].mean(axis=0)).T
    assert np.corrcoef(left, right)[0, 1] < -0.99


def test_the_camera_sees_a_person_who_faces_it_with_the_left_on_the_right():
    points = placed()[None]
    camera = Camera(yaw=np.pi, height_m=1.0, distance_m=4.0)
    view = see_body(points, NO_PATH, camera)
    left, right = view.flat[0, both_sides("shoulder"), 0]
    assert left == pytest.approx(FOCAL_PX * 0.105 * 1.7 / 4, rel=0.02)
    assert right == pytest.approx(-left)
    # The nose is nearer than the hips, and higher: y is down.
    nose = view.metric[0, POINT_INDEX["nose"]]
    assert nose[2] < 0
    assert nose[1] < -0.5
    away = see_body(points, NO_PATH, replace(camera, yaw=0.0))
    assert away.flat[0, both_sides("shoulder"), 0][0] == pytest.approx(-left, rel=0.02)
    assert away.metric[0, POINT_INDEX["nose"], 2] > 0


def test_the_keyframe_is_where_the_camera_looks():
    points = np.repeat(placed()[None], 5, axis=0)
    path = np.stack([np.zeros(5), 1.0 * TIMES_SEC], axis=1)
    view = see_body(points, path, Camera(yaw=np.pi / 2, height_m=1.0, distance_m=4.0))
    middles = part(view.flat, "hip")[:, 0]
    # Yaw of 90 degrees walks to the right: 1 m/s is 250 pixels per second at 4 m.
    assert np.diff(middles) == pytest.approx(np.full(4, 100.0), rel=0.01)
    assert abs(middles[2]) < 15


def test_drawn_bodies_and_cameras_are_within_their_ranges():
    rng = np.random.default_rng(7)
    bodies = [draw_lengths(rng) for _ in range(200)]
    assert min(body.height_m for body in bodies) >= 1.5
    assert max(body.height_m for body in bodies) <= 1.92
    thighs = [body.thigh for body in bodies]
    assert min(thighs) >= 0.93 * 0.245
    assert max(thighs) <= 1.07 * 0.245
    assert np.std(thighs) > 0.005
    distances = [draw_camera(rng).distance_m for _ in range(200)]
    assert min(distances) >= 1.8
    assert max(distances) <= 9


def test_pick_draws_by_weight():
    rng = np.random.default_rng(8)
    drawn = [pick(rng, {"often": 3, "never": 0, "rarely": 1}) for _ in range(2000)]
    assert "never" not in drawn
    assert drawn.count("often") / 2000 == pytest.approx(0.75, abs=0.04)
