"""Features of postures and motion worked out by hand, and the head that reads them."""

import math

import pytest
import torch

from stad.models.heads.skeleton_features import (
    Skeletons,
    arm_features,
    body_features,
    motion_features,
)
from stad.models.heads.skeleton_head import (
    ARMS,
    BODY,
    ENDS,
    MOTION,
    POSTURE,
    SkeletonHead,
    read_skeletons,
)
from tests.stick_figures import (
    box_of,
    in_picture,
    lying,
    map_of,
    mirrored,
    sitting,
    standing,
    uneven,
)

STILL = math.log(0.03)


def clip_of(*poses, scale=1.0, shifts=((0.0, 0.0),)):
    """One actor over the given poses, each moved by its shift in pixels."""
    shifts = list(shifts) * (len(poses) // len(shifts))
    flat = torch.stack([in_picture(one) for one in poses]) * scale
    flat = flat + torch.tensor(shifts)[:, None]
    return Skeletons(
        flat=flat[None],
        seen=torch.ones(1, len(poses), 33),
        metric=torch.stack(poses)[None],
        body=torch.ones(1, len(poses)),
        boxes=torch.stack([box_of(one) for one in flat])[None],
    )


def body(*poses, **options):
    return body_features(clip_of(*poses, **options))[0]


def test_a_person_upright():
    found = body(standing())
    assert found.shape == (BODY,)
    torso, in_plane = found[:2].tolist()
    assert (torso, in_plane) == (1.0, 1.0)
    # In space and in the image: knees straight, hips all but straight, thighs down.
    hip = math.pi - math.atan2(0.1, 0.5)
    for values in (found[2:8], found[8:14]):
        assert values.tolist() == pytest.approx([math.pi] * 2 + [hip] * 2 + [1.0] * 2, abs=1e-3)
    assert found[14:16].tolist() == [1.0, 1.0]
    # The box is 40 px wide and 155 px high: from the nose to the ankles.
    drops = [85, 45, 50, 40, 70, 155]
    assert found[16:22].tolist() == pytest.approx([drop / 155 for drop in drops])
    assert found[22:25].tolist() == pytest.approx([20 / 155, 0, math.log(40 / 155)], abs=1e-5)
    assert found[25:].tolist() == [1.0] * 5


def test_a_person_who_sits():
    found = body(sitting())
    assert found[0].item() == 1.0
    # A right angle at both knees and, but for the hips' width, at both hips; thighs are level.
    assert found[2:8].tolist() == pytest.approx([math.pi / 2] * 4 + [0.0] * 2, abs=1e-6)
    assert found[14:16].tolist() == [1.0, 1.0]
    # From the hips to the knees nothing is left of the height.
    assert found[17].item() == 0.0


def test_a_person_who_lies():
    found = body(lying(standing()))
    torch.testing.assert_close(found[:2], torch.zeros(2))
    torch.testing.assert_close(found[[6, 7, 12, 13, 14, 15]], torch.zeros(6))
    # Angles of a body do not depend on how it lies.
    torch.testing.assert_close(found[2:6], body(standing())[2:6])
    assert found[24].item() == pytest.approx(math.log(155 / 40))
    assert found[23].item() == pytest.approx(85 / 155)


def test_left_and_right_make_no_difference():
    poses = [uneven(), uneven() * 1.1, standing()]
    one = clip_of(*poses, shifts=[(0, 0), (5, 3), (12, 4)])
    other = clip_of(*(mirrored(pose) for pose in poses), shifts=[(0, 0), (-5, 3), (-12, 4)])
    assert not torch.allclose(one.metric, other.metric)
    torch.testing.assert_close(body_features(first(one)), body_features(first(other)))
    torch.testing.assert_close(arm_features(first(one)), arm_features(first(other)))
    torch.testing.assert_close(motion_features(one, 0.4), motion_features(other, 0.4))


def first(clip):
    return Skeletons(*(part[:, :1] for part in clip))


def test_size_and_place_make_no_difference():
    poses, steps = [uneven(), standing(), uneven()], [(0.0, 0.0), (4.0, 6.0), (9.0, 5.0)]
    small = clip_of(*poses, shifts=steps)
    shifts = [(2.5 * x + 300, 2.5 * y - 80) for x, y in steps]
    large = clip_of(*poses, scale=2.5, shifts=shifts)
    for features in (body_features, arm_features):
        torch.testing.assert_close(features(first(small)), features(first(large)))
    torch.testing.assert_close(motion_features(small, 0.4), motion_features(large, 0.4))


def test_hands_of_hanging_arms_and_of_a_raised_one():
    hanging = arm_features(clip_of(standing()))[0]
    assert hanging.shape == (ARMS,)
    far = math.hypot(0.2, 0.8, 0.1)
    # Nose to wrists, straight elbows, wrists 0.6 m below the shoulders, 0.4 m from each other.
    expected = [far, far, math.pi, math.pi, -0.6, -0.6, 0.4, 0.1]
    assert hanging.tolist() == pytest.approx(expected, abs=1e-3)
    raised = arm_features(clip_of(uneven()))[0]
    # The higher wrist is 0.35 m above its shoulder, and at the height of the head.
    assert raised[4].item() == pytest.approx(0.35)
    assert raised[1].item() == pytest.approx(math.hypot(0.45, 0.15))


def test_nobody_moves():
    found = motion_features(clip_of(*[standing()] * 3), 0.4)[0]
    assert found.shape == (MOTION,)
    assert found[:4].tolist() == [0] * 4
    assert found[4:7].tolist() == pytest.approx([STILL] * 3)
    assert found[7:11].tolist() == [0] * 4
    # The last is how far the feet are apart: 20 of 155 px.
    feet = math.log(20 / 155 + 0.03)
    assert found[11:].tolist() == pytest.approx([STILL] * 7 + [feet])


def test_one_side_length_per_second_to_the_right():
    # The longer side is 155 px, from the first frame to the last it is 0.8 s.
    step = 155 * 0.4
    found = motion_features(
        clip_of(*[standing()] * 3, shifts=[(0, 0), (step, 0), (2 * step, 0)]), 0.4
    )
    assert found[0, :4].tolist() == pytest.approx([1, 0, 0, 0], abs=1e-5)
    # Box, hips and head alike.
    assert found[0, 4:7].tolist() == pytest.approx([math.log(1 + 0.03)] * 3, abs=1e-5)
    assert found[0, 7:11].tolist() == pytest.approx([0] * 4, abs=1e-5)
    assert found[0, 11:18].tolist() == pytest.approx([STILL] * 7, abs=1e-3)


def test_a_person_who_goes_down():
    found = motion_features(clip_of(standing(), standing(), lying(standing())), 0.4)[0]
    # In 0.8 s from 155 px to 40 px of height: the head by 70 px, down to the hips.
    assert found[3].item() == pytest.approx(70 / (155 * 0.8), abs=1e-4)
    assert found[7].item() == pytest.approx(math.log(40 / 155))
    assert found[8].item() == pytest.approx(math.log(155 / 40))
    # The box's foot goes up from 85 px below the hips to 20, its top down from 70 above to 20.
    assert found[9].item() == pytest.approx((20 - 85) / (155 * 0.8), abs=1e-4)
    assert found[10].item() == pytest.approx((70 - 20) / (155 * 0.8), abs=1e-4)


def test_legs_that_swing():
    stride = standing()
    stride[27], stride[28] = torch.tensor([0.3, 0.85, 0]), torch.tensor([-0.3, 0.85, 0])
    found = motion_features(clip_of(standing(), stride, standing()), 0.4)[0]
    # Each ankle goes 20 px out and back; between them it is 20, 60, 20 px.
    swing, spread = math.log(20 / 155 + 0.03), math.log(40 / 155 + 0.03)
    assert found[11:16].tolist() == pytest.approx([swing] * 2 + [STILL] * 3, abs=1e-4)
    assert found[16:].tolist() == pytest.approx(
        [spread, STILL, math.log(60 / 155 + 0.03)], abs=1e-4
    )


def maps_of(*clips):
    """What the backbone gives for clips: maps, regions, tracks."""
    rows = []
    for clip in clips:
        tracks = clip.boxes[0]
        regions = torch.cat((tracks[:, :2] - 10, tracks[:, :2] + 190), dim=1)
        rows.append((map_of(clip.flat[0], clip.metric[0], regions), regions, tracks))
    maps, regions, tracks = (torch.stack(one) for one in zip(*rows, strict=True))
    return maps[..., None, None], regions, tracks


CLIPS = [
    clip_of(standing(), standing(), lying(standing())),
    clip_of(*[sitting()] * 3, shifts=[(0, 0), (3, 0), (9, 1)]),
    clip_of(uneven(), standing(), uneven()),
]


def test_maps_of_crops_become_pixels_of_the_clip():
    maps, regions, tracks = maps_of(*CLIPS)
    found = read_skeletons(maps, regions, tracks)
    for i, clip in enumerate(CLIPS):
        for part, expected in zip(found, clip, strict=True):
            torch.testing.assert_close(part[i], expected[0], atol=1e-3, rtol=1e-5)


def head(**options):
    torch.manual_seed(0)
    return SkeletonHead(5, num_exclusive=3, interval_sec=0.4, **options)


LONG = [
    clip_of(standing(), uneven(), sitting(), standing(), lying(standing())),
    clip_of(*[sitting()] * 5, shifts=[(0, 0), (3, 0), (9, 1), (9, 2), (20, 2)]),
]


@pytest.mark.parametrize("clips", [CLIPS, LONG], ids=["3 frames", "5 frames"])
def test_the_head_sees_three_times_and_the_motion_between_them(clips):
    found = head().features(*maps_of(*clips))
    assert found.shape == (len(clips), POSTURE + ARMS)
    for row, clip in zip(found, clips, strict=True):
        count = clip.boxes.shape[1]
        middle = count // 2
        now, first, last = (frames(clip, one, one) for one in (middle, 0, count - 1))
        spans = ((middle - 1, middle + 1), (0, middle), (middle, count - 1))
        parts = (
            body_features(now),
            # How well the ends are seen is left out.
            *(body_features(one)[:, :ENDS] for one in (first, last)),
            *(motion_features(frames(clip, *span), 0.4) for span in spans),
            arm_features(now),
        )
        torch.testing.assert_close(row, torch.cat(parts, dim=1)[0], atol=1e-3, rtol=1e-3)


def frames(clip, begin, end):
    return Skeletons(*(part[:, begin : end + 1] for part in clip))


@torch.inference_mode()
def test_each_actor_is_scored_alone_and_postures_do_not_look_at_hands():
    model = head().eval()
    maps, *boxes = maps_of(*CLIPS)
    logits = model((maps,), *boxes)
    assert logits.shape == (3, 5)
    for i in range(3):
        alone = model((maps[i : i + 1],), *(one[i : i + 1] for one in boxes))
        torch.testing.assert_close(logits[i : i + 1], alone)
    waving = maps.clone()
    marks = waving[:, :-1].unflatten(1, (33, 6))
    marks[:, 15:17] += 0.3
    others = model((waving,), *boxes)
    torch.testing.assert_close(others[:, :3], logits[:, :3])
    assert (others[:, 3:] - logits[:, 3:]).abs().amin() > 1e-4


@torch.inference_mode()
def test_where_no_body_is_seen_it_is_not_sure():
    model = head().eval()
    maps, *boxes = maps_of(*CLIPS)
    sure = model((maps,), *boxes)
    maps[0, -1], maps[1, -1], maps[2, -1] = 0.0, 0.25, 0.1
    # One frame with a body is enough.
    maps[2, -1, 0] = 0.9
    found = model((maps,), *boxes)
    assert found[0, :3].tolist() == [0.0] * 3
    assert (found[0, 3:] < -4).all()
    assert found[1, :3].softmax(0).max() < 0.45
    # The probability of the body at the keyframe is one of the numbers that it sees.
    torch.testing.assert_close(found[2], sure[2], atol=2.0, rtol=0)


@torch.inference_mode()
def test_of_bodies_of_a_few_pixels_nothing_is_known():
    model = head().eval()
    maps, regions, tracks = maps_of(*CLIPS)
    sure = model((maps,), regions, tracks)
    # 155 px become 19; twice the smallest size is enough.
    small = model((maps,), regions * 0.12, tracks * 0.12)
    assert small[0, :3].tolist() == [0.0] * 3
    assert (small[0, 3:] < -4).all()
    large = model((maps,), regions * 0.3, tracks * 0.3)
    torch.testing.assert_close(large[0], sure[0], atol=1e-3, rtol=1e-3)


def test_training_adds_noise_and_learns_the_scale_of_the_numbers():
    maps, *boxes = maps_of(*CLIPS)
    model = head(dropout=0.0)
    assert not torch.equal(model((maps,), *boxes), model((maps,), *boxes))
    mean = model.norm.running_mean
    expected = model.features(maps, *boxes).mean(dim=0) * (1 - 0.95**2)
    torch.testing.assert_close(mean, expected, atol=1e-5, rtol=1e-4)
    calm = head(dropout=0.0, noise=0.0)
    assert torch.equal(calm((maps,), *boxes), calm((maps,), *boxes))


def test_a_batch_of_one_actor_can_be_learnt_from():
    maps, *boxes = maps_of(CLIPS[0])
    model = head()
    model((maps,), *boxes).sum().backward()
    assert all(one.grad is not None and one.grad.isfinite().all() for one in model.parameters())


def test_odd_numbers_stay_finite():
    maps, *boxes = maps_of(*CLIPS)
    empty = [torch.zeros_like(one) for one in (maps, *boxes)]
    logits = head().eval()((empty[0],), *empty[1:])
    assert logits.isfinite().all()
