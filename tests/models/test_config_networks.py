"""Networks of configs/ have the published shapes, take a step of training, and score."""

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper

from stad.models.fast_inference import prepare_for_inference
from stad.models.recognizer import Recognizer
from stad.registry import MODELS
from stad.structures import ClipMeta, ClipSample
from tests.models.configs import build_model, read_config

RES4 = "backbone.slow_path.layer3"


@pytest.mark.parametrize("name", ["umt_ava", "videomae_ava"])
def test_transformers_take_a_step_by_the_published_recipe(name):
    config = read_config(name)
    config.model.backbone.update(embed_dims=24, num_heads=2, num_layers=2, with_checkpoint=True)
    config.model.roi_head.in_channels = 24
    torch.manual_seed(0)
    model = MODELS.build(config.model).train()
    wrapper = build_optim_wrapper(model, config.optim_wrapper)
    before = {name: value.clone() for name, value in model.named_parameters()}
    frames = config.train_dataloader.dataset.window.num_frames
    box = torch.tensor([[4.0, 4.0, 60.0, 60.0]])
    batch = {
        "inputs": torch.randint(0, 256, (2, frames, 64, 64, 3), dtype=torch.uint8),
        "data_samples": [
            ClipSample(box, torch.ones(1, 80), ClipMeta("a", 1.0, (64, 64), box.numpy()))
        ]
        * 2,
    }
    losses = [model.train_step(batch, wrapper)["loss"].item() for _ in range(3)]
    assert losses[2] < losses[0]
    assert all(not torch.equal(value, before[name]) for name, value in model.named_parameters())
    # Layer decay: patches move less than the head.
    moved = {
        name: (value - before[name]).abs().max()
        for name, value in model.named_parameters()
        if name in ("backbone.patch_embed.projection.weight", "roi_head.fc_cls.weight")
    }
    patches, head = moved.values()
    assert 0 < patches < head


def test_the_compact_transformer_learns_one_batch():
    config = read_config("vit_synthetic")
    torch.manual_seed(0)
    model = MODELS.build(config.model).train()
    wrapper = build_optim_wrapper(model, config.optim_wrapper)
    box = torch.tensor([[4.0, 4.0, 30.0, 60.0]])
    inputs = torch.randint(0, 256, (2, 16, 64, 64, 3), dtype=torch.uint8)
    meta = ClipMeta("a", 1.0, (64, 64), box.numpy())
    labels = torch.eye(11)[[0, 5], None]
    batch = {"inputs": inputs, "data_samples": [ClipSample(box, one, meta) for one in labels]}
    losses = [model.train_step(batch, wrapper)["loss"].item() for _ in range(8)]
    assert losses[0] > 0.5
    assert losses[-1] < 0.35


@pytest.mark.parametrize(
    ("name", "key", "shape"),
    [
        ("slowfast_ava", "roi_head.fc_cls.weight", (80, 2304)),
        ("slowfast_ava", "backbone.slow_path.conv1_lateral.conv.weight", (16, 8, 5, 1, 1)),
        ("slowfast_8x8_ava", "backbone.slow_path.conv1_lateral.conv.weight", (16, 8, 7, 1, 1)),
        ("slowfast_context_ava", "roi_head.fc_cls.weight", (80, 4608)),
        ("slowfast_acrn_ava", "roi_head.shared_head.conv1.conv.weight", (2304, 4608, 1, 1, 1)),
        ("slowfast_acrn_ava", "roi_head.shared_head.conv2.conv.weight", (2304, 2304, 1, 3, 3)),
        ("slowfast_acrn_ava", "roi_head.fc_cls.weight", (80, 2304)),
        ("slowfast_8x8_pytorchvideo_ava", "backbone.slow_path.layer3_lateral.bn.weight", (256,)),
        ("slowonly_ava", "roi_head.fc_cls.weight", (80, 2048)),
        ("slowonly_ava", "backbone.conv1.conv.weight", (64, 3, 1, 7, 7)),
        ("slowonly_ava", "backbone.layer1.0.conv1.conv.weight", (64, 64, 1, 1, 1)),
        ("slowonly_ava", "backbone.layer3.0.conv1.conv.weight", (256, 512, 3, 1, 1)),
        ("slowonly_r101_ava", "backbone.layer3.22.conv1.conv.weight", (256, 1024, 3, 1, 1)),
        ("slowonly_16x4_tricks_ava", "roi_head.fc_cls.0.weight", (4096, 4096)),
        ("slowonly_16x4_tricks_ava", "roi_head.fc_cls.2.weight", (80, 4096)),
        ("slowfast_kinetics", "head.fc_cls.weight", (400, 2304)),
        ("i3d_roi_kinetics", "roi_head.fc_cls.weight", (400, 1024)),
        (
            "slowonly_nl_ava",
            "backbone.layer3.4.non_local_block.g.0.conv.weight",
            (512, 1024, 1, 1, 1),
        ),
        ("slowfast_r101_nl_pyslowfast_ava", f"{RES4}.6.conv1.conv.weight", (256, 1024, 1, 1, 1)),
        ("slowfast_r101_nl_pyslowfast_ava", f"{RES4}.5.conv1.conv.weight", (256, 1024, 3, 1, 1)),
        ("slowfast_r101_nl_pyslowfast_ava", f"{RES4}.20.non_local_block.theta.conv.bias", (512,)),
        ("tsm_ava", "backbone.layer4.2.conv3.conv.weight", (2048, 512, 1, 1)),
        ("tsn_kinetics", "head.fc_cls.weight", (400, 2048)),
        ("timesformer_ava", "roi_head.fc_cls.weight", (80, 768)),
        ("timesformer_kinetics", "backbone.pos_embed", (1, 197, 768)),
        ("timesformer_joint_kinetics", "backbone.time_embed", (1, 8, 768)),
        ("umt_ava", "backbone.patch_embed.projection.weight", (768, 3, 1, 16, 16)),
        ("umt_large_ava", "roi_head.fc_cls.weight", (80, 1024)),
        ("videomae_large_ava", "backbone.pos_embed", (1, 1568, 1024)),
        ("videomae_large_ava", "backbone.layers.23.ffns.0.layers.0.0.weight", (4096, 1024)),
        ("videomae_small_kinetics", "head.fc_cls.weight", (400, 384)),
        ("videomae_authors_ava", "backbone.patch_embed.projection.weight", (768, 3, 2, 16, 16)),
    ],
)
def test_weights_have_the_published_shapes(name, key, shape):
    with torch.device("meta"):
        state = MODELS.build(read_config(name).model).state_dict()
    assert tuple(state[key].shape) == shape


