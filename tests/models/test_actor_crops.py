"""Crops of actors: where each pixel comes from, and that the crop goes with the actor."""

import pytest
import torch

from stad.models.actor_crops import ActorCrops, still_tracks

WIDTH, HEIGHT, FRAMES = 40, 30, 3


def coordinates():
    """A clip whose colours are x, y and 1: (1, 3, T, H, W)."""
    x = (torch.arange(WIDTH) + 0.5).expand(HEIGHT, WIDTH)
    y = (torch.arange(HEIGHT) + 0.5)[:, None].expand(HEIGHT, WIDTH)
    image = torch.stack((x, y, torch.ones(HEIGHT, WIDTH)))
    return image[None, :, None].repeat(1, 1, FRAMES, 1, 1)


def still(*boxes):
    return still_tracks([torch.tensor(boxes)], FRAMES)


@pytest.mark.parametrize("oversample", [1, 3])
def test_each_pixel_is_taken_from_its_place(oversample):
    cut = ActorCrops(20, oversample=oversample)(coordinates(), still([10.0, 6, 18, 14]))
    # The longer side is 8, the square 10 around (14, 10): half a pixel of the clip per step.
    assert cut.regions.tolist() == [[[9, 5, 19, 15]] * FRAMES]
    assert cut.clips.shape == (1, 3, FRAMES, 20, 20)
    steps = (torch.arange(20) + 0.5) * 0.5
    for frame in range(FRAMES):
        x, y, inside = cut.clips[0, :, frame]
        torch.testing.assert_close(x, (9 + steps).expand(20, 20))
        torch.testing.assert_close(y, (5 + steps)[:, None].expand(20, 20))
        torch.testing.assert_close(inside, torch.ones(20, 20))


def test_what_is_beyond_the_border_is_zero():
    cut = ActorCrops(20, scale=1.5)(coordinates(), still([0.0, 0, 8, 8]))
    # From -2 to 10 in steps of 0.6: the first two are more than half a pixel outside.
    assert cut.regions[0, 0].tolist() == [-2, -2, 10, 10]
    inside = cut.clips[0, 2, 0]
    assert not inside[:2].any()
    assert not inside[:, :2].any()
    torch.testing.assert_close(inside[5:, 5:], torch.ones(15, 15))


def test_oversampling_averages_what_a_coarse_grid_would_miss():
    stripes = (torch.arange(WIDTH) % 2).float().expand(1, 3, FRAMES, HEIGHT, WIDTH)
    box = still([10.0, 5, 30, 25])
    # Five pixels per step: one of them, or the mean of 0 1 0 1 0 and of 1 0 1 0 1.
    coarse = ActorCrops(4, scale=1.0)(stripes, box).clips[0, 0, 0, 0]
    torch.testing.assert_close(coarse, torch.tensor([0.0, 1, 0, 1]))
    fine = ActorCrops(4, scale=1.0, oversample=5)(stripes, box).clips[0, 0, 0, 0]
    torch.testing.assert_close(fine, torch.tensor([0.4, 0.6, 0.4, 0.6]))


def test_boxes_at_the_keyframe_in_pixels_of_their_crops():
    cut = ActorCrops(20)(coordinates(), still([10.0, 6, 18, 14], [10.0, 6, 14, 14]))
    first, second = cut.boxes_in_crops()
    assert first.tolist() == [[2, 2, 18, 18]]
    # Half as wide: in the middle of a square that reaches from 7 to 17.
    assert second.tolist() == [[6, 2, 14, 18]]


def test_still_tracks_are_the_boxes_in_every_frame():
    boxes = [torch.rand(2, 4), torch.zeros(0, 4)]
    tracks = still_tracks(boxes, 5)
    assert [tuple(one.shape) for one in tracks] == [(2, 5, 4), (0, 5, 4)]
    for frame in range(5):
        assert torch.equal(tracks[0][:, frame], boxes[0])


def test_a_crop_goes_with_the_actor():
    clip = torch.zeros(1, 3, FRAMES, HEIGHT, WIDTH)
    lefts = [4, 12, 20]
    for frame, left in enumerate(lefts):
        clip[:, :, frame, 10:18, left : left + 8] = 1
    moving = torch.tensor([[[left, 10.0, left + 8, 18] for left in lefts]])
    crops = ActorCrops(10)
    cut = crops(clip, [moving])
    # The square fills the inside of the crop in every frame; a crop that stands still loses it.
    inside = torch.zeros(10, 10)
    inside[1:9, 1:9] = 1
    for frame in range(FRAMES):
        torch.testing.assert_close(cut.clips[0, 0, frame], inside)
    stays = crops(clip, still([12.0, 10, 20, 18])).clips[0, 0]
    torch.testing.assert_close(stays[1], inside)
    assert stays[0, 1:9, 2:9].sum() == stays[2, 1:9, 1:8].sum() == 0


def test_a_steady_square_shows_growth_and_another_follows_it():
    grows = torch.tensor([[[10.0, 10, 14, 18], [8, 8, 14, 20], [6, 6, 14, 22]]])
    steady = ActorCrops(10)(coordinates(), [grows]).regions[0]
    assert (steady[:, 2:] - steady[:, :2]).tolist() == [[20, 20]] * 3
    follows = ActorCrops(10, steady=False)(coordinates(), [grows]).regions[0]
    assert (follows[:, 2:] - follows[:, :2]).tolist() == [[10, 10], [15, 15], [20, 20]]
    centres = torch.tensor([[12.0, 14], [11, 14], [10, 14]])
    for regions in (steady, follows):
        torch.testing.assert_close((regions[:, :2] + regions[:, 2:]) / 2, centres)


def test_each_actor_is_cut_out_of_its_own_clip():
    clips = torch.arange(1.0, 3)[:, None, None, None, None].expand(2, 3, FRAMES, HEIGHT, WIDTH)
    boxes = [torch.tensor([[10.0, 6, 18, 14], [20, 10, 30, 20]]), torch.tensor([[8.0, 8, 16, 16]])]
    cut = ActorCrops(4)(clips, still_tracks(boxes, FRAMES))
    assert cut.clips.amax(dim=(1, 2, 3, 4)).tolist() == [1, 1, 2]
    torch.testing.assert_close(cut.tracks[:, 1], torch.cat(boxes))


def test_a_fixed_square_is_around_all_boxes_of_the_clip():
    boxes = torch.tensor([[[4.0, 6, 8, 14], [10, 6, 14, 14], [16, 4, 20, 14]]])

    cut = ActorCrops(20, scale=1.0, fixed=True)(coordinates(), [boxes])

    # From 4 to 20 and from 4 to 14: a side of 16 around (12, 9), the same in all frames.
    assert cut.regions.tolist() == [[[4, 1, 20, 17]] * FRAMES]
    assert cut.tracks.tolist() == boxes.tolist()
