"""Files of networks with the same shapes: what they record is compared with the model."""

import logging
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger

from stad import zoo
from stad.engine.start import load_start_weights
from stad.errors import InputError
from stad.registry import MODELS
from stad.zoo import recorded
from stad.zoo.checkpoint import Checkpoint, open_checkpoint
from stad.zoo.recorded import background_row, non_local_mode
from tests.models.configs import read_config
from tests.zoo.names import mmaction2

MMACTION_NL = """model = dict(type='Recognizer2D', backbone=dict(type='ResNetTSM',
    non_local=((0, 0, 0), (1, 0, 1, 0), (1, 0, 1, 0, 1, 0), (0, 0, 0)),
    non_local_cfg=dict(
        sub_sample=True, use_scale=False,
        norm_cfg=dict(type='BN3d', requires_grad=True), mode='{mode}')))"""
MMACTION_HEAD = """bbox_head=dict(
            type='BBoxHeadAVA',{background}
            in_channels=2048,
            num_classes=66,
            multilabel={multilabel},"""


def tiny_tsm(mode="embedded_gaussian", *, shift_div=8, blocks=((), (0,), (0,), ())):
    return MODELS.build(
        {
            "type": "Recognizer",
            "backbone": {
                **{"type": "FrameResNet", "depth": 18, "base_channels": 8},
                **{"shift_div": shift_div, "non_local_mode": mode, "non_local_blocks": blocks},
            },
            "head": {"type": "ClipHead", "in_channels": 64, "num_classes": 3},
            "data_preprocessor": {"type": "ClipPreprocessor", "mean": [0] * 3, "std": [1] * 3},
        }
    )


def save(path, model, *, meta=None, rename=lambda name: name):
    state = {rename(name): value for name, value in model.state_dict().items()}
    torch.save({"meta": meta or {}, "state_dict": state}, path)
    return path


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        (MMACTION_NL.format(mode="dot_product"), "dot_product"),
        (MMACTION_NL.format(mode="embedded_gaussian"), "embedded_gaussian"),
        (MMACTION_NL.format(mode="gaussian"), "gaussian"),
        (MMACTION_NL.format(mode="embedded_gaussian").replace("False", "True"), recorded.SCALED),
        # mmcv's defaults.
        (
            "backbone=dict(non_local=((0, 1),), non_local_cfg=dict(sub_sample=True))",
            recorded.SCALED,
        ),
        ("backbone = dict(non_local_mode='dot_product', depth=50)", "dot_product"),
        ("{'backbone': {'non_local_mode': 'gaussian'}}", "gaussian"),
        ("backbone = dict(non_local_blocks=((), (0, 2)))", "embedded_gaussian"),
        ("NONLOCAL:\n  GROUP: [[1]]\n  INSTANTIATION: dot_product\n", "dot_product"),
        ("NONLOCAL:\n  INSTANTIATION: softmax\n", recorded.SCALED),
    ],
)
def test_the_mode_that_a_config_states(tmp_path, text, mode):
    (tmp_path / "a.pth").write_bytes(b"")
    assert non_local_mode(Checkpoint(tmp_path / "a.pth", {}, text)) == mode


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("tsm_imagenet-pretrained-r50-nl-dot-product_8xb16-1x1x8-50e.pth", "dot_product"),
        ("tsm_imagenet-pretrained-r50-nl-embedded-gaussian_8xb16.pth", "embedded_gaussian"),
        ("tsm_nl_dot_product_r50_1x1x8_50e_kinetics400_rgb_20200724.pth", "dot_product"),
        ("tsm_nl_gaussian_r50_1x1x8.pth", "gaussian"),
        ("slowonly_20220906-5ae3f91b.pth", recorded.SCALED),
        ("mine-108bfde5.pth", "dot_product"),
        ("mine-01234567.pth", None),
        ("my_tsm.pth", None),
    ],
)
def test_the_mode_that_a_file_name_states(tmp_path, name, mode):
    (tmp_path / name).write_bytes(b"")
    assert non_local_mode(Checkpoint(tmp_path / name, {})) == mode


def test_a_known_hash_tells_whatever_the_name_is(tmp_path, monkeypatch):
    path = tmp_path / "nl-embedded-gaussian_.pth"
    path.write_bytes(b"weights")
    monkeypatch.setattr(recorded, "hash_file", lambda _: "108bfde5" + "0" * 56)
    assert non_local_mode(Checkpoint(path, {})) == "dot_product"


