"""The memory of a scene: background, changes, and what rests."""

import json

import numpy as np
import pytest

from stad.actors.detectors.scene import Scene

SIZE = (240, 320)
WALL = np.random.default_rng(0).integers(60, 180, (24, 32)).repeat(10, 0).repeat(10, 1)
BODY = np.array([100, 100, 140, 200.0])


def frame(body=None, *, light=0.0, noise=0, seed=1):
    image = WALL.astype(float) + light
    if body is not None:
        left, top, right, bottom = (int(value) for value in body)
        image[top:bottom, left:right] = 250
    image += np.random.default_rng(seed).normal(0, noise, SIZE) if noise else 0
    return np.repeat(image.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


@pytest.fixture
def scene():
    """A scene that was seen without people for three seconds."""
    scene = Scene()
    for second in range(4):
        scene.look_at(frame())
        scene.update(float(second), np.zeros((0, 4)))
    return scene


def test_a_person_is_a_change_of_the_background(scene):
    everywhere = np.array([0, 0, 320, 240.0])
    scene.look_at(frame(BODY))
    changed, known = scene.changed_in(everywhere, np.zeros((0, 4)))
    np.testing.assert_allclose(changed, BODY, atol=5)
    assert known == 1
    assert scene.background_ratio(BODY) < 0.1
    assert scene.background_ratio(np.array([200, 100, 240, 200.0])) == 1
    # What is inside of known people is no change.
    assert scene.changed_in(everywhere, BODY[None])[0] is None
    assert scene.largest_change(BODY[None], minimum_px=20) is None
    np.testing.assert_allclose(scene.largest_change(np.zeros((0, 4)), minimum_px=50), BODY, atol=5)
    assert scene.largest_change(np.zeros((0, 4)), minimum_px=150) is None


@pytest.mark.parametrize("image", [frame(light=25), frame(noise=12)])
def test_light_and_noise_are_no_change(scene, image):
    scene.look_at(image)
    assert scene.largest_change(np.zeros((0, 4)), minimum_px=20) is None


def test_a_patch_tells_whether_a_person_moved(scene):
    scene.look_at(frame(BODY))
    patch = scene.patch(BODY)
    scene.look_at(frame(BODY, noise=12, light=-8))
    assert scene.changed_since(BODY, patch) < 0.05
    scene.look_at(frame())
    assert scene.changed_since(BODY, patch) > 0.5
    # A box of another size is another place.
    assert scene.changed_since(np.array([0, 0, 200, 200.0]), patch) == 1


def test_who_stands_there_does_not_become_background(scene):
    for second in range(4, 20):
        scene.look_at(frame(BODY))
        scene.update(float(second), BODY[None])
    assert scene.background_ratio(BODY) < 0.1


def test_a_thing_that_was_put_down_becomes_background_after_ten_seconds(scene):
    ratios = []
    for second in range(4, 18):
        scene.look_at(frame(BODY))
        scene.update(float(second), np.zeros((0, 4)))
        ratios.append(scene.background_ratio(BODY) > 0.5)
    assert ratios.index(True) in (9, 10, 11)


def test_a_cut_forgets_the_background(scene):
    scene.look_at(255 - frame())
    assert scene.changed_in(np.array([0, 0, 320, 240.0]), np.zeros((0, 4))) == (None, 0)


def test_state_is_json_and_continues(scene):
    again = Scene()
    again.restore(json.loads(json.dumps(scene.state())))
    for one in (scene, again):
        one.look_at(frame(BODY))
        one.update(5.0, BODY[None])
    assert again.state() == scene.state()
    assert again.background_ratio(BODY) == scene.background_ratio(BODY)


def test_who_moved_somewhere_changed_the_image_there():
    scene = Scene()
    scene.look_at(frame(BODY))
    scene.update(0.0, BODY[None])
    beside = BODY + np.array([60, 0, 60, 0])
    scene.look_at(frame(beside))
    assert scene.moved_into(beside, BODY)
    assert not scene.moved_into(BODY + np.array([0, -90, 0, -90]), BODY)
    # A box that hardly differs tells nothing.
    assert scene.moved_into(BODY + np.array([5, 0, 5, 0]), BODY)


def test_a_pattern_that_moved_a_little_is_a_change_only_on_request():
    stripes = np.tile(np.repeat([60, 180], 10), (240, 16))[:, :320].astype(np.uint8)
    scene = Scene()
    for second in range(4):
        scene.look_at(np.repeat(stripes[..., None], 3, axis=2))
        scene.update(float(second), np.zeros((0, 4)))
    # About one pixel of the small image.
    stripes[100:200, 100:200] = np.roll(stripes, 3, axis=1)[100:200, 100:200]
    stripes[100:200, 20:60] = 250
    scene.look_at(np.repeat(stripes[..., None], 3, axis=2))
    right = np.array([90, 90, 210, 210.0])
    assert scene.changed_in(right, np.zeros((0, 4)))[0] is None
    # A person before the pattern is a change.
    changed, _ = scene.changed_in(np.array([0, 90, 90, 210.0]), np.zeros((0, 4)))
    np.testing.assert_allclose(changed, [20, 100, 60, 200], atol=8)


def test_who_gets_shorter_leaves_the_rest_of_the_earlier_box(scene):
    scene.look_at(frame(BODY))
    patch = scene.patch(BODY)
    lower = np.array([100, 150, 140, 200.0])
    assert scene.left_behind(lower, BODY, patch) == 0
    scene.look_at(frame(lower))
    assert scene.left_behind(lower, BODY, patch) >= 0.9
