"""The rendered data set: the same from the same seed, honest boxes, classes only motion parts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from stad.datasets.synthetic.casting import Role
from stad.datasets.synthetic.figures import Figure, FigureSpec, draw_clothes
from stad.datasets.synthetic.files import (
    RenderSettings,
    annotation_rows,
    label_map_text,
    render_dataset,
)
from stad.datasets.synthetic.gaits import (
    POSTURES,
    SPARSE_STEP_SEC,
    WALK_RATE_HZ,
    MotionSpec,
    draw_arm_swing,
)
from stad.datasets.synthetic.scenes import (
    CLASS_IDS,
    CLASSES,
    SyntheticScene,
    classes_at,
)
from stad.datasets.synthetic.skeleton import Body
from stad.errors import InputError
from stad.video.source import VideoSource

TIMES_SEC = np.arange(45) / 15


def walker(posture: str = "walk", **changes) -> FigureSpec:
    """A person 100 px tall in the middle of a frame of 192x144."""
    spec = FigureSpec(
        posture=posture,
        height_px=100.0,
        foot_px=(96.0, 130.0),
        drift_px_per_sec=0.0,
        yaw_deg=20.0,
        pitch_deg=6.0,
        motion=MotionSpec(rate_hz=0.9, phase=0.3, event_sec=1.5),
        body=Body(),
        clothes=draw_clothes(np.random.default_rng(0)),
    )
    return replace(spec, **changes)


def still_figure(spec: FigureSpec, times_sec: np.ndarray = TIMES_SEC) -> Figure:
    still = {"scale": np.ones(len(times_sec)), "shift_px": np.zeros((len(times_sec), 2))}
    return Figure(spec, times_sec, **still)


def drawn(figure: Figure, index: int) -> np.ndarray:
    """The figure alone on black, (144, 192, 3)."""
    image = np.zeros((144, 192, 3), dtype=np.uint8)
    figure.draw(image, index)
    return image


# ---------------------------------------------------------------- seeds


def test_same_seed_same_frames_and_labels():
    first, second = SyntheticScene(7), SyntheticScene(7)
    frames = list(first.frames())
    assert len(frames) == 45
    assert {frame.shape for frame in frames} == {(144, 192, 3)}
    assert all(np.array_equal(a, b) for a, b in zip(frames, second.frames(), strict=True))
    # Once more from the same object: iterating leaves nothing behind.
    assert all(np.array_equal(a, b) for a, b in zip(frames, first.frames(), strict=True))
    assert first.annotations() == second.annotations()


def test_other_seeds_differ():
    frames = [next(SyntheticScene(seed).frames()) for seed in range(0, 12, 2)]
    for index, frame in enumerate(frames):
        for other in frames[index + 1 :]:
            assert np.abs(frame.astype(int) - other).mean() > 5


def test_size_rate_and_length():
    scene = SyntheticScene(3, size_px=(160, 120), fps=30, duration_sec=2.2)
    assert [frame.shape for frame in scene.frames()] == [(120, 160, 3)] * 66
    assert scene.times_sec[-1] == pytest.approx(65 / 30)


@pytest.mark.parametrize("wrong", [{"fps": 0}, {"duration_sec": -1}, {"size_px": (0, 9)}])
def test_impossible_scene_is_refused(wrong):
    with pytest.raises(ValueError, match="positive"):
        SyntheticScene(0, **wrong)


# ---------------------------------------------------------------- motion alone


def test_walk_backwards_is_a_walk_in_reverse():
    forwards, backwards = still_figure(walker("walk")), still_figure(walker("walk backwards"))
    count = len(TIMES_SEC)
    for index in range(count):
        assert np.array_equal(drawn(forwards, index), drawn(backwards, count - 1 - index))
    assert not np.array_equal(drawn(forwards, 5), drawn(backwards, 5))
    np.testing.assert_array_equal(forwards.boxes, backwards.boxes[::-1])


def test_reverse_holds_while_waving_and_drifting():
    # A sine is its own reverse up to phase; centred on the clip it is so exactly.
    rng = np.random.default_rng(1)
    swing = replace(draw_arm_swing(rng, "wave", yaw_deg=0), rate_hz=15 / 8, phase=0.0)
    times_sec = np.arange(33) / 15
    mirrored = replace(swing, rate_hz=-swing.rate_hz, phase=swing.rate_hz * times_sec[-1])
    forwards = still_figure(walker("walk", arm=swing, drift_px_per_sec=9.0), times_sec)
    backwards = still_figure(
        walker("walk backwards", arm=mirrored, drift_px_per_sec=-9.0), times_sec
    )
    np.testing.assert_allclose(forwards.points_px, backwards.points_px[::-1], atol=1e-6)


def test_sparse_frames_show_the_same_walk_in_both_directions():
    """At 1.875 Hz a walk of f Hz gives the very frames of one backwards at 1.875 - f."""
    times_sec = np.arange(4) * SPARSE_STEP_SEC
    rate_hz = WALK_RATE_HZ[0] + 0.1
    other_hz = 1 / SPARSE_STEP_SEC - rate_hz
    assert WALK_RATE_HZ[0] <= other_hz <= WALK_RATE_HZ[1]
    spec = walker(motion=MotionSpec(rate_hz=rate_hz, phase=0.3))
    forwards = POSTURES["walk"](times_sec, spec.motion)
    end = 0.3 - other_hz * times_sec[-1]
    backwards = POSTURES["walk backwards"](times_sec, MotionSpec(rate_hz=other_hz, phase=end))
    for name in ("hips", "knees", "shoulders", "elbows"):
        np.testing.assert_allclose(getattr(forwards, name), getattr(backwards, name), atol=1e-9)


def test_wave_and_raised_arm_differ_in_rate_alone():
    for seed in range(50):
        wave = draw_arm_swing(np.random.default_rng(seed), "wave", yaw_deg=seed * 7)
        held = draw_arm_swing(np.random.default_rng(seed), "raise arm", yaw_deg=seed * 7)
        assert replace(wave, rate_hz=0.0) == replace(held, rate_hz=0.0)
        assert wave.rate_hz >= 1.5
        assert abs(held.rate_hz) <= 0.3
        # The alias: sampled every 8/15 s the two take the same poses.
        sparse_sec = np.arange(4) * SPARSE_STEP_SEC
        np.testing.assert_allclose(wave.angles(sparse_sec)[1], held.angles(sparse_sec)[1])


def test_single_frames_of_wave_and_raised_arm_have_one_distribution():
    rng = np.random.default_rng(5)
    angles = {
        action: [
            draw_arm_swing(rng, action, yaw_deg=0).angles(np.array([1.0]))[1][0]
            for _ in range(4000)
        ]
        for action in ("wave", "raise arm")
    }
    quantiles = [np.quantile(angles[action], np.linspace(0.05, 0.95, 10)) for action in angles]
    np.testing.assert_allclose(quantiles[0], quantiles[1], atol=5.0)


def test_drift_and_facing_say_nothing_of_the_direction():
    """Among many walkers the drift along the facing side is as often ahead as behind."""
    ahead = {"walk": [], "walk backwards": []}
    for seed in range(200):
        for role in SyntheticScene(seed).roles:
            if role.spec.posture in ahead:
                faces = np.sign(np.cos(np.deg2rad(role.spec.yaw_deg)))
                ahead[role.spec.posture].append(role.spec.drift_px_per_sec * faces > 0)
    for signs in ahead.values():
        assert len(signs) > 40
        assert abs(np.mean(signs) - 0.5) < 0.2


def test_twins_are_the_same_people_in_opposite_motion():
    seen = Counter()
    for seed in range(0, 120, 2):
        first, second = SyntheticScene(seed), SyntheticScene(seed + 1)
        for role, twin, figure, other in zip(
            first.roles, second.roles, first.figures, second.figures, strict=True
        ):
            assert role.spec.clothes == twin.spec.clothes
            assert role.spec.foot_px == twin.spec.foot_px
            assert role.spec.motion == twin.spec.motion
            seen[role.spec.posture, twin.spec.posture] += 1
            seen[role.arm_action, twin.arm_action] += 1
            if role.arm_action:
                sparse = [index for index in range(45) if index % 8 == 0]
                times_sec = TIMES_SEC[sparse]
                np.testing.assert_allclose(
                    role.spec.arm.angles(times_sec), twin.spec.arm.angles(times_sec), atol=1e-6
                )
            elif "walk" in role.spec.posture:
                own = (figure.points_px - first._camera.shift_px[:, None]).transpose(2, 0, 1)
                reverse = (other.points_px - second._camera.shift_px[:, None]).transpose(2, 0, 1)
                scale = first._camera.scale[:, None]
                np.testing.assert_allclose(own / scale, (reverse / scale)[:, ::-1], atol=1e-6)
    for one, other in (("walk", "walk backwards"), ("wave", "raise arm")):
        assert seen[one, other] + seen[other, one] > 5
        assert not seen[one, one] + seen[other, other]


# ---------------------------------------------------------------- boxes


@pytest.mark.parametrize("posture", list(POSTURES))
def test_box_is_tight_around_the_pixels(posture):
    figure = still_figure(walker(posture))
    for index in range(0, len(TIMES_SEC), 6):
        rows, columns = np.nonzero(drawn(figure, index).any(axis=2))
        pixels = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        slack = (pixels - figure.boxes[index]) * [1, 1, -1, -1]
        assert slack.min() >= -0.01, (posture, index, pixels, figure.boxes[index])
        assert slack.max() <= 2.5, (posture, index, pixels, figure.boxes[index])


def test_annotated_boxes_are_inside_the_frame_and_at_their_figure():
    for seed in range(30):
        scene = SyntheticScene(seed)
        for record in scene.annotations():
            x1, y1, x2, y2 = record.box
            assert 0 <= x1 < x2 <= 1
            assert 0 <= y1 < y2 <= 1
            index = round(record.time_sec * 15)
            alone = np.zeros((144, 192, 3), dtype=np.uint8)
            scene.figures[record.person_id].draw(alone, index)
            rows, columns = np.nonzero(alone.any(axis=2))
            assert columns.min() >= x1 * 192 - 0.01
            assert columns.max() + 1 <= x2 * 192 + 0.01
            assert rows.min() >= y1 * 144 - 0.01
            assert rows.max() + 1 <= y2 * 144 + 0.01


def test_hidden_people_are_left_out():
    scene = SyntheticScene(0)
    scene._occluders = []
    scene.roles = [Role(walker("stand")), Role(walker("stand"))]
    scene.figures = [still_figure(role.spec) for role in scene.roles]
    assert scene.visible_fractions(15) == pytest.approx([0.0, 1.0])
    assert {record.person_id for record in scene.annotations()} == {1}
    aside = walker("stand", foot_px=(192.0, 130.0))
    scene.figures = [still_figure(aside), still_figure(walker("stand"))]
    half, whole = scene.visible_fractions(15)
    assert 0.3 < half < 0.7
    assert whole == pytest.approx(1.0)


# ---------------------------------------------------------------- labels


def test_classes():
    assert CLASSES[:8] == ("stand", "walk", "run", "wave", "jump", "fall", "sit", "shake hands")
    assert CLASS_IDS["stand"] == 1
    assert CLASS_IDS["walk backwards"] == 9


@pytest.mark.parametrize(
    ("time_sec", "expected"),
    [(1.5, ("fall",)), (1.3, ("fall",)), (2.0, ()), (1.0, ()), (0.1, ("stand",)), (2.9, ("lie",))],
)
def test_labels_around_a_fall(time_sec, expected):
    assert classes_at(Role(walker("fall")), time_sec) == expected


def test_several_labels_at_once():
    assert classes_at(Role(walker("walk"), "wave"), 1.0) == ("walk", "wave")
    assert classes_at(Role(walker("shake hands")), 1.0) == ("stand", "shake hands")


def test_classes_are_balanced_over_seeds():
    people, counts = 0, Counter()
    for seed in range(250):
        for record in SyntheticScene(seed, size_px=(96, 72)).annotations():
            people += 1
            counts.update(record.class_ids)
    parts = {name: counts[CLASS_IDS[name]] / people for name in CLASSES}
    assert min(parts.values()) > 0.07, parts
    assert max(parts.values()) < 0.25, parts
    assert 1.1 < sum(parts.values()) < 1.6


def test_keyframes_keep_clear_of_the_ends():
    for seed in range(20):
        scene = SyntheticScene(seed)
        assert set(scene.keyframes_sec(1.0)) <= {1.0, 2.0}
        assert set(scene.keyframes_sec(0.5)) <= {1.0, 1.5, 2.0}


# ---------------------------------------------------------------- files

SMALL = RenderSettings(size_px=(64, 48), duration_sec=2.2)


def test_rows_are_ava_rows():
    rows = [row.split(",") for seed in range(20) for row in annotation_rows(seed, SMALL)]
    assert len(rows) > 20
    for name, timestamp, *box, action, person in rows:
        assert name.startswith("scene_00000")
        assert timestamp == "1"
        x1, y1, x2, y2 = map(float, box)
        assert 0 <= x1 < x2 <= 1
        assert 0 <= y1 < y2 <= 1
        assert 1 <= int(action) <= len(CLASSES)
        assert 0 <= int(person) < 5
    assert len(set(map(tuple, rows))) == len(rows)


def test_label_map_names_every_class():
    lines = label_map_text().splitlines()
    assert lines[:4] == ["item {", '  name: "stand"', "  id: 1", "}"]
    assert lines.count("}") == len(CLASSES)


def test_rendered_folder(tmp_path):
    splits = {"train": range(3), "val": range(50, 52)}
    seen = []
    counts = render_dataset(tmp_path, splits, settings=SMALL, on_scene=lambda: seen.append(1))
    assert len(seen) == 5
    names = sorted(path.name for path in (tmp_path / "videos").iterdir())
    assert names == [f"scene_{seed:07d}.mp4" for seed in (0, 1, 2, 50, 51)]
    text = (tmp_path / "train.csv").read_text()
    assert text.splitlines() == [row for seed in range(3) for row in annotation_rows(seed, SMALL)]
    assert counts == {"train": len(text.splitlines()), "val": counts["val"]}
    assert (tmp_path / "label_map.pbtxt").read_text() == label_map_text()
    frames = list(VideoSource(tmp_path / "videos" / names[0]).frames())
    assert [frame.time_sec for frame in frames] == pytest.approx(np.arange(33) / 15, abs=1e-3)
    # Compression costs a little; the frame is the scene's.
    first = next(SMALL.scene(0).frames())
    assert np.abs(frames[0].image.astype(int) - first).mean() < 12


def test_stopped_run_goes_on(tmp_path):
    class StoppedError(Exception):
        pass

    def stop_after_two():
        done.append(1)
        if len(done) == 2:
            raise StoppedError

    done: list[int] = []
    splits = {"train": range(4)}
    with pytest.raises(StoppedError):
        render_dataset(tmp_path, splits, settings=SMALL, on_scene=stop_after_two)
    videos = tmp_path / "videos"
    kept = {path: path.stat().st_mtime_ns for path in videos.iterdir()}
    assert len(kept) == 2
    assert not (tmp_path / "train.csv").exists()
    (videos / ".scene_0000002.part.mp4").write_bytes(b"half")
    render_dataset(tmp_path, splits, settings=SMALL)
    assert len(list(videos.iterdir())) == 4
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items())
    whole = (tmp_path / "train.csv").read_text()
    assert {row.split(",")[0] for row in whole.splitlines()} <= {
        f"scene_{seed:07d}" for seed in range(4)
    }


def test_other_settings_are_not_mixed_in(tmp_path):
    render_dataset(tmp_path, {"train": range(1)}, settings=SMALL)
    with pytest.raises(InputError, match=r"other settings \(fps\)"):
        render_dataset(tmp_path, {"train": range(1)}, settings=replace(SMALL, fps=30))


def test_a_seed_belongs_to_one_split(tmp_path):
    with pytest.raises(InputError, match="Seed 3 is in train and in val"):
        render_dataset(tmp_path, {"train": [2, 3], "val": [3]}, settings=SMALL)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size_px": (65, 48)}, "even"),
        ({"fps": -1}, "positive"),
        ({"duration_sec": 1.0}, "too short for keyframes"),
    ],
)
def test_settings_that_cannot_work(wrong, message):
    with pytest.raises(InputError, match=message):
        replace(SMALL, **wrong)


@pytest.mark.slow
def test_two_processes_write_what_one_writes(tmp_path):
    splits = {"train": range(4)}
    for workers in (1, 2):
        render_dataset(tmp_path / str(workers), splits, settings=SMALL, workers=workers)
    first, second = (
        {
            path.name: path.read_bytes()
            for path in sorted((tmp_path / name).rglob("*.*"))
            if path.is_file()
        }
        for name in ("1", "2")
    )
    assert first == second
