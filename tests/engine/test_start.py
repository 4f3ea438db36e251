"""Start weights: what fits is loaded, the rest is told."""

import re

import pytest
import torch
import torchvision

from stad import zoo
from stad.engine.run import RunOptions, train
from stad.engine.start import load_start_weights
from stad.errors import InputError
from stad.registry import MODELS
from stad.zoo import load_weights
from stad.zoo.mapping import map_available
from tests.datasets.tiny_ava import changes_for, write_tiny_ava
from tests.golden import golden
from tests.models.configs import CONFIGS, read_config
from tests.zoo.names import pyslowfast


def model(name="slowonly_ava", **head):
    config = read_config(name).model
    config.backbone.update(depth=18, base_channels=4)
    config[("roi_head" if "roi_head" in config else "head")].update(in_channels=32, **head)
    return MODELS.build(config)


def test_a_recognizer_gives_a_detector_its_backbone(tmp_path):
    recognizer = model("slowonly_kinetics")
    path = tmp_path / "kinetics.pth"
    # As mmaction2 names the head.
    state = {k.replace("head.", "cls_head."): v for k, v in recognizer.state_dict().items()}
    torch.save({"meta": {}, "state_dict": state}, path)
    detector = model()
    report = load_start_weights(detector, str(path))
    assert torch.equal(detector.backbone.conv1.conv.weight, recognizer.backbone.conv1.conv.weight)
    total = len(detector.state_dict())
    assert f"{total - 2} of {total} loaded" in report
    assert "not in the file: roi_head.fc_cls.weight, roi_head.fc_cls.bias;" in report
    assert "not used: cls_head.fc_cls.weight, cls_head.fc_cls.bias" in report


def test_a_head_of_other_classes_stays_random(tmp_path):
    old, new = model(), model(num_classes=2)
    torch.save(old.state_dict(), tmp_path / "old.pth")
    before = new.roi_head.fc_cls.weight.clone()
    report = load_start_weights(new, str(tmp_path / "old.pth"))
    assert torch.equal(new.roi_head.fc_cls.weight, before)
    assert torch.equal(new.backbone.conv1.conv.weight, old.backbone.conv1.conv.weight)
    assert "not used: roi_head.fc_cls.weight, roi_head.fc_cls.bias" in report


