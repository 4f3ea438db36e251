"""Views of actors and their head: what is seen where, and the same features in any combination."""

import pytest
import torch
from torch import nn

from stad.models.actor_crops import ActorCrops
from stad.models.backbones.resnet3d import ResNet3d
from stad.models.base import TrackBackbone
from stad.models.feature_detector import FeatureDetector
from stad.models.heads.feature_head import FeatureHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.views import CropView, RoIView, SceneView, SkeletonView, ViewedClips, pooled
from stad.registry import MODELS

CROPS = {"type": ActorCrops, "size_px": 32, "scale": 1.0}
BACKBONE = {
    "type": ResNet3d,
    "depth": 18,
    "base_channels": 4,
    "spatial_strides": (1, 2, 2, 1),
}
VIEWS = {
    "crop": {"type": CropView, "channels": 32, "actor_crops": CROPS},
    "roi": {"type": RoIView, "channels": 32, "pooling": {"roi_size": 2}, "short_side_px": 48},
    "scene": {"type": SceneView, "channels": 32, "short_side_px": 48},
}
UNIT = {"type": ClipPreprocessor, "mean": [127.5] * 3, "std": [127.5] * 3}
GREY = {"type": ClipPreprocessor, "mean": [100.0, 110, 120], "std": [50.0, 60, 70]}


@MODELS.register_module(force=True)
class MarkPose(TrackBackbone):
    """Gives the mean of each crop as every value, like ``BlazePose`` in shape."""

    def forward(self, clips, tracks):
        count, _, frames = clips.shape[:3]
        mean = clips.mean(dim=(1, 3, 4))[:, None, :, None, None]
        return (mean.expand(count, 199, frames, 1, 1).clone(),)


SKELETON = {
    "type": SkeletonView,
    "actor_crops": CROPS,
    "frames": [0, 2, 4],
    "interval_sec": 0.4,
}


def build(*names, preprocessor=UNIT, **options):
    torch.manual_seed(0)
    views = [VIEWS.get(name, SKELETON) for name in names]
    widths = {"crop": 64, "roi": 32, "scene": 64, "skeleton": 145}
    model = MODELS.build(
        {
            "type": FeatureDetector,
            "backbone": BACKBONE,
            "views": views,
            "roi_head": {
                "type": FeatureHead,
                "widths": {name: widths[name] for name in names},
                "num_classes": 2,
            },
            "data_preprocessor": preprocessor,
            **({"pose": {"type": MarkPose}} if "skeleton" in names else {}),
            **options,
        }
    )
    return model.eval()


@pytest.fixture(scope="module")
def clips():
    torch.manual_seed(1)
    clips = torch.rand(2, 3, 5, 60, 80) * 2 - 1
    boxes = [torch.tensor([[4.0, 5, 34, 45], [40, 10, 76, 50]]), torch.tensor([[9.0, 9, 50, 52]])]
    tracks = [one[:, None].repeat(1, 5, 1) for one in boxes]
    return clips, boxes, tracks


@torch.no_grad()
def test_features_of_a_combination_are_those_of_its_views_side_by_side(clips):
    model = build("crop", "roi", "scene")
    found = model.describe_actors(*clips)
    assert [one.shape for one in found] == [(2, 160), (1, 160)]
    assert model.view_widths == {"crop": 64, "roi": 32, "scene": 64}
    assert model.sees_tracks

    start = 0
    for name, width in model.view_widths.items():
        alone = build(name)
        alone.backbone.load_state_dict(model.backbone.state_dict())
        for one, whole in zip(alone.describe_actors(*clips), found, strict=True):
            torch.testing.assert_close(one, whole[:, start : start + width])
        assert alone.sees_tracks == (name == "crop")
        start += width


@torch.no_grad()
def test_scores_are_those_of_the_head_on_the_features(clips):
    model = build("crop", "scene")
    nn.init.normal_(model.roi_head.fc_cls.weight)
    model.roi_head.set_statistics(torch.rand(128), torch.rand(128) + 0.5)
    model.roi_head.calibrate(torch.tensor([2.0, 0.5]), torch.tensor([-1.0, 1.0]))

    scores = model.score_actors(*clips)

    for logits, features in zip(scores, model.describe_actors(*clips), strict=True):
        torch.testing.assert_close(logits, model.roi_head(features))


