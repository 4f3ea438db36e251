"""Overlapping windows: the scores of whole clips, with each crop computed once."""

import numpy as np
import pytest
import torch

from stad.inference.scorer import ActionScorer
from stad.models.action_detector import ActionDetector
from stad.models.actor_crops import ActorCrops
from stad.models.heads.skeleton_head import SkeletonHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.remembered_crops import RememberedCrops
from stad.video.window import Window
from tests.colour_pose import ColourPose

FRAMES = np.random.default_rng(0).integers(0, 256, (6, 40, 50, 3), dtype=np.uint8)
# Two people who move a pixel a frame, and the first of them at the edge.
WALK = torch.arange(6).reshape(1, 6, 1) + torch.tensor(
    [[[-4.0, 3, 12, 30]], [[20.5, 9, 41.25, 33]]], dtype=torch.float32
)


def detector(*, steady=False):
    torch.manual_seed(0)
    model = ActionDetector(
        {"type": ColourPose},
        {"type": SkeletonHead, "num_classes": 5, "num_exclusive": 3, "interval_sec": 0.4},
        data_preprocessor={"type": ClipPreprocessor, "mean": [127.5] * 3, "std": [127.5] * 3},
        actor_crops={"type": ActorCrops, "size_px": 16, "steady": steady},
    )
    return model.eval()


def windows(*firsts):
    return [FRAMES[i : i + 3] for i in firsts], [WALK[:, i : i + 3] for i in firsts]


def count(run):
    """How many crops the backbone sees in a call, and what it returns."""
    before = ColourPose.count
    found = run()
    return ColourPose.count - before, found


@pytest.mark.parametrize("steady", [False, True])
@torch.no_grad()
def test_scores_are_those_of_whole_clips(steady):
    model = detector(steady=steady)
    clips, tracks = windows(0, 1, 2)
    tracks[1] = tracks[1][:0]
    inputs = model.data_preprocessor.normalise(torch.from_numpy(np.stack(clips)))
    expected = model.score_actors(inputs, [one[:, 1] for one in tracks], tracks)
    found = RememberedCrops(model).score(clips, tracks)
    assert [len(one) for one in found] == [2, 0, 2]
    for one, correct in zip(found, expected, strict=True):
        torch.testing.assert_close(one, correct, rtol=0, atol=1e-6)


@torch.no_grad()
def test_crops_that_windows_share_are_computed_once():
    crops = RememberedCrops(detector())
    # Frames 0 to 4 with two people each, then frame 5 alone is new.
    seen, first = count(lambda: crops.score(*windows(0, 1, 2)))
    assert seen == 10
    seen, again = count(lambda: crops.score(*windows(2, 3)))
    assert seen == 2
    torch.testing.assert_close(again[0], first[2], rtol=0, atol=1e-6)
    # Another frame in the same box, and another box in the same frame.
    clips, tracks = windows(3)
    seen, _ = count(lambda: crops.score([np.ascontiguousarray(clips[0][::-1])], tracks))
    assert seen == 4
    seen, _ = count(lambda: crops.score(clips, [tracks[0] + 0.5]))
    assert seen == 6


@torch.no_grad()
def test_only_the_latest_crops_are_kept():
    crops = RememberedCrops(detector(), remembered=6)
    crops.score(*windows(0))
    assert count(lambda: crops.score(*windows(0)))[0] == 0
    # Frames 1 and 2 are used again, so frame 0 is forgotten.
    assert count(lambda: crops.score(*windows(1)))[0] == 2
    assert count(lambda: crops.score(*windows(0)))[0] == 2


@torch.no_grad()
def test_clips_without_people_and_tracks_that_are_not_finite():
    crops = RememberedCrops(detector())
    clips, tracks = windows(0)
    (found,) = crops.score(clips, [tracks[0][:0]])
    assert found.shape == (0, 5)
    with pytest.raises(ValueError, match="clip 0 has NaN"):
        crops.score(clips, [tracks[0] * torch.nan])


def test_the_scorer_shares_the_crops_of_its_calls():
    scorer = ActionScorer(detector(), Window(3, 12), short_side_px=40, num_classes=5)

    def score(first):
        clips, tracks = windows(first)
        moving = [one.numpy() * 2 for one in tracks]
        boxes = [one[:, 1] for one in moving]
        return scorer.score(clips, boxes, source_size=(100, 80), tracks=moving)

    seen, (found,) = count(lambda: score(0))
    assert seen == 6
    assert found.shape == (2, 5)
    assert count(lambda: score(1))[0] == 2


def test_models_of_other_kinds_do_not_fit():
    model = detector()
    assert RememberedCrops.fits(model)
    model.actor_crops = None
    assert not RememberedCrops.fits(model)
    assert not RememberedCrops.fits(model.backbone)
