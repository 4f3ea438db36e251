"""Exported networks score as torch does, in files and by hand, and wrong files are told apart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import stad
from stad import zoo
from stad.annotations import label_maps
from stad.errors import InputError
from stad.inference import export, export_check
from stad.inference.build import build_models
from stad.inference.export import export_model
from stad.inference.exported import ExportedScorer, open_exported
from stad.inference.exported_card import card_path, read_card
from stad.inference.options import InferenceOptions
from stad.inference.scorer import ActionScorer
from stad.models.action_detector import ActionDetector
from stad.models.actor_crops import ActorCrops
from stad.models.backbones.frame_resnet import FrameResNet
from stad.models.backbones.resnet3d import ResNet3d
from stad.models.backbones.slowfast import SlowFast
from stad.models.backbones.timesformer import TimeSformer
from stad.models.heads.acrn import ACRN
from stad.models.heads.clip_head import ClipHead
from stad.models.heads.lstm_head import LSTMHead
from stad.models.heads.roi_head import RoIHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.recognizer import Recognizer
from stad.models.two_stream import TwoStreamRecognizer
from stad.registry import MODELS
from stad.video.window import Window
from stad.zoo import LoadedModel
from tests.videos import write_video

ort = pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
pytest.importorskip("openvino")

DATA = Path(__file__).parents[1] / "data"
CONFIG, RECOGNIZER = str(DATA / "tiny_detector.py"), str(DATA / "tiny_recognizer.py")
SOURCE = (160, 120)
# Clips of ``SOURCE`` have the tiny models' short side.
CLIP = (85, 64)
PREPROCESSOR = {
    "type": ClipPreprocessor,
    "mean": [123.675, 116.28, 103.53],
    "std": [58.395, 57.12, 57.375],
}
RESNET = {"type": ResNet3d, "depth": 18, "base_channels": 4, "spatial_strides": (1, 2, 2, 1)}
TSM = {"type": FrameResNet, "depth": 18, "base_channels": 4, "shift_div": 4}
TIMES = {
    **{"type": TimeSformer, "num_frames": 4, "image_size_px": 32, "patch_size_px": 8},
    **{"embed_dims": 12, "num_heads": 2, "num_layers": 2},
}


def load(config: str, *, seed: int = 0) -> LoadedModel:
    """A tiny model of a config with weights by a seed."""
    torch.manual_seed(seed)
    return zoo.open_model(config, weights=None)


def detector(backbone, channels, *, crops=None, **head) -> LoadedModel:
    """A tiny detector of AVA's classes whose scores are spread over [0, 1]."""
    return loaded_of(
        {
            "type": ActionDetector,
            "backbone": backbone,
            "roi_head": {"type": RoIHead, "in_channels": channels, "num_classes": 80, **head},
            "data_preprocessor": PREPROCESSOR,
            "actor_crops": crops,
        },
        "ava",
    )


def recognizer(backbone, head, **options) -> LoadedModel:
    """A tiny recognizer of Kinetics' classes."""
    return loaded_of(
        {
            "type": Recognizer,
            "backbone": backbone,
            "head": {"num_classes": 400, **head},
            "data_preprocessor": PREPROCESSOR,
            **options,
        },
        "kinetics400",
    )


def loaded_of(config: dict, label_map: str) -> LoadedModel:
    torch.manual_seed(0)
    model = MODELS.build(config).eval()
    with torch.no_grad():
        for weight in model.parameters():
            # What starts at zero, such as TimeSformer's embeddings, must show.
            if not weight.any():
                torch.nn.init.normal_(weight, std=0.2)
    spread_logits(model)
    return LoadedModel(
        model,
        "tiny",
        Window(4, 4),
        64,
        label_maps.class_names(label_map),
        0.5,
        "random weights",
        None,
    )


@torch.no_grad()
def spread_logits(model) -> None:
    """Scale the last layer, so that logits are a few units apart and scores tell them apart."""
    seen: list[torch.Tensor] = []
    for head in model.heads.values():
        last = head.fc_cls[-1] if isinstance(head.fc_cls, torch.nn.Sequential) else head.fc_cls
        hook = last.register_forward_hook(lambda module, inputs, output: seen.append(output))
        clips = torch.randn(1, model.data_preprocessor.num_channels, 4, 64, 64)
        if isinstance(model, Recognizer):
            head(model.backbone(clips))
        elif model.actor_crops is None:
            model.score_actors(clips, [torch.tensor([[5.0, 5.0, 40.0, 50.0]])])
        hook.remove()
        if seen:
            last.weight *= 2 / seen[0].std()


