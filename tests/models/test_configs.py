"""Every leaf of configs/ that takes clips states its data, window and recipe, and can be built."""

import re

import pytest
import torch
from mmengine.optim import CosineAnnealingLR, MultiStepLR
from torch.optim import AdamW

from stad.engine.layer_decay import LayerDecay
from stad.models.action_detector import ActionDetector
from stad.models.losses import MultiLabelLoss
from stad.models.recognizer import Recognizer
from stad.registry import MODELS
from stad.video.window import Window
from tests.models.configs import LEAVES, read_config

NUM_CLASSES = {"ava": 80, "kinetics400": 400, "long_context": 6, "motion": 10, "poses": 12}
NUM_CLASSES |= {"synthetic": 11}
# Data sets of tubes have the label map that 'stad prepare' writes.
TUBES = {"ucf101_24": 24, "jhmdb": 21, "multisports": 66}
TUBE_MAPS = {name: f"data/{name}/annotations/label_map.txt" for name in TUBES}
TUBE_MAPS["multisports"] = "multisports"
NUM_CLASSES |= {TUBE_MAPS[name]: number for name, number in TUBES.items()}

# Frames, interval (at 30 per second), short side and label map of each family, by the last part of
# its names, and of the leaves that differ.
FAMILIES = {
    "ava": (32, 2, 256, "ava"),
    "kinetics": (32, 2, 256, "kinetics400"),
    "motion": (32, 1.875, 64, "motion"),
    "poses": (5, 12, 480, "poses"),
    "synthetic": (32, 2, 88, "synthetic"),
    **{name: (32, 2, 256, label_map) for name, label_map in TUBE_MAPS.items()},
}
WINDOWS = {
    "c3d_kinetics": (16, 2, 112, "kinetics400"),
    "cnn_lstm_kinetics": (16, 4, 256, "kinetics400"),
    "hiera_b_ava": (16, 4, 256, "ava"),
    "hiera_b_kinetics": (16, 4, 224, "kinetics400"),
    "hiera_bplus_kinetics": (16, 4, 224, "kinetics400"),
    "hiera_h_kinetics": (16, 4, 224, "kinetics400"),
    "hiera_l_ava": (16, 4, 256, "ava"),
    "hiera_l_kinetics": (16, 4, 224, "kinetics400"),
    "i3d_crops_poses": (8, 3.75, 480, "poses"),
    "i3d_kinetics": (64, 1.2, 224, "kinetics400"),
    "i3d_roi_kinetics": (32, 2.4, 256, "kinetics400"),
    "long_context_synthetic": (4, 15, 64, "long_context"),
    "mc3_kinetics": (16, 2, 128, "kinetics400"),
    "mvit_v1_b_ava": (16, 4, 256, "ava"),
    "mvit_v1_b_kinetics": (16, 4, 256, "kinetics400"),
    "mvit_v2_s_ava": (16, 4, 256, "ava"),
    "mvit_v2_s_kinetics": (16, 4, 256, "kinetics400"),
    "r2plus1d_kinetics": (16, 2, 128, "kinetics400"),
    "r3d_kinetics": (16, 2, 128, "kinetics400"),
    "s3d_kinetics": (64, 2, 256, "kinetics400"),
    "short_context_synthetic": (4, 15, 64, "long_context"),
    "slow_4x16_pytorchvideo_ava": (4, 16, 256, "ava"),
    "slowfast_r101_nl_16x8_pyslowfast_ava": (64, 2, 256, "ava"),
    "slowonly_16x4_tricks_ava": (16, 4, 256, "ava"),
    # 16 and 2 frames of 25 a second.
    "slowfast_4x16_multisports": (32, 2.4, 256, "multisports"),
    "slowonly_4x16_multisports": (4, 19.2, 256, "multisports"),
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
    "umt_ava": (8, 8, 256, "ava"),
    "umt_large_ava": (8, 8, 256, "ava"),
    "videomae_authors_ava": (16, 4, 256, "ava"),
    "videomae_ava": (16, 4, 256, "ava"),
    "videomae_kinetics": (16, 4, 224, "kinetics400"),
    "videomae_large_ava": (16, 4, 256, "ava"),
    "videomae_large_kinetics": (16, 4, 224, "kinetics400"),
    "videomae_small_ava": (16, 4, 256, "ava"),
    "videomae_small_kinetics": (16, 4, 224, "kinetics400"),
    "x3d_l_kinetics": (16, 5, 356, "kinetics400"),
    "x3d_m_ava": (16, 5, 256, "ava"),
    "x3d_m_kinetics": (16, 5, 256, "kinetics400"),
    "x3d_m_pyslowfast_kinetics": (16, 5, 256, "kinetics400"),
    "x3d_s_kinetics": (13, 6, 182, "kinetics400"),
    "x3d_xs_kinetics": (4, 12, 182, "kinetics400"),
}