@torch.no_grad()
def test_clips_without_people_have_no_features(clips):
    model = build("crop")
    empty = [torch.zeros(0, 4), torch.zeros(0, 4)]

    assert [one.shape for one in model.describe_actors(clips[0], empty)] == [(0, 64), (0, 64)]
    mixed = [clips[1][0], empty[0]]
    assert [one.shape for one in model.score_actors(clips[0], mixed)] == [(2, 2), (0, 2)]


@torch.no_grad()
def test_the_scene_is_the_same_for_all_and_the_crop_is_not(clips):
    scene, crop = (build(one).describe_actors(*clips)[0] for one in ("scene", "crop"))

    torch.testing.assert_close(scene[0], scene[1])
    assert not torch.allclose(crop[0], crop[1])


@torch.no_grad()
def test_whole_frames_are_scored_as_clips(clips):
    model = build("crop", whole_frame=True)
    box = torch.tensor([[0.0, 0, 80, 60]])

    scores = model.score_clips(clips[0])

    expected = model.score_actors(clips[0], [box, box])
    torch.testing.assert_close(scores, torch.cat(expected))


@torch.no_grad()
def test_skeletons_see_some_frames_in_unit_range_whatever_the_backbone_takes(clips):
    raw = (torch.rand(1, 5, 60, 80, 3) * 255).to(torch.uint8)
    found = []
    for preprocessor in (UNIT, GREY):
        model = build("skeleton", "crop", preprocessor=preprocessor)
        inputs = model.data_preprocessor.normalise(raw)
        found.append(model.describe_actors(inputs, clips[1][:1], clips[2][:1])[0][:, :145])
    torch.testing.assert_close(found[0], found[1], atol=1e-4, rtol=1e-4)

    alone = build("skeleton", backbone={"type": MarkPose})
    alone.pose = None
    inputs = alone.data_preprocessor.normalise(raw)
    again = alone.describe_actors(inputs, clips[1][:1], clips[2][:1])[0]
    torch.testing.assert_close(again, found[0])


def test_maps_are_pooled_to_mean_and_deviation_over_time():
    # One channel; means over space of the three frames: 1, 2, 6.
    frames = torch.tensor([[0.0, 2], [2, 2], [5, 7]])
    maps = frames.reshape(1, 1, 3, 1, 2)

    found = pooled((maps,))

    torch.testing.assert_close(found, torch.tensor([[3.0, 14**0.5 / 3**0.5]]))


def test_crops_that_several_views_share_are_run_once(clips):
    calls = []

    class Counted(nn.Module):
        def forward(self, x):
            calls.append(tuple(x.shape))
            return (x.mean(dim=(3, 4), keepdim=True),)

    viewed = ViewedClips(*clips, backbone=Counted(), pose=None, unscale=lambda x: x)
    crop, deep = (CropView(3, actor_crops=CROPS, name=name) for name in ("crop", "deep_crop"))

    torch.testing.assert_close(crop(viewed), deep(viewed))
    assert calls == [(1, 3, 5, 32, 32)] * 3


def test_normalised_features_are_limited_and_views_are_balanced():
    head = FeatureHead({"a": 1, "b": 3}, 1)
    head.set_statistics(torch.tensor([1.0, 0, 0, 0]), torch.tensor([2.0, 1, 1, 1]))

    found = head.normalise(torch.tensor([[5.0, 1, -1, 99]]))

    # (5 - 1) / 2 = 2 in a view of one feature of four: times the root of 2, and of 2 / 3.
    wide = (2 / 3) ** 0.5
    torch.testing.assert_close(found, torch.tensor([[2 * 2**0.5, wide, -wide, 5 * wide]]))


def test_a_view_may_be_there_once():
    with pytest.raises(ValueError, match="each once"):
        build("crop", "crop")