def boxes_of(count: int, size: tuple[int, int] = CLIP) -> np.ndarray:
    """Boxes in a clip and beyond its border, one of them without area."""
    rng = np.random.default_rng(1)
    corners = rng.uniform(-0.3, 1.3, (count, 2, 2)) * size
    boxes = np.concatenate((corners.min(axis=1), corners.max(axis=1)), axis=1).astype(np.float32)
    if count > 5:
        boxes[3] = (0, 0, *size)
        boxes[4] = (10, 12, 10, 40)
        boxes[5] = (-30, -20, -4, -2)
    return boxes


def torch_scores(loaded: LoadedModel, clips, boxes=None) -> list[np.ndarray]:
    """The scores of clips (N, C, T, H, W) by torch, per clip."""
    model = loaded.model
    with torch.inference_mode():
        if boxes is None:
            return list(model.probabilities(model.score_clips(clips)).numpy())
        logits = model.score_actors(clips, [torch.from_numpy(one) for one in boxes])
        return [model.probabilities(one).numpy() for one in logits]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The tiny detector in three files and the tiny recognizer in two, its weights, a video."""
    folder = tmp_path_factory.mktemp("exported")
    loaded = load(CONFIG)
    torch.save({"state_dict": loaded.model.state_dict()}, folder / "tiny.pth")
    export_model(loaded, folder / "any.onnx", dynamic=True)
    export_model(loaded, folder / "fixed.onnx", video_size=SOURCE)
    export_model(loaded, folder / "any.xml", dynamic=True)
    whole = load(RECOGNIZER)
    torch.save({"state_dict": whole.model.state_dict()}, folder / "whole.pth")
    export_model(whole, folder / "whole.onnx", video_size=SOURCE)
    export_model(whole, folder / "whole.xml", dynamic=True)
    write_video(folder / "in.mp4", num_frames=40, fps=20, size=SOURCE)
    return folder


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


@pytest.mark.parametrize(
    ("name", "runtime"),
    [
        ("any.onnx", "onnxruntime"),
        ("any.onnx", "openvino"),
        ("fixed.onnx", "openvino"),
        ("any.xml", "openvino"),
    ],
)
def test_the_scorer_scores_as_that_of_torch(folder, name, runtime):
    scorer = ExportedScorer(open_exported(folder / name, runtime=runtime))
    reference = ActionScorer.from_loaded(load(CONFIG))
    rng = np.random.default_rng(0)
    clips = [rng.integers(0, 256, (4, CLIP[1], CLIP[0], 3), dtype=np.uint8) for _ in range(3)]
    boxes = [boxes_of(count, SOURCE) for count in (2, 30, 1)]
    found = scorer.score(clips, boxes, source_size=SOURCE)
    expected = reference.score(clips, boxes, source_size=SOURCE)
    assert [one.shape for one in found] == [(2, 80), (30, 80), (1, 80)]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    assert (scorer.num_classes, scorer.sees_tracks) == (80, False)
    assert (scorer.window, scorer.clip_size(SOURCE)) == (reference.window, CLIP)
    assert scorer.score([], [], source_size=SOURCE) == []


SLOWFAST = {"type": SlowFast, "depth": 18, "base_channels": 8}
DETECTORS = {
    "aligned": lambda: detector(RESNET, 32),
    "not aligned": lambda: detector(RESNET, 32, aligned=False, spatial_pool="avg"),
    "context": lambda: detector(RESNET, 32, context=True, temporal_pool="max"),
    "acrn": lambda: detector(
        RESNET, 32, shared_head={"type": ACRN, "in_channels": 64, "out_channels": 16}
    ),
    "mlp, one label": lambda: detector(RESNET, 32, mlp=True, multilabel=False),
    "timesformer": lambda: detector({**TIMES, "output": "map"}, 12, feature_stride=8, roi_size=4),
    "tsm": lambda: detector({**TSM, "spatial_strides": (1, 2, 2, 1)}, 32),
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
    for runtime in ("onnxruntime", "openvino"):
        found = open_exported(tmp_path / "tiny.onnx", runtime=runtime)._run(inputs)
        np.testing.assert_allclose(found, np.concatenate(expected), atol=1e-4)
    assert np.std(np.concatenate(expected)) > 0.001


@pytest.mark.parametrize("name", RECOGNIZERS)
def test_recognizers_of_any_size(name, tmp_path):
    loaded = RECOGNIZERS[name]()
    export_model(loaded, tmp_path / "tiny.onnx", dynamic=True)
    clips = np.random.default_rng(0).integers(0, 256, (3, 4, 77, 101, 3), dtype=np.uint8)
    inputs = loaded.model.data_preprocessor.normalise(torch.from_numpy(clips))
    expected = torch_scores(loaded, inputs)
    for runtime in ("onnxruntime", "openvino"):
        found = open_exported(tmp_path / "tiny.onnx", runtime=runtime).score_clips(clips)
        np.testing.assert_allclose(found, expected, atol=1e-4)
    assert np.std(expected) > 0.0005


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


@pytest.mark.parametrize("name", ["any.onnx", "any.xml"])
def test_annotations_equal_those_of_torch(folder, name):
    options = {"detector": "whole_frame", "stride_sec": 0.4, "threshold": 0.4, "device": "cpu"}
    options["precision"] = "float32"
    run = stad.annotate(folder / "in.mp4", model=folder / name, **options)
    found = list(run)
    weights = folder / "tiny.pth"
    reference = stad.annotate(
        folder / "in.mp4", model=CONFIG, weights=weights, runtime="torch", **options
    )
    expected = list(reference)
    keyframes = [(one.keyframe, other.keyframe) for one, other in zip(found, expected, strict=True)]
    scored = [pair for pair in keyframes if pair[1] is not None]
    assert len(scored) >= 5
    for one, other in scored:
        assert one.time_sec == other.time_sec
        np.testing.assert_array_equal(one.actors.boxes, other.actors.boxes)
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-4)
    assert run.class_names == reference.class_names
    assert (run.info.model, run.info.threshold) == (reference.info.model, 0.4)
    for one, other in zip(run.segments, reference.segments, strict=True):
        assert one.class_index == other.class_index
        times = (other.start_sec, other.end_sec)
        assert (one.start_sec, one.end_sec) == pytest.approx(times, abs=1e-3)
    assert run.segments


@pytest.mark.parametrize("name", ["whole.onnx", "whole.xml"])
def test_whole_clips_equal_those_of_torch(folder, name):
    found = stad.recognize(folder / "in.mp4", model=folder / name, top=400)
    expected = stad.recognize(
        folder / "in.mp4", model=RECOGNIZER, weights=folder / "whole.pth", top=400, runtime="torch"
    )
    assert dict(found) == pytest.approx(dict(expected), abs=1e-4)


def build(folder, name, **options):
    lines: list[str] = []
    options = {"detector": "whole_frame", "model": str(folder / name), **options}
    models = build_models(
        InferenceOptions(**options), frame_size=SOURCE, progress=False, log=lines.append
    )
    return models, lines


def test_the_models_of_a_run(folder):
    models, lines = build(folder, "any.onnx", labels=("walk",))
    names = label_maps.class_names("ava")
    assert (models.name, models.device, models.precision) == ("tiny_detector", "cpu", "float32")
    assert models.allowed == frozenset({names.index("walk")})
    assert (models.threshold, models.stride_sec) == (0.5, 1.0)
    assert lines[0] == f"model     tiny_detector ({folder / 'any.onnx'}), cpu"
    assert lines[1].startswith("runtime   OpenVINO 2")
    models, _ = build(folder, "any.onnx", runtime="onnxruntime", threshold=0.7)
    assert (models.runtime, models.threshold) == ("ONNX", 0.7)
    whole, lines = build(folder, "whole.onnx")
    scores = whole.scorer.score(
        [np.zeros((4, 64, 85, 3), np.uint8)], [boxes_of(2)], source_size=SOURCE
    )
    assert scores[0].shape == (2, 400)
    np.testing.assert_array_equal(scores[0][0], scores[0][1])


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("any.onnx", {"weights": "x.pth"}, "has its weights in it. Leave --weights out."),
        ("any.onnx", {"weights": None}, "has its weights in it. Leave --weights out."),
        ("any.onnx", {"device": "cuda"}, "runs on the CPU. Leave --device out"),
        ("any.onnx", {"runtime": "torch"}, "--runtime torch cannot run .*any.onnx. Choose"),
        ("any.xml", {"runtime": "onnxruntime"}, "Choose --runtime openvino."),
        (
            "any.onnx",
            {"runtime": "onnxruntime", "precision": "bfloat16"},
            "in float32 only. Choose --precision float32 or --runtime openvino.",
        ),
        ("any.onnx", {"labels": ("zzz",)}, "the model has no label 'zzz'"),
        ("whole.onnx", {"detector": None}, "scores whole clips, not the people in them. Add"),
        ("none.onnx", {}, "No such file: .*none.onnx"),
    ],
)
def test_wrong_options(folder, name, options, said):
    with pytest.raises(InputError, match=said):
        build(folder, name, **options)


def test_a_video_of_another_size(folder):
    options = InferenceOptions(model=str(folder / "fixed.onnx"), detector="whole_frame")
    with pytest.raises(InputError) as caught:
        build_models(options, frame_size=(320, 180), progress=False, log=print)
    assert str(caught.value).endswith(
        "takes clips of 85x64 pixels, but a video of 320x180 gives clips of 114x64. Export the "
        "model again with --dynamic, or with --size 320x180."
    )
    with pytest.raises(InputError, match="85x64 pixels, but a video of 160x120 gives clips of 64"):
        stad.recognize(folder / "in.mp4", model=folder / "whole.onnx", views="1x3")
    with pytest.raises(InputError, match="scores people, not whole videos"):
        stad.recognize(folder / "in.mp4", model=folder / "any.onnx")


@pytest.fixture
def copied(folder, tmp_path) -> Path:
    """A copy of a network with its card."""
    for name in ("any.onnx", "any.onnx.json", "any.xml", "any.bin", "any.xml.json"):
        shutil.copy(folder / name, tmp_path / name)
    return tmp_path / "any.onnx"


def edit_card(path: Path, **changes) -> None:
    card = json.loads(card_path(path).read_text()) | changes
    card = {key: value for key, value in card.items() if value != "remove"}
    card_path(path).write_text(json.dumps(card))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": "other"}, "'format' must be 'stad-export'. Export the model again"),
        ({"format_version": 2}, "has format version 2, and this stad .* reads 1"),
        ({"mean": "remove"}, "is damaged: 'mean' is missing. Export the model again"),
        ({"mean": ["a", 1, 2]}, "'mean' must be a number"),
        ({"mean": [1, 2]}, "must have 3 or 5 numbers each"),
        ({"colour_order": "BGR"}, "'colour_order' must be 'RGB'"),
        ({"window": {"num_frames": 0, "interval_frames": 4}}, "a window needs positive sizes"),
        ({"class_names": ["walk"]}, "describes .*: they do not belong together"),
        ({"task": "recognize"}, "they do not belong together"),
        ({"window": {"num_frames": 8, "interval_frames": 4}}, "they do not belong together"),
        ({"clip_size": [85, 64]}, "they do not belong together"),
    ],
)
def test_cards_that_do_not_fit(copied, changes, said):
    edit_card(copied, **changes)
    with pytest.raises(InputError, match=said):
        open_exported(copied)


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("content", [b"", b"this is not a network" * 9, None])
def test_damaged_files(copied, runtime, content):
    whole = copied.read_bytes()
    copied.write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(InputError, match=r"cannot be opened by .* It may be damaged"):
        open_exported(copied, runtime=runtime)


def test_foreign_and_incomplete_files(copied):
    class Doubled(torch.nn.Module):
        def forward(self, x):
            return 2 * x

    torch.onnx.export(Doubled(), (torch.ones(2),), str(copied), dynamo=False, input_names=["x"])
    with pytest.raises(InputError, match=r"any.onnx has inputs and outputs .* x \(2\).* together"):
        open_exported(copied)
    card_path(copied).unlink()
    with pytest.raises(InputError, match=r"has no file any\.onnx\.json beside it, which says how"):
        open_exported(copied)
    card_path(copied).write_text("{")
    with pytest.raises(InputError, match="is not JSON"):
        open_exported(copied)
    network = copied.with_suffix(".xml")
    network.with_suffix(".bin").write_bytes(b"\0" * 8)
    with pytest.raises(InputError, match="cannot be opened by openvino"):
        open_exported(network)
    network.with_suffix(".bin").unlink()
    with pytest.raises(InputError, match=r"has no file any\.bin beside it, which holds"):
        open_exported(network)


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


def test_a_network_that_differs_is_not_kept(tmp_path, monkeypatch):
    (tmp_path / "tiny.xml").write_text("an older one")
    monkeypatch.setattr(export_check, "TOLERANCE", -1.0)
    with pytest.raises(InputError) as caught:
        export_model(load(CONFIG), tmp_path / "tiny.xml", video_size=SOURCE)
    message = str(caught.value)
    assert message.startswith(
        "tiny_detector cannot be exported: for 1 clip of 85x64, one box, row 0, class '"
    )
    assert "OpenVINO" in message
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


def test_packages_that_are_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "is_installed", lambda name: False)
    with pytest.raises(InputError, match=r"needs the package onnx\. Run 'pip install onnx'"):
        export_model(load(CONFIG), tmp_path / "tiny.onnx")