def test_a_file_in_which_nothing_fits_is_refused(tmp_path):
    torch.save({"fc.weight": torch.zeros(2, 2)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match=r"No weight of .* fits"):
        load_start_weights(model(), str(tmp_path / "other.pth"))


def test_another_network_of_the_same_classes_is_refused(tmp_path):
    other = MODELS.build(read_config("tsn_motion").model)
    torch.save(other.state_dict(), tmp_path / "tsn.pth")
    model = MODELS.build(read_config("slowfast_motion").model)
    before = model.head.fc_cls.bias.clone()
    # Their classifiers have the same bias and another weight.
    with pytest.raises(InputError, match=r"No weight of .* fits the model's backbone"):
        load_start_weights(model, str(tmp_path / "tsn.pth"))
    assert torch.equal(model.head.fc_cls.bias, before)


def test_a_file_that_has_little_of_the_backbone_is_doubted(tmp_path):
    _, path = image_weights(tmp_path)
    model = MODELS.build(read_config("tsn_kinetics").model)
    report = load_start_weights(model, path)
    assert re.match(r"WARNING: only \d+% of the backbone's weights are in the file\.", report)


def published_slowfast(path):
    """A file as mmaction2 publishes SlowFast R50 4x16 of Kinetics, of random weights."""
    torch.manual_seed(2)
    recognizer = MODELS.build(read_config("slowfast_kinetics").model)
    state = {k.replace("head.", "cls_head."): v for k, v in recognizer.state_dict().items()}
    backbone = {key for key in state if key.startswith("backbone.")}
    # The published detector's backbone has the same names.
    keys = golden("slowfast_r50_4x16")["keys"].tolist()
    assert backbone == {key for key in keys if key.startswith("backbone.")}
    torch.save({"meta": {}, "state_dict": state}, path)
    return recognizer, str(path)


def test_slowfast_of_kinetics_gives_the_detector_of_ava_both_pathways(tmp_path):
    recognizer, path = published_slowfast(tmp_path / "slowfast.pth")
    detector = MODELS.build(read_config("slowfast_ava").model)
    report = load_start_weights(detector, path)
    total = len(detector.state_dict())
    assert f"{total - 2} of {total} loaded from {path}" in report
    assert "not in the file: roi_head.fc_cls.weight, roi_head.fc_cls.bias;" in report
    assert report.endswith("not used: cls_head.fc_cls.weight, cls_head.fc_cls.bias")
    found = detector.backbone.state_dict()
    for name, value in recognizer.backbone.state_dict().items():
        assert torch.equal(found[name], value), name


@pytest.mark.slow
def test_a_line_of_the_config_starts_the_detector(tmp_path):
    recognizer, path = published_slowfast(tmp_path / "slowfast.pth")
    data = write_tiny_ava(tmp_path / "tiny")
    changes = changes_for(data) | {
        "start_from": path,
        "model.roi_head.num_classes": 3,
        "train_cfg.max_epochs": 1,
        # Nothing is learnt, so what is saved is what was loaded.
        "optim_wrapper.optimizer.lr": 0.0,
    }
    for split in ("train", "val"):
        loader = f"{split}_dataloader"
        changes |= {
            f"{loader}.num_workers": 0,
            f"{loader}.persistent_workers": False,
            f"{loader}.batch_size": 2,
            f"{loader}.dataset.short_side_px": 48,
            f"{loader}.dataset.excluded": None,
            f"{loader}.dataset.proposals": None,
        }
    changes["train_dataloader.dataset.transform"] = {"scale_px": (48, 60), "crop_px": 48}
    folder = tmp_path / "work"
    train(RunOptions(CONFIGS / "slowfast_ava.py", work_dir=folder, changes=changes))
    (log,) = folder.glob("*/*.log")
    text = log.read_text()
    assert f"loaded from {path}" in text
    assert "not in the file: roi_head.fc_cls.weight, roi_head.fc_cls.bias" in text
    saved = torch.load(folder / "epoch_1.pth", weights_only=True, map_location="cpu")
    weight = saved["state_dict"]["backbone.fast_path.layer4.2.conv3.conv.weight"]
    assert torch.equal(weight, recognizer.backbone.fast_path.layer4[2].conv3.conv.weight)


def image_weights(tmp_path, name="resnet18", **options):
    """A checkpoint as torchvision publishes them, of a small network, and its state."""
    torch.manual_seed(1)
    network = getattr(torchvision.models, name)(**options)
    for key, value in network.state_dict().items():
        if key.endswith("running_mean"):
            value.uniform_(-0.3, 0.3)
    torch.save(network.state_dict(), tmp_path / f"{name}.pth")
    return network.eval(), str(tmp_path / f"{name}.pth")


def frame_model(name, **backbone):
    config = read_config(name).model
    config.backbone.update(depth=18, **backbone)
    config[("roi_head" if "roi_head" in config else "head")].update(in_channels=512)
    return MODELS.build(config).eval()


@pytest.mark.parametrize("name", ["tsn_kinetics", "tsm_kinetics", "tsm_ava", "cnn_lstm_kinetics"])
def test_frame_networks_start_from_images(tmp_path, name):
    network, path = image_weights(tmp_path)
    model = frame_model(name, shift_div=None, spatial_strides=(1, 2, 2, 2))
    report = load_start_weights(model, path)
    head = [key for key in model.state_dict() if not key.startswith("backbone.")]
    total = len(model.state_dict())
    assert f"{total - len(head)} of {total} loaded" in report
    assert "not used: fc.weight, fc.bias" in report
    image = torch.randn(2, 3, 64, 96)
    with torch.inference_mode():
        x = network.maxpool(network.relu(network.bn1(network.conv1(image))))
        expected = network.layer4(network.layer3(network.layer2(network.layer1(x))))
        (maps,) = model.backbone(image[:, :, None])
    torch.testing.assert_close(maps[:, :, 0], expected, atol=1e-4, rtol=0)


def test_every_weight_of_a_resnet50_arrives(tmp_path):
    network, path = image_weights(tmp_path, "resnet50")
    model = MODELS.build(read_config("tsm_kinetics").model)
    report = load_start_weights(model, path)
    total = len(network.state_dict())
    assert f"{total - 2} of {total} loaded" in report
    sums = [sum(v.double().sum() for v in m.state_dict().values()) for m in (network, model)]
    heads = [sum(v.double().sum() for v in m.parameters()) for m in (network.fc, model.head)]
    torch.testing.assert_close(sums[0] - heads[0], sums[1] - heads[1])


@pytest.mark.parametrize("name", ["slowonly_kinetics", "slowonly_ava"])
def test_clip_networks_start_from_inflated_images(tmp_path, name):
    network, path = image_weights(tmp_path)
    model = frame_model(name, inflate=(0, 0, 0, 0), conv1_kernel=(3, 7, 7))
    report = load_start_weights(model, path)
    assert "not used: fc.weight, fc.bias" in report
    # A clip that stands still looks, away from its ends, as its frame does.
    image = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        expected = network.bn1(network.conv1(image)).relu()
        stem = model.backbone.conv1(image[:, :, None].expand(-1, -1, 3, -1, -1))
    torch.testing.assert_close(stem[:, :, 1], expected, atol=1e-4, rtol=0)
    weight = model.backbone.layer4[1].conv2.conv.weight
    torch.testing.assert_close(weight[:, :, 0], network.layer4[1].conv2.weight)


@pytest.mark.parametrize("name", ["slowfast_kinetics", "slowfast_ava"])
def test_slowfast_starts_its_slow_pathway_from_images(tmp_path, name):
    network, path = image_weights(tmp_path, "resnet50")
    model = MODELS.build(read_config(name).model)
    report = load_start_weights(model, path)
    weight = model.backbone.slow_path.layer3[1].conv1.conv.weight
    assert weight.shape[2] == 3
    for step in weight.unbind(2):
        torch.testing.assert_close(step, network.layer3[1].conv1.weight / 3)
    # All that the image network has, behind which laterals put channels that count nothing yet.
    found, _ = map_available(network.state_dict(), model.state_dict())
    missing = [key for key in model.state_dict() if key not in found]
    assert not [key for key in missing if "slow_path" in key and "_lateral" not in key]
    for number, own in ((1, 64), (2, 256), (3, 512), (4, 1024)):
        block = model.backbone.slow_path.stage(number - 1)[0]
        source = getattr(network, f"layer{number}")[0]
        pairs = ((block.conv1, source.conv1), (block.downsample, source.downsample[0]))
        for layer, expected in pairs:
            weight = layer.conv.weight
            torch.testing.assert_close(weight[:, :own].sum(dim=2), expected.weight)
            assert weight.shape[1] == own * 5 // 4
            assert (weight[:, own:] == 0).all()
    assert "not in the file: backbone.fast_path." in report


def test_both_streams_start_from_images(tmp_path):
    network, path = image_weights(tmp_path)
    config = read_config("two_stream_kinetics").model
    for part in ("backbone", "flow_backbone"):
        config[part].update(depth=18)
    for part in ("head", "flow_head"):
        config[part].update(in_channels=512)
    model = MODELS.build(config)
    report = load_start_weights(model, path)
    assert "not in the file: head.fc_cls.weight, head.fc_cls.bias, flow_head.fc_cls" in report
    grey = network.conv1.weight.sum(dim=1) / 20
    for channel in model.flow_backbone.conv1.conv.weight.unbind(1):
        torch.testing.assert_close(channel, grey)
    for stream in (model.backbone, model.flow_backbone):
        weight = stream.layer4[1].conv2.conv.weight
        assert torch.equal(weight, network.layer4[1].conv2.weight)
    # Two tensors: neither stream learns for the other.
    assert weight.data_ptr() != model.backbone.layer4[1].conv2.conv.weight.data_ptr()


def small_slowfast():
    config = read_config("slowfast_kinetics").model
    config.backbone.update(depth=18, base_channels=8, lateral_norm=True)
    config.head.update(in_channels=64 + 8, num_classes=5)
    return MODELS.build(config)


def test_a_head_that_has_slow_before_fast_is_turned(tmp_path):
    torch.manual_seed(3)
    state = {pyslowfast(key): value for key, value in small_slowfast().state_dict().items()}
    torch.save(state, tmp_path / "pyslowfast.pth")
    started, loaded = small_slowfast(), small_slowfast()
    report = load_start_weights(started, str(tmp_path / "pyslowfast.pth"))
    assert "not in the file: nothing; in the file but not used: nothing" in report
    load_weights(loaded, tmp_path / "pyslowfast.pth")
    for name, value in loaded.state_dict().items():
        assert torch.equal(started.state_dict()[name], value), name
    columns = state["head.projection.weight"]
    turned = torch.cat((columns[:, 64:], columns[:, :64]), dim=1)
    assert torch.equal(started.head.fc_cls.weight, turned)


def test_a_flow_network_takes_the_mean_of_the_colours(tmp_path):
    network, path = image_weights(tmp_path)
    model = frame_model("tsn_kinetics", in_channels=20)
    load_start_weights(model, path)
    image = torch.randn(1, 1, 64, 64)
    with torch.inference_mode():
        expected = network.conv1(image.expand(-1, 3, -1, -1))
        found = model.backbone.conv1.conv(image.expand(-1, 20, -1, -1))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_a_timesformer_starts_from_a_transformer_of_images(tmp_path):
    size = {"image_size": 48, "patch_size": 16, "num_layers": 2, "num_heads": 3}
    torch.manual_seed(1)
    network = torchvision.models.VisionTransformer(**size, hidden_dim=24, mlp_dim=96).eval()
    torch.nn.init.normal_(network.class_token)
    torch.save(network.state_dict(), tmp_path / "vit.pth")
    config = read_config("timesformer_kinetics").model
    config.backbone.update(image_size_px=48, embed_dims=24, num_heads=3, num_layers=2)
    config.head.update(in_channels=24)
    model = MODELS.build(config).eval()
    report = load_start_weights(model, str(tmp_path / "vit.pth"))
    # Time's embedding, two last layers of attention in time, and the classifier.
    total = len(model.state_dict())
    assert f"{total - 7} of {total} loaded" in report
    assert "not in the file: backbone.time_embed, backbone.transformer_layers.layers.0." in report
    assert "not used: heads.head.weight, heads.head.bias" in report
    # Time adds nothing yet: a clip is seen as its frames are, by the same weights.
    torch.nn.init.zeros_(model.backbone.time_embed)
    image = torch.randn(2, 3, 48, 48)
    clips = image[:, :, None].expand(-1, -1, 4, -1, -1)
    network.heads = torch.nn.Identity()
    with torch.inference_mode():
        found, expected = model.backbone(clips)[0].flatten(1), network(image)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    first, second = model.backbone.transformer_layers["layers"][1].attentions
    assert torch.equal(first.attn.in_proj_weight, second.attn.in_proj_weight)


def test_image_weights_of_another_network_are_refused(tmp_path):
    _, path = image_weights(tmp_path)
    with pytest.raises(InputError, match=r"No weight of .* fits"):
        load_start_weights(MODELS.build(read_config("c3d_kinetics").model), path)


def test_files_of_one_name_in_two_folders_are_two_in_the_cache(tmp_path, monkeypatch):
    detector = zoo.model_entry("slowfast_r101_8x8_nl_pyslowfast_ava22").weights
    start = read_config("slowfast_r101_nl_pyslowfast_ava").start_from
    assert start["url"].rpartition("/")[2] == detector.file_name
    monkeypatch.setenv("STAD_HOME", str(tmp_path))
    folder = tmp_path / "weights"
    folder.mkdir()
    for name, value in ((detector.file_name, 1.0), (start["saved_as"], 2.0)):
        torch.save(
            {"backbone.conv1.conv.weight": torch.full((4, 3, 1, 7, 7), value)}, folder / name
        )
    small = model()
    load_start_weights(small, start)
    assert small.backbone.conv1.conv.weight.unique().tolist() == [2.0]