@pytest.mark.parametrize("where", ["cfg", "config"])
def test_weights_of_another_mode_are_refused_with_the_way_out(tmp_path, where):
    meta = {where: MMACTION_NL.format(mode="dot_product")}
    path = save(tmp_path / "a.pth", tiny_tsm("dot_product"), meta=meta)
    model = tiny_tsm()
    before = model.head.fc_cls.weight.clone()
    with pytest.raises(InputError) as raised:
        zoo.load_weights(model, path)
    assert "the mode 'dot_product', but the model's are 'embedded_gaussian'" in str(raised.value)
    assert "set model.backbone.non_local_mode=dot_product" in str(raised.value)
    assert torch.equal(model.head.fc_cls.weight, before)
    with pytest.raises(InputError, match="the mode 'dot_product'"):
        load_start_weights(model, str(path))
    zoo.load_weights(tiny_tsm("dot_product"), path)


def test_weights_that_stad_trained_say_their_mode(tmp_path):
    for stated, other in (
        ("dot_product", "embedded_gaussian"),
        ("embedded_gaussian", "dot_product"),
    ):
        config = read_config(
            "tsm_nl_dot_product_kinetics" if stated == "dot_product" else "tsm_nl_kinetics"
        )
        path = save(tmp_path / "a.pth", tiny_tsm(stated), meta={"cfg": config.pretty_text})
        zoo.load_weights(tiny_tsm(stated), path)
        with pytest.raises(InputError, match=f"the mode '{stated}', but the model's are '{other}'"):
            zoo.load_weights(tiny_tsm(other), path)


def test_a_file_without_non_local_blocks_is_not_asked(tmp_path):
    path = save(tmp_path / "nl-dot-product_.pth", tiny_tsm(blocks=((), (), (), ())))
    zoo.load_weights(tiny_tsm(blocks=((), (), (), ())), path)
    assert "loaded" in load_start_weights(tiny_tsm(), str(path))


@pytest.fixture
def warnings(caplog, monkeypatch):
    monkeypatch.setattr(MMLogger.get_current_instance(), "handlers", [caplog.handler])
    caplog.set_level(logging.WARNING)
    return lambda: [record.getMessage() for record in caplog.records]


def test_a_file_that_does_not_say_is_loaded_with_a_warning(tmp_path, warnings):
    zoo.load_weights(tiny_tsm(), save(tmp_path / "own.pth", tiny_tsm("dot_product")))
    (said,) = warnings()
    assert "does not say how its non-local blocks compare places" in said
    assert "taken for 'embedded_gaussian'" in said


def shifted(name):
    return name.replace("conv1.conv.weight", "conv1.conv.net.weight").replace(
        "backbone.conv1.conv.net", "backbone.conv1.conv"
    )


def test_shifted_weights_in_a_network_without_shift_are_refused_and_the_other_way_round(tmp_path):
    plain = tiny_tsm(shift_div=None, blocks=((), (), (), ()))
    shifting = tiny_tsm(blocks=((), (), (), ()))
    path = save(tmp_path / "tsm.pth", shifting, rename=lambda name: shifted(mmaction2(name)))
    with pytest.raises(
        InputError, match=r"shifts channels from both neighbours \(TSM\), but the model does not"
    ):
        zoo.load_weights(plain, path)
    zoo.load_weights(shifting, path)
    path = save(tmp_path / "tsn.pth", plain, rename=mmaction2)
    with pytest.raises(
        InputError, match=r"does not shift channels .*, but the model shifts channels from both"
    ):
        zoo.load_weights(shifting, path)
    zoo.load_weights(plain, path)
    # That is how TSM starts.
    assert "loaded" in load_start_weights(shifting, str(path))


ONLINE = "backbone = dict(type='stad.models.backbones.frame_resnet.FrameResNet', {})"


