"""Every leaf of configs/ that tags videos states its data, its sizes and its recipe."""

import pytest
import torch
from mmengine.optim import OptimWrapper

from stad.annotations.label_maps import class_names
from stad.datasets.records.dataset import RecordDataset, collate_records
from stad.datasets.records.shard_sampler import ShardSampler
from stad.datasets.synthetic.planted_records import PlantedSettings
from stad.engine.clipping import EachNormWrapper
from stad.engine.sample_schedule import SampleStepLR
from stad.engine.tagging_metric import TaggingMetric
from stad.models.tagger_mixture import MixedVideoTagger
from stad.models.video_tagger import VideoTagger
from stad.registry import MODELS
from tests.models.configs import PLANTED_LEAVES, TAGGER_LEAVES, read_config

# Weights: those of nextvlad_youtube8m and _79m as the paper rounds them, 89 and 79 million, of
# netvlad 297 million, of Paddle's as its own code has them.
WEIGHTS = {
    "mean_pooling_youtube8m": (1024 + 128 + 1) * 3862,
    "netvlad_youtube8m": 297_607_318,
    "nextvlad_79m_youtube8m": 78_643_170,
    "nextvlad_authors_youtube8m": 88_889_378,
    "nextvlad_mix_youtube8m": 3 * 78_643_170 + 2 * 1152 + (1152 + 1) * 3,
    "nextvlad_moe_youtube8m": 88_889_378 + 3862 * (2048 * (5 + 4 - 1) + 4 - 1),
    "nextvlad_paddle_youtube8m": 89_088_550,
    "nextvlad_youtube8m": 88_889_378,
}


@pytest.mark.parametrize("name", TAGGER_LEAVES)
def test_leaf_builds_its_model(name):
    config = read_config(name)
    with torch.device("meta"):
        model = MODELS.build(config.model)
    assert isinstance(model, VideoTagger | MixedVideoTagger)
    assert model.num_classes == 3862
    assert sum(one.numel() for one in model.parameters()) == WEIGHTS[name]
    # The whitening of the RGB features alone is reversed.
    model = MODELS.build({**config.model.get("data_preprocessor", {}), **preprocessor(config)})
    assert (model.scale[:1024] != 1).all()
    assert (model.scale[1024:] == 1).all()
    assert model.scale[0].item() == pytest.approx(14.738506**0.5 + 1e-4)


def preprocessor(config):
    sizes = config.model if "modalities" in config.model else config.model.branch
    return {"type": "FeaturePreprocessor", "modalities": sizes.modalities}


@pytest.mark.parametrize("name", TAGGER_LEAVES)
def test_leaf_reads_records_of_its_modalities(name):
    config = read_config(name)
    sizes = config.model if "modalities" in config.model else config.model.branch
    wanted = [(one.name, one.channels) for one in sizes.modalities]
    assert wanted == [("rgb", 1024), ("audio", 128)]
    for part, loader in (("train", config.train_dataloader), ("validate", config.val_dataloader)):
        data = loader.dataset
        assert (data.type, data.label_map, data.max_frames) == (RecordDataset, "youtube8m", 300)
        assert data.records == f"data/youtube8m/frame/{part}*.tfrecord"
        assert [(one.name, one.channels) for one in data.modalities] == wanted
        assert loader.sampler.type is ShardSampler
        assert loader.sampler.shuffle is (part == "train")
        assert loader.collate_fn == {"type": collate_records}
    assert config.val_dataloader.sampler.pad is False
    assert config.val_evaluator.type is TaggingMetric
    assert config.default_hooks.checkpoint.best_metric == "gap"


def test_the_published_recipe():
    config = read_config("nextvlad_youtube8m")
    assert config.train_dataloader.batch_size == 160
    assert config.train_cfg.max_epochs == 5
    assert config.optim_wrapper == {
        "type": EachNormWrapper,
        "optimizer": {"type": torch.optim.Adam, "lr": 2e-4},
        "each_norm": 1.0,
    }
    (schedule,) = config.param_scheduler
    assert schedule == {"type": SampleStepLR, "every_samples": 2_000_000, "gamma": 0.8}
    model = config.model
    assert (model.dropout, model.hidden, model.gating_reduction) == (0.5, 2048, 8)
    assert model.head.l2_penalty == 1e-5
    assert "auto_scale_lr" not in config


def test_what_the_variants_change():
    authors, paddle = (read_config(f"nextvlad_{one}_youtube8m") for one in ("authors", "paddle"))
    assert authors.model.variant == "authors"
    assert authors.model.data_preprocessor.pad_to == 300
    assert paddle.model.variant == "paddle"
    assert paddle.model.loss.epsilon == 0
    assert paddle.optim_wrapper.type is OptimWrapper
    assert "clip_grad" not in paddle.optim_wrapper
    audio = paddle.model.modalities[1].aggregator
    assert (audio.clusters, audio.groups) == (128, 8)
    mix = read_config("nextvlad_mix_youtube8m")
    assert (mix.model.temperature, mix.model.distillation_weight) == (3, 9)
    assert mix.param_scheduler[0].every_samples == 2_500_000
    assert mix.train_cfg.max_epochs == 15
    # Leaves do not change what they are made of.
    assert read_config("nextvlad_79m_youtube8m").param_scheduler[0].every_samples == 2_000_000
    assert "variant" not in read_config("nextvlad_youtube8m").model


@pytest.mark.parametrize("name", PLANTED_LEAVES)
def test_leaf_of_made_up_records(name):
    config = read_config(name)
    model = MODELS.build(config.model)
    assert model.num_classes == len(class_names("planted")) == PlantedSettings().num_labels
    for loader, part in ((config.train_dataloader, "train"), (config.val_dataloader, "val")):
        data = loader.dataset
        assert data.records == f"data/planted/{part}*.tfrecord"
        channels = {one.name: one.channels for one in data.modalities}
        assert channels == {"rgb": PlantedSettings().rgb, "audio": PlantedSettings().audio}
        assert [one.channels for one in config.model.modalities] == list(channels.values())