@pytest.mark.parametrize("name", ["slowfast_8x8_pytorchvideo_ava", "slow_4x16_pytorchvideo_ava"])
def test_pytorchvideo_models_score_actors_and_normalise_to_the_same_grey(name):
    config = read_config(name)
    model = build_model(name)
    frames = config.val_dataloader.dataset.window.num_frames
    # 0.45 of 255 is the mean, 0.225 the deviation: 0 becomes -2.
    clips = model.data_preprocessor.normalise(torch.zeros(1, frames, 64, 64, 3, dtype=torch.uint8))
    torch.testing.assert_close(clips, torch.full((1, 3, frames, 64, 64), -2.0))
    with torch.inference_mode():
        (logits,) = model.score_actors(clips, [torch.tensor([[4.0, 4.0, 60.0, 60.0]])])
    assert logits.shape == (1, 80)
    assert logits.isfinite().all()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("tsm_ava", {"depth": 18, "base_channels": 16}),
        ("timesformer_ava", {"embed_dims": 48, "num_heads": 3, "num_layers": 2}),
    ],
)
@torch.inference_mode()
def test_frames_and_tokens_serve_the_detector(name, options):
    config = read_config(name).model
    config.backbone.update(options)
    config.roi_head.update(in_channels=128 if name == "tsm_ava" else 48)
    torch.manual_seed(0)
    model = MODELS.build(config).eval()
    clips = torch.zeros(2, 3, 8, 64, 96)
    boxes = [torch.tensor([[0.0, 0, 32, 64], [64, 0, 96, 64]]), torch.zeros(0, 4)]
    assert model.backbone(clips)[0].shape[2:] == (8, 4, 6)
    # Where there is something, the actor there scores otherwise than the one elsewhere.
    clips[0, :, :, :, 64:] = torch.randn(3, 8, 64, 32)
    before = model.score_actors(clips, boxes)
    assert [one.shape for one in before] == [(2, 80), (0, 80)]
    assert not torch.allclose(before[0][0], before[0][1], atol=1e-4)
    scores = model.probabilities(before[0])
    # In bfloat16 the scores stay, and so does the layout of 2D kernels.
    prepare_for_inference(model, torch.bfloat16)
    after = model.probabilities(model.score_actors(clips.bfloat16(), boxes)[0])
    torch.testing.assert_close(after, scores, atol=0.03, rtol=0)


@pytest.mark.parametrize("name", ["tsm_kinetics", "timesformer_kinetics"])
@torch.inference_mode()
def test_recognizers_score_in_bfloat16(name):
    config = read_config(name).model
    frames = name == "tsm_kinetics"
    small = {"embed_dims": 48, "num_heads": 3, "num_layers": 2}
    config.backbone.update({"depth": 18, "base_channels": 16} if frames else small)
    config.head.update(in_channels=128 if frames else 48)
    torch.manual_seed(0)
    model = MODELS.build(config).eval()
    clips = torch.randn(1, 3, 8, 64, 96)
    before = model.probabilities(model.score_clips(clips))
    prepare_for_inference(model, torch.bfloat16)
    after = model.probabilities(model.score_clips(clips.bfloat16()))
    torch.testing.assert_close(after, before, atol=0.01, rtol=0)


def test_models_are_found_by_name_too():
    config = Config(
        {
            "type": "Recognizer",
            "backbone": {"type": "ResNet3d", "depth": 18, "base_channels": 4},
            "head": {"type": "ClipHead", "in_channels": 32, "num_classes": 5},
            "data_preprocessor": {"type": "ClipPreprocessor", "mean": [0, 0, 0], "std": [1, 1, 1]},
        }
    )
    assert isinstance(MODELS.build(config), Recognizer)
