"""Each kind of network is exported with the scores of torch, or one error says why not."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

import stad
from stad.annotations import label_maps
from stad.errors import InputError
from stad.inference import export, export_check
from stad.inference.export import export_model
from stad.inference.exported import ExportedScorer, open_exported
from stad.inference.exported_card import read_card
from stad.models.actor_crops import ActorCrops
from stad.models.backbones.frame_resnet import FrameResNet
from stad.models.backbones.i3d import SameMaxPool3d
from stad.models.backbones.resnet3d import ResNet3d
from stad.models.backbones.timesformer import TimeSformer
from stad.models.backbones.video_vit import VideoViT
from stad.models.heads.acrn import ACRN
from stad.models.heads.clip_head import ClipHead
from stad.models.heads.lstm_head import LSTMHead
from stad.models.two_stream import TwoStreamRecognizer
from tests.inference.exported.tiny import (
    CLIP,
    CONFIG,
    PREPROCESSOR,
    RESNET,
    SOURCE,
    boxes_of,
    detector,
    load,
    recognizer,
    torch_scores,
)

ort = pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
pytest.importorskip("openvino")

TSM = {"type": FrameResNet, "depth": 18, "base_channels": 4, "shift_div": 4}
TIMES = {
    **{"type": TimeSformer, "num_frames": 4, "image_size_px": 32, "patch_size_px": 8},
    **{"embed_dims": 12, "num_heads": 2, "num_layers": 2},
}
VIT = {**TIMES, "type": VideoViT}


@pytest.mark.parametrize("count", [0, 1, 30])
@pytest.mark.parametrize("name", ["any.onnx", "fixed.onnx"])
def test_a_file_by_itself_scores_as_torch(folder, name, count):
    """As the documentation says it is run, without stad."""
    session = ort.InferenceSession(folder / name)
    clips = torch.randn(1, 3, 4, CLIP[1], CLIP[0])
    boxes = boxes_of(count)
    rows = np.column_stack((np.zeros(count), boxes)).astype(np.float32)
    (found,) = session.run(["scores"], {"clips": clips.numpy(), "boxes": rows})
    (expected,) = torch_scores(load(CONFIG), clips, [boxes])
    assert found.shape == (count, 80)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_rows_of_boxes_may_come_in_any_order(folder):
    session = ort.InferenceSession(folder / "any.onnx")
    clips = torch.randn(3, 3, 4, 70, 90)
    boxes = [boxes_of(6, (90, 70)), boxes_of(0), boxes_of(9, (90, 70))]
    expected = np.concatenate(torch_scores(load(CONFIG), clips, boxes))
    owner = np.repeat([0, 2], [6, 9])
    rows = np.column_stack((owner, np.concatenate(boxes))).astype(np.float32)
    order = np.random.default_rng(0).permutation(15)
    (found,) = session.run(["scores"], {"clips": clips.numpy(), "boxes": rows[order]})
    np.testing.assert_allclose(found, expected[order], atol=1e-4)


DETECTORS = {
    "aligned": lambda: detector(RESNET, 32),
    "not aligned": lambda: detector(RESNET, 32, aligned=False, spatial_pool="avg"),
    "context": lambda: detector(RESNET, 32, context=True, temporal_pool="max"),
    "acrn": lambda: detector(
        RESNET, 32, shared_head={"type": ACRN, "in_channels": 64, "out_channels": 16}
    ),
    "non-local": lambda: detector(
        {
            **RESNET,
            "non_local_blocks": ((), (1,), (0,), ()),
            "non_local_mode": "dot_product",
            "non_local_pool": (2, 2, 2),
        },
        32,
    ),
    "mlp, one label": lambda: detector(RESNET, 32, mlp=True, multilabel=False),
    "timesformer": lambda: detector({**TIMES, "output": "map"}, 12, feature_stride=8, roi_size=4),
    "tsm": lambda: detector({**TSM, "spatial_strides": (1, 2, 2, 1)}, 32),
    "umt": lambda: detector(
        {**VIT, "tubelet_frames": 1, "positions": "sine", "border": "pad"},
        12,
        feature_stride=8,
        enlarge=(0.1, 0.05),
        aligned=False,
    ),
}
RECOGNIZERS = {
    "tsm": lambda: recognizer(TSM, {"type": ClipHead, "in_channels": 32}),
    "tsm from the past, non-local": lambda: recognizer(
        {**TSM, "bidirectional": False, "non_local_blocks": ((), (1,), (), ())},
        {"type": ClipHead, "in_channels": 32},
    ),
    "lstm": lambda: recognizer(
        {"type": FrameResNet, "depth": 18, "base_channels": 4},
        {"type": LSTMHead, "in_channels": 32, "hidden_channels": 8},
    ),
    "timesformer, divided": lambda: recognizer(TIMES, {"type": ClipHead, "in_channels": 12}),
    "timesformer, joint": lambda: recognizer(
        {**TIMES, "attention": "joint"}, {"type": ClipHead, "in_channels": 12}
    ),
    "timesformer, space only": lambda: recognizer(
        {**TIMES, "attention": "space_only"}, {"type": ClipHead, "in_channels": 12}
    ),
    "videomae": lambda: recognizer(
        {**VIT, "output": "mean"}, {"type": ClipHead, "in_channels": 12}
    ),
    "window": lambda: recognizer(
        RESNET, {"type": ClipHead, "in_channels": 32, "pool_window": (2, 3, 3)}
    ),
    "window, whole frame": lambda: recognizer(
        RESNET, {"type": ClipHead, "in_channels": 32, "pool_window": (2, None, None)}
    ),
    "flow channels": lambda: recognizer(
        {**RESNET, "in_channels": 5},
        {"type": ClipHead, "in_channels": 32},
        data_preprocessor={**PREPROCESSOR, "with_flow": True},
    ),
}


@pytest.mark.parametrize("name", DETECTORS)
def test_detectors_of_any_size(name, tmp_path):
    loaded = DETECTORS[name]()
    export_model(loaded, tmp_path / "tiny.onnx", dynamic=True)
    # Another size than those of its own check.
    clips = torch.randn(2, 3, 4, 77, 101)
    boxes = [boxes_of(7, (101, 77)), boxes_of(2, (101, 77))]
    expected = torch_scores(loaded, clips, boxes)
    rows = np.column_stack((np.repeat([0, 1], [7, 2]), np.concatenate(boxes))).astype(np.float32)
    inputs = {"clips": clips.numpy(), "boxes": rows}
    # ONNX Runtime's scores were compared while the file was written.
    found = open_exported(tmp_path / "tiny.onnx", runtime="openvino")._run(inputs)
    np.testing.assert_allclose(found, np.concatenate(expected), atol=1e-4)
    assert np.std(np.concatenate(expected)) > 0.001


@pytest.mark.parametrize("name", RECOGNIZERS)
def test_recognizers_of_any_size(name, tmp_path):
    loaded = RECOGNIZERS[name]()
    export_model(loaded, tmp_path / "tiny.onnx", dynamic=True)
    clips = np.random.default_rng(0).integers(0, 256, (3, 4, 77, 101, 3), dtype=np.uint8)
    inputs = loaded.model.data_preprocessor.normalise(torch.from_numpy(clips))
    expected = torch_scores(loaded, inputs)
    found = open_exported(tmp_path / "tiny.onnx", runtime="openvino").score_clips(clips)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert np.std(expected) > 0.0005


def test_same_padding_follows_the_size(tmp_path):
    """I3D pads by the size of a map, which a traced graph must not keep."""
    pool = SameMaxPool3d((3, 3, 3), (2, 2, 2)).eval()
    torch.onnx.export(
        pool,
        (torch.randn(1, 2, 4, 9, 9),),
        str(tmp_path / "pool.onnx"),
        dynamo=False,
        opset_version=17,
        input_names=["x"],
        dynamic_axes={"x": {3: "H", 4: "W"}},
    )
    session = ort.InferenceSession(tmp_path / "pool.onnx")
    for height, width in ((9, 9), (8, 9), (9, 8), (16, 12)):
        maps = torch.randn(1, 2, 4, height, width)
        (found,) = session.run(None, {"x": maps.numpy()})
        np.testing.assert_array_equal(found, pool(maps).numpy())


def test_clips_are_normalised_as_for_torch(folder):
    card = read_card(folder / "any.onnx")
    clips = np.random.default_rng(0).integers(0, 256, (2, 4, 9, 11, 3), dtype=np.uint8)
    expected = load(CONFIG).model.data_preprocessor.normalise(torch.from_numpy(clips)).numpy()
    np.testing.assert_array_equal(card.normalise(clips), expected)


def test_the_card(folder):
    card = json.loads((folder / "fixed.onnx.json").read_text())
    assert (card["format"], card["format_version"]) == ("stad-export", 1)
    assert card["inputs"] == {"clips": [1, 3, 4, 64, 85], "boxes": [None, 5]}
    assert card["outputs"] == {"scores": [None, 80]}
    assert (card["clip_size"], card["short_side_px"], card["crop_px"]) == ([85, 64], 64, None)
    assert card["window"]["num_frames"] == 4
    assert card["window"]["interval_sec"] == pytest.approx(4 / 30)
    assert card["mean"] == pytest.approx([123.675, 116.28, 103.53])
    assert card["std"] == pytest.approx([58.395, 57.12, 57.375])
    assert card["colour_order"] == "RGB"
    assert (card["multilabel"], card["num_exclusive"]) == (True, 0)
    assert (card["score_threshold"], card["stride_sec"]) == (0.5, 1.0)
    assert tuple(card["class_names"]) == label_maps.class_names("ava")
    assert card["stad_version"] == stad.__version__


FLOW = {"type": FrameResNet, "depth": 18, "base_channels": 4, "in_channels": 6}
HEAD = {"type": ClipHead, "in_channels": 32, "num_classes": 400}
UNSUPPORTED = {
    "crops": (
        lambda: detector(RESNET, 32, crops={"type": ActorCrops, "size_px": 32}),
        "cuts each actor out of every frame along the actor's track",
    ),
    "two streams": (
        lambda: recognizer(
            RESNET, HEAD, type=TwoStreamRecognizer, flow_backbone=FLOW, flow_head=HEAD
        ),
        "computes optical flow between its two networks, with OpenCV",
    ),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_models_that_cannot_be_one_graph(name, tmp_path):
    make, said = UNSUPPORTED[name]
    with pytest.raises(InputError, match=f"tiny cannot be exported: it {said}.* Run it in torch"):
        export_model(make(), tmp_path / "tiny.onnx")
    assert list(tmp_path.iterdir()) == []


def test_the_card_says_whether_scores_are_multiplied_by_those_of_people(tmp_path):
    loaded = DETECTORS["umt"]()
    loaded.model.times_person_score = True
    export_model(loaded, tmp_path / "a.onnx")
    card = json.loads((tmp_path / "a.onnx.json").read_text())
    assert card["times_person_score"] is True
    model = open_exported(tmp_path / "a.onnx")
    assert ExportedScorer(model).times_person_score
    # Cards of older versions do not say it, and their models do not ask for it.
    del card["times_person_score"]
    (tmp_path / "a.onnx.json").write_text(json.dumps(card))
    assert not read_card(tmp_path / "a.onnx").times_person_score


def test_a_network_that_differs_is_not_kept(tmp_path, monkeypatch):
    (tmp_path / "tiny.xml").write_text("an older one")
    monkeypatch.setattr(export_check, "TOLERANCE", -1.0)
    with pytest.raises(InputError) as caught:
        export_model(load(CONFIG), tmp_path / "tiny.xml", video_size=SOURCE)
    message = str(caught.value)
    assert message.startswith(
        "tiny_detector cannot be exported: for 1 clip of 85x64, one box, row 0, class '"
    )
    assert "openvino" in message
    assert "at most -1 is allowed" in message
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.xml"]
    assert (tmp_path / "tiny.xml").read_text() == "an older one"


def test_scores_of_another_shape_or_no_numbers_are_a_difference(folder):
    exported = open_exported(folder / "any.onnx")
    scores = np.full((2, 80), 0.5, np.float32)
    assert export_check._compare(scores, scores + 1e-5, "x", exported) < 1e-4
    broken = scores.copy()
    broken[1, 2] = np.nan
    with pytest.raises(InputError, match=r"for x, row 1, class '.*', .* gives nan, and torch 0.5"):
        export_check._compare(broken, scores, "x", exported)
    with pytest.raises(InputError, match=r"gives scores of shape \(2, 80\), and torch \(1, 80\)"):
        export_check._compare(scores, scores[:1], "x", exported)


class Unwritable(ResNet3d):
    """A backbone with an operator that ONNX does not have."""

    def forward(self, clips):
        return tuple(torch.special.i0(one) for one in super().forward(clips))


def test_a_network_with_an_unknown_operator(tmp_path, capfd):
    loaded = detector(RESNET, 32)
    loaded.model.backbone.__class__ = Unwritable
    with pytest.raises(InputError, match=r"tiny cannot be written as ONNX \(.*i0.*Run it in torch"):
        export_model(loaded, tmp_path / "tiny.onnx")
    # Neither the graph nor advice to write to torch's authors is printed.
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_packages_that_are_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "is_installed", lambda name: False)
    with pytest.raises(InputError, match=r"needs the package onnx\. Run 'pip install onnx'"):
        export_model(load(CONFIG), tmp_path / "tiny.onnx")
