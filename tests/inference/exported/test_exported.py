"""Exported networks run as torch's do, and files that cannot are told apart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import stad
from stad.annotations import label_maps
from stad.errors import InputError
from stad.inference.build import build_models
from stad.inference.exported import ExportedScorer, open_exported
from stad.inference.exported_card import card_path
from stad.inference.options import InferenceOptions
from stad.inference.scorer import ActionScorer
from tests.inference.exported.tiny import CLIP, CONFIG, RECOGNIZER, SOURCE, boxes_of, load


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
    assert lines[1].startswith("runtime   openvino 2")
    models, _ = build(folder, "any.onnx", runtime="onnxruntime", threshold=0.7)
    assert (models.runtime, models.threshold) == ("onnxruntime", 0.7)
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