def family(name):
    """The last part of a leaf's name, without the version of AVA."""
    if name.endswith("_ucf101_24"):
        return "ucf101_24"
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
# Clips per step, rate, decay of the rate towards the input, skipped branches, epochs.
VITS = {
    "umt_ava": (128, 2.5e-4, 0.75, 0.2, 30),
    "umt_large_ava": (128, 2.5e-4, 0.85, 0.4, 25),
    "videomae_ava": (64, 1.25e-4, 0.75, 0.2, 20),
    "videomae_large_ava": (64, 2.5e-4, 0.8, 0.2, 20),
    "videomae_authors_ava": (128, 2.5e-4, 0.75, 0.2, 30),
    "videomae_small_ava": (64, 1.25e-4, 0.75, 0.1, 20),
}


@pytest.mark.parametrize("name", VITS)
def test_transformers_state_the_published_recipe(name):
    config = read_config(name)
    clips, rate, decay, drop_path, epochs = VITS[name]
    wrapper, optimizer = config.optim_wrapper, config.optim_wrapper.optimizer
    assert config.auto_scale_lr == {"enable": True, "base_batch_size": clips}
    assert (optimizer.type, optimizer.lr, optimizer.weight_decay) == (AdamW, rate, 0.05)
    assert tuple(optimizer.betas) == (0.9, 0.999)
    assert wrapper.constructor is LayerDecay
    assert wrapper.paramwise_cfg == {"layer_decay": decay}
    assert config.model.backbone.drop_path == drop_path
    assert config.train_cfg.max_epochs == epochs
    warm_up, cosine = config.param_scheduler
    assert (warm_up["end"], cosine["begin"], cosine["end"]) == (5, 5, epochs)
    assert cosine["T_max"] == epochs - 5
    assert config.train_dataloader.dataset.transform.crop_px == 224


def test_umt_and_the_authors_of_videomae_evaluate_by_their_rules():
    for name in ("umt_ava", "umt_large_ava", "videomae_authors_ava"):
        config = read_config(name)
        assert config.model.times_person_score is True
        head, data = config.model.roi_head, config.val_dataloader.dataset
        assert (tuple(head.enlarge), head.roi_size, head.aligned) == ((0.1, 0.05), 7, False)
        assert (config.model.backbone.border, config.model.backbone.positions) == ("pad", "sine")
        assert (data.min_score, data.keep_best) == (0.8, False)
    assert "times_person_score" not in read_config("videomae_ava").model


def test_only_leaves_that_differ_are_listed():
    assert set(WINDOWS) <= set(LEAVES)
    assert not [name for name, window in WINDOWS.items() if window == FAMILIES.get(family(name))]


SYNTHETIC_LEAVES = [name for name in LEAVES if family(name) == "synthetic"]


@pytest.mark.parametrize("name", [*AVA_LEAVES, *SYNTHETIC_LEAVES])
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
    if name.startswith(("hiera", "mvit", "swin3d")):
        assert config.auto_scale_lr == {"enable": True, "base_batch_size": 64}
    elif name in AVA_LEAVES and name not in VITS:
        # One rate for each number of clips per step; a transformer takes a smaller one.
        rate = 0.01 if name == "timesformer_ava" else 0.2
        assert config.optim_wrapper.optimizer.lr == rate
        assert config.auto_scale_lr == {"enable": True, "base_batch_size": 128}


