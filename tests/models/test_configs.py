"""Every leaf of configs/ that takes clips states its data, window and recipe, and can be built."""

import re

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import CosineAnnealingLR, MultiStepLR

from stad.models.action_detector import ActionDetector
from stad.models.fast_inference import prepare_for_inference
from stad.models.losses import MultiLabelLoss
from stad.models.recognizer import Recognizer
from stad.registry import MODELS
from stad.video.window import Window
from tests.models.configs import LEAVES, build_model, read_config

NUM_CLASSES = {"ava": 80, "kinetics400": 400, "motion": 10, "poses": 12, "synthetic": 11}

# Frames, interval (at 30 per second), short side and label map of each family, by the last part of
# its names, and of the leaves that differ.
FAMILIES = {
    "ava": (32, 2, 256, "ava"),
    "kinetics": (32, 2, 256, "kinetics400"),
    "motion": (32, 1.875, 64, "motion"),
    "poses": (5, 12, 480, "poses"),
    "synthetic": (32, 2, 88, "synthetic"),
}
WINDOWS = {
    "c3d_kinetics": (16, 2, 112, "kinetics400"),
    "cnn_lstm_kinetics": (16, 4, 256, "kinetics400"),
    "i3d_crops_poses": (8, 3.75, 480, "poses"),
    "i3d_kinetics": (64, 1.2, 224, "kinetics400"),
    "i3d_roi_kinetics": (32, 2.4, 256, "kinetics400"),
    "mc3_kinetics": (16, 2, 128, "kinetics400"),
    "r2plus1d_kinetics": (16, 2, 128, "kinetics400"),
    "r3d_kinetics": (16, 2, 128, "kinetics400"),
    "s3d_kinetics": (64, 2, 256, "kinetics400"),
    "slow_4x16_pytorchvideo_ava": (4, 16, 256, "ava"),
    "slowfast_r101_nl_16x8_pyslowfast_ava": (64, 2, 256, "ava"),
    "slowonly_16x4_tricks_ava": (16, 4, 256, "ava"),
    "slowonly_4x16_ava": (4, 16, 256, "ava"),
    "slowonly_4x16_k400_ava": (4, 16, 256, "ava"),
    "slowonly_8x8_ava": (8, 8, 256, "ava"),
    "slowonly_8x8_context_ava": (8, 8, 256, "ava"),
    "slowonly_8x8_context_tmax_ava": (8, 8, 256, "ava"),
    "slowonly_8x8_context_tmax_mlp_ava": (8, 8, 256, "ava"),
    "slowonly_8x8_k400_ava": (8, 8, 256, "ava"),
    "slowonly_8x8_tricks_ava": (8, 8, 256, "ava"),
    "slowonly_ava": (4, 16, 256, "ava"),
    "slowonly_k700_ava": (4, 16, 256, "ava"),
    "slowonly_kinetics": (4, 16, 256, "kinetics400"),
    "slowonly_motion": (4, 15, 64, "motion"),
    "slowonly_nl_8x8_ava": (8, 8, 256, "ava"),
    "slowonly_nl_ava": (4, 16, 256, "ava"),
    "slowonly_r101_ava": (8, 8, 256, "ava"),
    "slowonly_synthetic": (4, 16, 88, "synthetic"),
    "timesformer_authors_kinetics": (8, 32, 224, "kinetics400"),
    "timesformer_ava": (8, 8, 256, "ava"),
    "timesformer_joint_kinetics": (8, 32, 224, "kinetics400"),
    "timesformer_kinetics": (8, 32, 224, "kinetics400"),
    "timesformer_spaceonly_kinetics": (8, 32, 224, "kinetics400"),
    "tsm_1x1x16_kinetics": (16, 18.75, 256, "kinetics400"),
    "tsm_ava": (8, 8, 256, "ava"),
    "tsm_kinetics": (8, 37.5, 256, "kinetics400"),
    "tsm_motion": (8, 7.5, 64, "motion"),
    "tsm_nl_dot_product_kinetics": (8, 37.5, 256, "kinetics400"),
    "tsm_nl_kinetics": (8, 37.5, 256, "kinetics400"),
    "tsm_online_kinetics": (8, 37.5, 256, "kinetics400"),
    "tsm_online_motion": (8, 7.5, 64, "motion"),
    "tsn_1x1x8_kinetics": (8, 37.5, 256, "kinetics400"),
    "tsn_kinetics": (3, 100, 256, "kinetics400"),
    "tsn_motion": (8, 7.5, 64, "motion"),
    "two_stream_kinetics": (11, 1, 224, "kinetics400"),
}


def family(name):
    """The last part of a leaf's name, without the version of AVA."""
    return name.split("_")[-1].removesuffix("21")


@pytest.mark.parametrize("name", LEAVES)
def test_leaf_states_its_window(name):
    dataset = read_config(name).val_dataloader.dataset
    frames, interval, short_side_px, label_map = WINDOWS.get(name) or FAMILIES[family(name)]
    assert dataset.window == {"type": Window, "num_frames": frames, "interval_frames": interval}
    assert (dataset.short_side_px, dataset.label_map) == (short_side_px, label_map)


