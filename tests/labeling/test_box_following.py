"""Boxes that are followed through rendered videos with known paths."""

import cv2
import numpy as np
import pytest

from stad.annotations.own.labels import ActorTrack
from stad.errors import InputError
from stad.labeling.box_flow import flow_box, shows_same, small_gray
from stad.labeling.box_following import follow_box
from tests.videos import write_video

SIZE = (320, 240)
RNG = np.random.default_rng(3)
GROUND = cv2.GaussianBlur(RNG.integers(60, 130, (240, 320, 3)).astype(np.uint8), (0, 0), 2)
PERSON = cv2.GaussianBlur(RNG.integers(0, 256, (80, 30, 3)).astype(np.uint8), (0, 0), 1.5)
POST = np.full((240, 24, 3), 200, np.uint8)


def scene(left_px, *, post_px=None, person=PERSON):
    """A textured person at a place over a textured ground, behind a post."""
    image = GROUND.copy()
    left = round(left_px)
    first, last = max(left, 0), min(left + 30, 320)
    if first < last:
        image[100:180, first:last] = person[:, first - left : last - left]
    if post_px is not None:
        image[:, post_px : post_px + 24] = POST
    return image


def rendered(path, place, *, num_frames=60, **options):
    """A video of a person whose left edge is ``place(frame)``."""
    write_video(
        path,
        num_frames=num_frames,
        size=SIZE,
        picture=lambda index, *_: scene(place(index), **options),
    )
    return path


def lefts(track):
    return dict(zip(track.times_sec.tolist(), track.boxes[:, 0].tolist(), strict=True))


def test_a_walker_is_followed_both_ways(tmp_path):
    path = rendered(tmp_path / "a.mp4", lambda index: 20 + 3 * index)
    found = follow_box(path, (110, 100, 140, 180), time_sec=1.0, track_id=5)
    assert found.track.id == 5
    assert found.track.origin == "drawn"
    assert (found.start_reason, found.end_reason) == ("video", "video")
    assert found.track.start_sec <= 1 / 15
    assert found.track.end_sec >= 1.9
    for time_sec, left in lefts(found.track).items():
        assert left == pytest.approx(20 + 90 * time_sec, abs=4)
    steps = np.diff(found.track.times_sec)
    assert steps.max() <= 0.27


def test_who_leaves_the_frame_ends_at_the_edge(tmp_path):
    path = rendered(tmp_path / "a.mp4", lambda index: 200 + 3 * index)
    found = follow_box(path, (200, 100, 230, 180), time_sec=0.0)
    assert found.end_reason in ("edge", "lost")
    # 30 px wide at 290 px at 1 s; outside at 1.33 s.
    assert 0.9 <= found.track.end_sec <= 1.4
    assert "the frame" in found.describe() or "lost" in found.describe()


def test_who_disappears_is_lost_there(tmp_path):
    path = rendered(tmp_path / "a.mp4", lambda index: 20 + 4 * index if index < 30 else -99)
    found = follow_box(path, (60, 100, 90, 180), time_sec=1 / 3)
    assert found.end_reason == "lost"
    assert found.track.end_sec == pytest.approx(1.0, abs=0.21)


def test_a_box_does_not_stay_on_the_background(tmp_path):
    path = rendered(tmp_path / "a.mp4", lambda index: 20 + 4 * index, num_frames=75, post_px=200)
    found = follow_box(path, (60, 100, 90, 180), time_sec=1 / 3)
    # The person passes behind the post at 1.25 to 1.7 s.
    for time_sec, left in lefts(found.track).items():
        assert left == pytest.approx(20 + 120 * time_sec, abs=16), time_sec


def test_who_stands_still_is_followed(tmp_path):
    path = rendered(tmp_path / "a.mp4", lambda index: 100)
    found = follow_box(path, (100, 100, 130, 180), time_sec=1.0)
    assert (found.start_reason, found.end_reason) == ("video", "video")
    assert np.abs(found.track.boxes - [100, 100, 130, 180]).max() < 2


def test_detected_people_are_taken_over_where_they_overlap(tmp_path):
    path = rendered(tmp_path / "a.mp4", lambda index: 20 + 3 * index)
    times = np.arange(5, 10) / 5
    boxes = [[20 + 90 * one - 3, 95, 20 + 90 * one + 33, 185] for one in times]
    people = [ActorTrack(0, times, np.array(boxes, np.float32))]
    found = follow_box(path, (65, 100, 95, 180), time_sec=0.5, people=people)
    tops = dict(zip(found.track.times_sec.tolist(), found.track.boxes[:, 1].tolist(), strict=True))
    assert all(top == pytest.approx(100, abs=2) for one, top in tops.items() if one < 0.9)
    assert all(top == 95 for one, top in tops.items() if 1.1 < one < 1.75)


def test_the_time_is_limited(tmp_path):
    path = rendered(tmp_path / "a.mp4", lambda index: 100)
    found = follow_box(path, (100, 100, 130, 180), time_sec=1.0, limit_sec=0.0)
    assert (found.start_reason, found.end_reason) == ("time", "time")
    assert len(found.track.times_sec) == 1
    assert "draw another box there" in found.describe()


@pytest.mark.parametrize(
    ("box", "time_sec"),
    [
        ((0, 0, 2, 90), 0.5),
        ((30, 30, 20, 90), 0.5),
        ((400, 0, 450, 90), 0.5),
        ((0, 0, float("nan"), 90), 0.5),
        ((0, 0, 90), 0.5),
        ((0, 0, 90, 90), -1),
        ((0, 0, 90, 90), float("inf")),
        ((0, 0, 90, 90), 99),
    ],
)
def test_a_box_outside_of_the_video_is_refused(tmp_path, box, time_sec):
    path = write_video(tmp_path / "a.mp4", num_frames=10)
    with pytest.raises(
        InputError, match=r"inside the frame|There is no frame|has no frame from|beyond the end"
    ):
        follow_box(path, box, time_sec=time_sec)


def test_a_box_moves_and_grows_with_what_it_shows():
    before = scene(100)
    larger = cv2.resize(PERSON, (32, 86))
    after = GROUND.copy()
    after[98:184, 104:136] = larger
    first, second = small_gray(before), small_gray(after)
    found = flow_box(first[0], second[0], np.array((100.0, 100, 130, 180)))
    assert found == pytest.approx([104, 98, 136, 184], abs=2.5)


def test_a_box_over_nothing_is_lost():
    flat = np.full((120, 160), 90, np.uint8)
    noise = RNG.integers(0, 256, (120, 160)).astype(np.uint8)
    assert flow_box(flat, noise, np.array((40.0, 40, 60, 80))) is None


def test_the_same_ground_is_recognized_in_other_light():
    ground = cv2.cvtColor(GROUND, cv2.COLOR_RGB2GRAY)
    box = np.array((100.0, 100, 130, 180))
    assert shows_same(ground, (ground + 20).astype(np.uint8), box)
    assert not shows_same(ground, cv2.cvtColor(scene(110), cv2.COLOR_RGB2GRAY), box)


def test_large_images_are_made_small():
    image, scale = small_gray(np.zeros((1080, 1920, 3), np.uint8))
    assert image.shape == (360, 640)
    assert scale == pytest.approx(1 / 3)