@pytest.mark.parametrize("name", [n for n in LEAVES if family(n) in TUBES])
def test_leaves_of_tubes_train_and_evaluate_on_one_data_set(name):
    config, folder = read_config(name), f"data/{family(name)}"
    train, val = config.train_dataloader.dataset, config.val_dataloader.dataset
    assert {**train.window, "jitter": None} == {**val.window, "jitter": None}
    for dataset, file in ((train, "train_1.csv"), (val, "test_1.csv")):
        assert dataset.annotations == f"{folder}/annotations/{file}"
        assert dataset.videos.startswith(folder)
        assert (dataset.label_map, dataset.proposals) == (TUBE_MAPS[family(name)], None)
    protocol = "multisports" if family(name) == "multisports" else "act"
    evaluator = config.val_evaluator
    assert evaluator["tubes"] == f"{folder}/annotations/tubes.json"
    assert evaluator.get("protocol", "act") == protocol
    assert config.model.roi_head.multilabel is False


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
        ("x3d_xs_kinetics", 300, 0.1, 128),
        ("x3d_m_kinetics", 300, 0.1, 128),
        ("x3d_l_kinetics", 256, 0.05, 64),
        ("ircsn_r101_pytorchvideo_kinetics", 256, 0.1, 64),
        ("ircsn_r50_kinetics", 58, 5e-4, 96),
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
        ("hiera_b_ava", 8, 30, "2.2", "hiera_b_16x224_k400"),
        ("hiera_l_ava", 8, 30, "2.2", "hiera_l_16x224_k400"),
        ("ircsn_r50_ava", 8, 10, "2.2", "ircsn_r50_ig65m_k400"),
        ("ircsn_r152_ava", 8, 10, "2.2", "ircsn_r152_ig65m_k400"),
        ("mvit_v1_b_ava", 8, 30, "2.2", "mvit_v1_b_k400"),
        ("mvit_v2_s_ava", 8, 30, "2.2", "mvit_v2_s_k400"),
        ("swin3d_t_ava", 8, 30, "2.2", "swin3d_t_k400"),
        ("swin3d_b_ava", 8, 30, "2.2", "swin3d_b_22k_k400"),
        ("tsm_ava", 16, 20, "2.1", "tsm_r50_1x1x8_k400"),
        ("umt_ava", 8, 30, "2.2", "data/weights/b16_ptk710_ftk710_f8_res224.pth"),
        ("umt_large_ava", 8, 25, "2.2", "data/weights/l16_ptk710_ftk710_f8_res224.pth"),
        ("videomae_ava", 8, 20, "2.2", "videomae_vit_b16_k400"),
        ("videomae_large_ava", 8, 20, "2.2", "videomae_vit_l16_k400"),
        ("videomae_small_ava", 8, 20, "2.2", "videomae2_vit_s16_k400"),
        ("x3d_m_ava", 8, 10, "2.2", "x3d_m_k400"),
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
    # Ten epochs are a cosine, thirty too, twenty are two steps; plain transformers always take a
    # cosine.
    kind = MultiStepLR if epochs == 20 and name not in VITS else CosineAnnealingLR
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
        ("ircsn_r101_pytorchvideo_kinetics", (None, 7, 7), "logits"),
        # Crops of 160, 224 and 312 pixels.
        ("x3d_xs_kinetics", (None, 5, 5), "scores"),
        ("x3d_m_kinetics", (None, 7, 7), "scores"),
        ("x3d_l_kinetics", (None, 10, 10), "scores"),
        ("slowfast_kinetics", None, "logits"),
    ],
)
def test_recognizers_pool_as_their_owners_do(name, window, average):
    head = read_config(name).model.head
    assert (head.get("pool_window"), head.get("average", "logits")) == (window, average)


@pytest.mark.parametrize(("name", "rate"), [("slowonly", 0.2), ("slowfast", 0.01125)])
def test_multisports_is_trained_as_published(name, rate):
    config = read_config(f"{name}_4x16_multisports")
    train, val = config.train_dataloader.dataset, config.val_dataloader.dataset
    assert train.window == {**val.window, "jitter": True}
    assert (config.train_cfg.max_epochs, config.param_scheduler[1]["milestones"]) == (8, [6, 7])
    wrapper = config.optim_wrapper
    assert (wrapper.optimizer.lr, wrapper.clip_grad.max_norm) == (rate, 5)
    assert config.model.roi_head.multilabel is False
    assert (train.proposals, val.excluded) == (None, None)


def test_a_leaf_does_not_change_its_parent():
    read_config("slowfast_acrn_ava")
    assert "shared_head" not in read_config("slowfast_8x8_ava").model.roi_head