@pytest.mark.parametrize("name", LEAVES)
def test_leaf_builds_with_the_classes_of_its_label_map(name):
    config = read_config(name)
    with torch.device("meta"):
        model = MODELS.build(config.model)
    assert isinstance(model, ActionDetector | Recognizer)
    assert model.num_classes == NUM_CLASSES[config.val_dataloader.dataset.label_map]


AVA_LEAVES = [name for name in LEAVES if family(name) == "ava"]


def test_only_leaves_that_differ_are_listed():
    assert set(WINDOWS) <= set(LEAVES)
    assert not [name for name, window in WINDOWS.items() if window == FAMILIES.get(family(name))]



@pytest.mark.parametrize("name", [*AVA_LEAVES, "slowfast_synthetic", "slowonly_synthetic"])
def test_training_cuts_the_windows_of_evaluation_but_for_the_jitter(name):
    config = read_config(name)
    train, val = config.train_dataloader.dataset, config.val_dataloader.dataset
    # mmaction2 jitters the frames of training clips; PySlowFast and UMT do not, nor do rendered
    # people.
    jitters = name in AVA_LEAVES and not re.search("pytorchvideo|pyslowfast|umt|authors", name)
    assert train.window.get("jitter", False) is jitters
    assert "jitter" not in val.window
    assert {**train.window, "jitter": None} == {**val.window, "jitter": None}
    assert train.label_map == val.label_map
    assert train.window["type"] is Window
    if name in AVA_LEAVES:
        # One rate for each number of clips per step; a transformer takes a smaller one.
        rate = 0.01 if name == "timesformer_ava" else 0.2
        assert config.optim_wrapper.optimizer.lr == rate
        assert config.auto_scale_lr == {"enable": True, "base_batch_size": 128}


@pytest.mark.parametrize("name", [n for n in LEAVES if n.endswith(("_kinetics", "_motion"))])
def test_recognizers_cut_the_clips_of_evaluation(name):
    config = read_config(name)
    train, val = config.train_dataloader.dataset, config.val_dataloader.dataset
    assert train.window == val.window
    assert train.get("sampling") == val.get("sampling")
    assert train.label_map == val.label_map
    segments = name.startswith(("tsn", "tsm"))
    assert val.get("sampling", "dense") == ("segments" if segments else "dense")
    # The square of a test is that of training, or what surrounds it.
    assert train.transform.get("crop_px", 224) <= val.crop_px <= val.short_side_px
    assert train.transform.get("flip", 0.5) == (0.0 if name.endswith("_motion") else 0.5)
    if name != "i3d_roi_kinetics":
        assert config.default_hooks.checkpoint.best_metric == "top1"


@pytest.mark.parametrize(
    ("name", "epochs", "rate", "per_clips"),
    [
        ("tsn_kinetics", 90, 0.01, 256),
        ("two_stream_kinetics", 90, 0.01, 256),
        ("tsm_kinetics", 50, 0.01, 64),
        ("tsm_1x1x16_kinetics", 50, 0.01, 64),
        ("timesformer_spaceonly_kinetics", 15, 0.005, 64),
        ("slowfast_kinetics", 256, 0.1, 64),
        ("i3d_kinetics", 256, 0.1, 64),
    ],
)
def test_recognizers_state_their_schedule(name, epochs, rate, per_clips):
    config = read_config(name)
    assert config.train_cfg.max_epochs == epochs
    assert config.optim_wrapper.optimizer.lr == rate
    assert config.auto_scale_lr == {"enable": True, "base_batch_size": per_clips}