@pytest.mark.parametrize(
    ("text", "div", "bidirectional", "said"),
    [
        (ONLINE.format("shift_div=8"), 8, True, None),
        (ONLINE.format("shift_div=8, bidirectional=False"), 8, False, None),
        (ONLINE.format("depth=50"), None, True, None),
        (ONLINE.format("shift_div=8"), 8, False, "from both neighbours .* from the past only"),
        (ONLINE.format("shift_div=8, bidirectional=False"), 8, True, "from the past .* from both"),
        (ONLINE.format("depth=50"), 8, True, "does not shift .* from both"),
        (ONLINE.format("shift_div=4"), 8, True, "one channel in 4, but the model shifts one in 8"),
        ("backbone=dict(type='ResNetTSM', depth=50)", None, True, None),
    ],
)
def test_the_shift_that_a_config_states(tmp_path, text, div, bidirectional, said):
    model = tiny_tsm(shift_div=div)
    model.backbone.bidirectional = bidirectional
    checkpoint = Checkpoint(tmp_path / "a.pth", {}, text)
    if said is None:
        recorded.check_same_network(model, checkpoint)
        return
    with pytest.raises(InputError, match=said):
        recorded.check_same_network(model, checkpoint)


@pytest.mark.parametrize(
    ("text", "background"),
    [
        (MMACTION_HEAD.format(background="\n background_class=False,", multilabel=False), False),
        (MMACTION_HEAD.format(background="\n background_class=True,", multilabel=False), True),
        (MMACTION_HEAD.format(background="", multilabel=True), True),
        # Older configs of MultiSports do not say it.
        (MMACTION_HEAD.format(background="", multilabel=False), None),
        ("{'bbox_head': {'background_class': False}}", False),
        ("MODEL:\n  NUM_CLASSES: 80\n", None),
        ("", None),
    ],
)
def test_the_background_row_that_a_config_states(text, background):
    assert background_row(Checkpoint(Path("a.pth"), {}, text)) is background


def test_multisports_weights_keep_their_66_classes(tmp_path):
    config = Config({"model": read_config("slowonly_ava").model}).model
    config.backbone.update(depth=18, base_channels=4)
    config.roi_head.update(in_channels=32, multilabel=False)

    def detector(classes):
        config.roi_head.update(num_classes=classes)
        return MODELS.build(config)

    def rename(name):
        return name.replace("roi_head.fc_cls", "roi_head.bbox_head.fc_cls")

    published = detector(66)
    text = MMACTION_HEAD.format(background="\n background_class=False,", multilabel=False)
    path = save(tmp_path / "multisports.pth", published, meta={"cfg": text}, rename=rename)
    model = detector(66)
    zoo.load_weights(model, path)
    assert torch.equal(model.roi_head.fc_cls.weight, published.roi_head.fc_cls.weight)
    with pytest.raises(InputError, match="66 classes, and the file says that none"):
        zoo.load_weights(detector(65), path)
    start = detector(65)
    before = start.roi_head.fc_cls.weight.clone()
    load_start_weights(start, str(path))
    assert torch.equal(start.roi_head.fc_cls.weight, before)
    # Without the record, the numbers decide, and the first class is lost.
    path = save(tmp_path / "bare.pth", published, rename=rename)
    model = detector(65)
    zoo.load_weights(model, path)
    assert torch.equal(model.roi_head.fc_cls.weight, published.roi_head.fc_cls.weight[1:])


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"meta": {"cfg": "a = 1"}}, "a = 1"),
        ({"meta": {"config": "b = 2", "epoch": 3}}, "b = 2"),
        ({"cfg": "C: 3\n"}, "C: 3\n"),
        ({"cfg": {"d": 4}}, "{'d': 4}"),
        ({"meta": {"cfg": 7}}, ""),
        ({}, ""),
    ],
)
def test_the_config_in_a_file(tmp_path, content, text):
    torch.save({**content, "state_dict": {"a": torch.zeros(1)}}, tmp_path / "a.pth")
    assert open_checkpoint(tmp_path / "a.pth").config_text == text


def test_weights_that_are_normalised_otherwise_are_warned_of(tmp_path, warnings):
    model = MODELS.build(read_config("slowfast_8x8_pytorchvideo_kinetics").model)
    state = {"blocks.0.multipathway_blocks.0.conv.weight": torch.zeros(1)}
    recorded.check_same_network(model, Checkpoint(tmp_path / "a.pth", state))
    assert warnings() == []
    for config in ("timesformer_kinetics", "slowfast_kinetics", "slowfast_optical_flow_kinetics"):
        with torch.device("meta"):
            backbone = MODELS.build(read_config(config).model)
        backbone.data_preprocessor = MODELS.build(read_config(config).model.data_preprocessor)
        recorded.check_same_network(backbone, Checkpoint(tmp_path / "a.pth", state))
    assert len(warnings()) == 3
    assert "with the mean 114.75 and the deviation 57.375, but the model" in warnings()[0]