@pytest.mark.parametrize(
    ("name", "batch", "epochs", "version", "start"),
    [
        ("slowfast_ava", 16, 20, "2.1", "20200704-bcde7ed7"),
        ("slowfast_context_ava", 16, 20, "2.1", "20200704-bcde7ed7"),
        ("slowfast_8x8_ava", 6, 10, "2.2", "20200716-73547d2b"),
        ("slowfast_8x8_tmax_focal_ava", 6, 10, "2.2", "20200716-73547d2b"),
        ("slowfast_8x8_ava21", 8, 20, "2.1", "20200716-73547d2b"),
        ("slowfast_acrn_ava", 8, 10, "2.2", "20200716-73547d2b"),
        ("slowfast_acrn_ava21", 8, 10, "2.1", "20200716-73547d2b"),
        ("slowonly_ava", 16, 20, "2.1", "20220901-e7b65fad"),
        ("slowonly_r101_ava", 16, 20, "2.1", "20200926-0c730aef"),
        ("slowonly_8x8_ava", 8, 10, "2.2", "kinetics700-rgb_20221013-15b93b10"),
        ("slowonly_16x4_tricks_ava", 8, 10, "2.2", "kinetics700-rgb_20221013-15b93b10"),
        ("slowonly_8x8_context_tmax_mlp_ava", 8, 10, "2.2", "kinetics700-rgb_20221013-15b93b10"),
        ("slowonly_8x8_k400_ava", 8, 10, "2.2", "kinetics400-rgb_20220901-df42dc84"),
        ("slowonly_4x16_ava", 8, 10, "2.2", "kinetics700-rgb_20221013-98b1b0a7"),
        ("slowonly_4x16_k400_ava", 8, 10, "2.2", "20220901-e7b65fad"),
        ("slowonly_k700_ava", 16, 20, "2.1", "kinetics700-rgb_20221013-98b1b0a7"),
        ("slowonly_nl_ava", 16, 20, "2.1", "20210308-0d6e5a69"),
        ("slowonly_nl_8x8_ava", 16, 20, "2.1", "20210308-e8dd9e82"),
        ("slowfast_r101_nl_pyslowfast_ava", 2, 20, "2.2", "pretrain/SLOWFAST_32x2_R101_50_50.pkl"),
        ("slowfast_r101_nl_pyslowfast_ava21", 2, 20, "2.1", "SLOWFAST_32x2_R101_50_50_v2.1.pkl"),
        ("slowfast_r101_nl_16x8_pyslowfast_ava", 2, 20, "2.2", "SLOWFAST_64x2_R101_50_50.pkl"),
        ("slowfast_8x8_pytorchvideo_ava", 8, 20, "2.2", "slowfast_r50_8x8_pyslowfast_k400"),
        ("slow_4x16_pytorchvideo_ava", 8, 20, "2.2", "SLOW_4x16_R50.pyth"),
        ("timesformer_ava", 8, 20, "2.1", "timesformer_divst_8x32_k400"),
        ("tsm_ava", 16, 20, "2.1", "tsm_r50_1x1x8_k400"),
    ],
)
def test_leaf_states_the_published_recipe(name, batch, epochs, version, start):
    config = read_config(name)
    assert config.train_dataloader.batch_size == batch
    assert config.train_cfg.max_epochs == epochs
    for loader in (config.train_dataloader, config.val_dataloader):
        assert loader.dataset.annotations.endswith(f"v{version}.csv")
        assert loader.dataset.excluded.endswith(f"v{version}.csv")
    found = config.start_from
    assert start in (found if isinstance(found, str) else found["url"])
    # Ten epochs are a cosine, twenty are two steps.
    kind = CosineAnnealingLR if epochs == 10 else MultiStepLR
    assert config.param_scheduler[1]["type"] is kind


@pytest.mark.parametrize("name", AVA_LEAVES)
def test_start_weights_of_a_url_have_the_hash_in_its_name(name):
    start = read_config(name).start_from
    if isinstance(start, dict) and start["url"].endswith(".pth"):
        assert start["url"].endswith(f"-{start['sha256']}.pth")


def test_the_published_losses_and_data_of_ava_kinetics():
    plain, tricks = read_config("slowonly_8x8_ava"), read_config("slowonly_16x4_tricks_ava")
    assert "loss" not in plain.model
    assert tricks.model.loss == {"type": MultiLabelLoss, "focal_gamma": 1}
    head = {key: tricks.model.roi_head[key] for key in ("context", "temporal_pool", "mlp")}
    assert head == {"context": True, "temporal_pool": "max", "mlp": True}
    for config in (plain, tricks):
        train, val = config.train_dataloader.dataset, config.val_dataloader.dataset
        assert train.annotations == "data/ava_kinetics/annotations/ava_kinetics_train_v2.2.csv"
        assert (train.videos, val.videos) == ("data/ava_kinetics/videos", "data/ava/videos")
    assert "context" not in plain.model.roi_head


@pytest.mark.parametrize(
    ("name", "window", "average"),
    [
        ("slowfast_pyslowfast_kinetics", (None, 7, 7), "scores"),
        ("slowfast_8x8_pyslowfast_kinetics", (None, 7, 7), "scores"),
        ("slowfast_8x8_pytorchvideo_kinetics", (None, 7, 7), "logits"),
        ("slowfast_kinetics", None, "logits"),
    ],
)
def test_recognizers_pool_as_their_owners_do(name, window, average):
    head = read_config(name).model.head
    assert (head.get("pool_window"), head.get("average", "logits")) == (window, average)


def test_a_leaf_does_not_change_its_parent():
    read_config("slowfast_acrn_ava")
    assert "shared_head" not in read_config("slowfast_8x8_ava").model.roi_head


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
        ("tsm_ava", "backbone.layer4.2.conv3.conv.weight", (2048, 512, 1, 1)),
        ("tsn_kinetics", "head.fc_cls.weight", (400, 2048)),
        ("timesformer_ava", "roi_head.fc_cls.weight", (80, 768)),
        ("timesformer_kinetics", "backbone.pos_embed", (1, 197, 768)),
        ("timesformer_joint_kinetics", "backbone.time_embed", (1, 8, 768)),
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
