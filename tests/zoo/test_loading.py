"""Models by name: weights of the reference give the reference's scores, misuse is told."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models import video

import stad
from stad import zoo
from stad.annotations.label_maps import class_names
from stad.errors import InputError
from stad.registry import MODELS as MODEL_REGISTRY
from stad.video.window import Window
from stad.zoo.catalog import MODELS
from stad.zoo.published import safetensors_copy
from tests.golden import golden, reference_state

TINY = str(Path(__file__).parents[1] / "data" / "tiny_detector.py")


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("slowfast_r50_4x16_ava21", "slowfast_r50_4x16"),
        ("slowfast_r50_8x8_ava22", "slowfast_r50_8x8"),
    ],
)
def test_a_published_checkpoint_gives_the_reference_logits(tmp_path, name, reference):
    numbers = golden(reference)
    torch.save({"meta": {}, "state_dict": reference_state(numbers)}, tmp_path / "a.pth")
    model = stad.zoo.load(name, weights=tmp_path / "a.pth")
    assert not model.training
    clips = torch.randn(1, 3, 32, 96, 128, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        (logits,) = model.score_actors(clips, [torch.from_numpy(numbers["boxes"])])
    np.testing.assert_allclose(logits.numpy(), numbers["logits"][:, 1:], atol=1e-4)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("tsn_r50_1x1x3_k400", "tsn_r50_1x1x3"),
        ("tsm_r50_1x1x8_k400", "tsm_r50_1x1x8"),
        pytest.param("timesformer_divst_8x32_k400", "timesformer_divST", marks=pytest.mark.slow),
    ],
)
def test_a_published_recognizer_gives_the_reference_logits(tmp_path, name, reference):
    numbers = golden(reference)
    torch.save({"meta": {}, "state_dict": reference_state(numbers)}, tmp_path / "a.pth")
    model = stad.zoo.load(name, weights=tmp_path / "a.pth")
    shape = numbers["shape"].tolist()
    inputs = torch.randn(*shape, generator=torch.Generator().manual_seed(0))
    # The reference has frames before colours, or a number of views after that of clips.
    clips = inputs.transpose(1, 2) if len(shape) == 5 else inputs[:, 0]
    with torch.inference_mode():
        logits = model.score_clips(clips)
    np.testing.assert_allclose(logits.numpy(), numbers["logits"], atol=1e-4)


def reference_names(name):
    """mmaction2's names in a TimeSformer that is not divided."""
    name = re.sub(r"attentions\.0\.norm", "norms.0", name).replace("ffns.0.norm", "norms.1")
    return re.sub(r"^head\.", "cls_head.", name)


@pytest.mark.parametrize("attention", ["joint", "space_only"])
def test_other_timesformers_load_by_the_names_of_the_reference(tmp_path, attention):
    config = {"attention": attention, "image_size_px": 32, "embed_dims": 12, "num_heads": 2}
    model = small_timesformer(num_frames=4, **config)
    state = {reference_names(k): v for k, v in model.state_dict().items()}
    assert "backbone.transformer_layers.layers.1.norms.0.weight" in state
    torch.save({"state_dict": state}, tmp_path / "a.pth")
    again = small_timesformer(num_frames=4, **config)
    zoo.load_weights(again, tmp_path / "a.pth")
    for name, value in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)


def small_timesformer(**options):
    return MODEL_REGISTRY.build(
        {
            "type": "Recognizer",
            "backbone": {"type": "TimeSformer", "num_layers": 2, **options},
            "head": {"type": "ClipHead", "in_channels": 12, "num_classes": 3},
            "data_preprocessor": {"type": "ClipPreprocessor", "mean": [0] * 3, "std": [1] * 3},
        }
    )


def test_embeddings_of_another_size_are_interpolated_on_loading(tmp_path):
    config = {"embed_dims": 12, "num_heads": 2}
    model = small_timesformer(num_frames=4, image_size_px=32, **config)
    torch.nn.init.normal_(model.backbone.time_embed)
    torch.save(model.state_dict(), tmp_path / "a.pth")
    larger = small_timesformer(num_frames=8, image_size_px=64, **config)
    zoo.load_weights(larger, tmp_path / "a.pth")
    assert larger.backbone.time_embed.shape == (1, 8, 12)
    assert larger.backbone.pos_embed.shape == (1, 17, 12)
    # As at run time: a clip of the larger size gets the same from both.
    clips = torch.randn(1, 3, 8, 64, 64)
    with torch.inference_mode():
        found, expected = (one.eval().score_clips(clips) for one in (larger, model))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("name", "build", "shape"),
    [
        ("r3d_18_k400", video.r3d_18, (1, 3, 8, 48, 64)),
        ("mc3_18_k400", video.mc3_18, (1, 3, 8, 48, 64)),
        ("r2plus1d_18_k400", video.r2plus1d_18, (1, 3, 8, 48, 64)),
        ("s3d_k400", video.s3d, (1, 3, 16, 224, 256)),
    ],
)
def test_torchvisions_networks_give_torchvisions_logits(tmp_path, name, build, shape):
    torch.manual_seed(0)
    network = build(weights=None).eval()
    for key, value in network.state_dict().items():
        if key.endswith("running_mean"):
            value.uniform_(-0.3, 0.3)
    torch.save(network.state_dict(), tmp_path / "a.pth")
    model = zoo.load(name, tmp_path / "a.pth")
    clips = torch.randn(shape)
    with torch.inference_mode():
        torch.testing.assert_close(model.score_clips(clips), network(clips), atol=1e-4, rtol=1e-5)


def test_torchvision_lists_the_same_weights_and_classes():
    for name, weights in (
        ("r3d_18_k400", video.R3D_18_Weights),
        ("mc3_18_k400", video.MC3_18_Weights),
        ("r2plus1d_18_k400", video.R2Plus1D_18_Weights),
        ("s3d_k400", video.S3D_Weights),
    ):
        entry, published = zoo.model_entry(name), weights.KINETICS400_V1
        assert entry.weights.url == published.url
        top1 = published.meta["_metrics"]["Kinetics-400"]["acc@1"]
        assert entry.metric == f"Kinetics-400 top-1 {top1:.2f}"
        preprocessor = zoo.load(name, None).data_preprocessor
        transform = published.transforms()
        for ours, theirs in (("mean", transform.mean), ("std", transform.std)):
            found = getattr(preprocessor, ours).flatten() / 255
            torch.testing.assert_close(found, torch.tensor(theirs), atol=1e-6, rtol=0)
    ours = class_names("kinetics400")
    assert [plain(one) for one in published.meta["categories"]] == [plain(one) for one in ours]


def plain(name):
    """Letters and digits alone: spellings differ in quotation marks and spaces."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


CLIP_MODELS = [entry for entry in MODELS if entry.task != "tag"]
# Its 672 million weights take many seconds.
LARGE = "hiera_h_16x224_k400"


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(one, id=one.name, marks=[pytest.mark.slow] if one.name == LARGE else [])
        for one in CLIP_MODELS
    ],
)
def test_every_model_opens_with_random_weights(entry):
    opened = zoo.open_model(entry.name, weights=None)
    assert (opened.name, opened.entry, opened.source) == (entry.name, entry, "random weights")
    assert hasattr(opened.model, "score_actors") == (entry.task == "detect")
    count = {"Kinetics-400": 400, "MultiSports": 66}.get(
        entry.trained_on, 12 if entry.needs else 80
    )
    assert len(opened.class_names) == opened.model.num_classes == count
    assert opened.short_side_px in (128, 182, 224, 256, 356, 480)


@pytest.mark.parametrize("name", zoo.names("tag"))
def test_a_tagger_is_loaded_but_scores_no_clips(name):
    model = zoo.load(name, weights=None)
    assert (model.num_classes, model.training) == (3862, False)
    frames, mask = torch.zeros(1, 2, 1152), torch.ones(1, 2, 2, dtype=torch.bool)
    with torch.inference_mode():
        assert model.score_frames(frames, mask).shape == (1, 3862)
    assert len(zoo.class_names_of(name)) == 3862
    with pytest.raises(InputError, match=f"{name} scores the features of a whole video"):
        zoo.open_model(name)


def test_the_authors_of_nextvlad_publish_no_weights():
    with pytest.raises(InputError, match="No published weights of nextvlad_youtube8m are known"):
        zoo.load("nextvlad_youtube8m")


def test_what_comes_with_a_model():
    opened = zoo.open_model("slowonly_r50_4x16_ava21", None)
    assert opened.window == Window(num_frames=4, interval_frames=16)
    assert (opened.short_side_px, opened.score_threshold) == (256, 0.5)
    assert opened.class_names[79] == "watch (a person)"


def test_a_config_and_a_checkpoint_of_ones_own(tmp_path):
    torch.manual_seed(0)
    model = zoo.load(TINY, weights=None)
    torch.save(model.state_dict(), tmp_path / "own.pth")
    opened = zoo.open_model(TINY, weights=str(tmp_path / "own.pth"))
    assert (opened.name, opened.entry) == ("tiny_detector", None)
    assert opened.source == f"weights from {tmp_path / 'own.pth'}"
    for name, value in model.state_dict().items():
        assert torch.equal(opened.model.state_dict()[name], value)


@pytest.mark.parametrize(
    ("name", "weights", "said"),
    [
        (TINY, "auto", "its weights must be named"),
        (TINY, "none.pth", r"none\.pth: no such file of weights"),
        ("none.py", None, r"none\.py: no such config file"),
        ("slowfast", None, "There is no model named 'slowfast'"),
    ],
)
def test_what_cannot_be_opened(name, weights, said):
    with pytest.raises(InputError, match=said):
        zoo.load(name, weights)


def test_labels_must_be_as_many_as_outputs(tmp_path):
    (tmp_path / "labels.txt").write_text("walk\nrun\n")
    text = Path(TINY).read_text().replace('"ava"', '"labels.txt"')
    (tmp_path / "own.py").write_text(text)
    with pytest.raises(InputError, match=r"80 outputs, but label_map 'labels.txt' names 2"):
        zoo.load(str(tmp_path / "own.py"), None)
    (tmp_path / "own.py").write_text(text.replace("num_classes=80", "num_classes=2"))
    assert zoo.open_model(str(tmp_path / "own.py"), None).class_names == ("walk", "run")


def test_a_python_file_that_is_no_config(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    with pytest.raises(InputError, match="does not define 'model'"):
        zoo.load(str(tmp_path / "a.py"), None)


def test_the_copy_is_made_once_and_again_when_damaged(tmp_path):
    path = tmp_path / "net.ckpt"
    torch.save({"a": torch.arange(3.0)}, path)
    copy = safetensors_copy(path, "ab" * 32)
    assert copy == tmp_path / "net.safetensors"
    made = copy.stat().st_mtime_ns
    assert safetensors_copy(path, "ab" * 32).stat().st_mtime_ns == made
    copy.write_bytes(copy.read_bytes()[:-1] + b"\x01")
    safetensors_copy(path, "ab" * 32)
    assert zoo.checkpoint.read_checkpoint(copy)["a"].tolist() == [0.0, 1.0, 2.0]
    # Another original: another copy.
    torch.save({"a": torch.ones(1)}, path)
    safetensors_copy(path, "cd" * 32)
    assert zoo.checkpoint.read_checkpoint(copy)["a"].tolist() == [1.0]


def test_importing_stad_and_its_zoo_is_light():
    code = (
        "import sys, stad; stad.zoo.names(); heavy = {'torch', 'mmengine', 'mmcv', 'mmdet', "
        "'matplotlib', 'cv2'}; print(sorted(heavy & set(sys.modules)), stad.__version__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"[] {stad.__version__}\n"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(tmp_path, value):
    model = zoo.load("r3d_18_k400", weights=None)
    state = model.state_dict()
    name = next(iter(state))
    state[name] = state[name].clone().fill_(value)
    torch.save(state, tmp_path / "wrong.pth")
    with pytest.raises(InputError, match=f"1 of its tensors hold .* first {re.escape(name)}"):
        zoo.load("r3d_18_k400", weights=tmp_path / "wrong.pth")


def test_a_detector_of_multisports_keeps_its_66_rows_and_takes_a_softmax(tmp_path):
    model = stad.zoo.load("slowonly_r50_4x16_multisports", weights=None)
    rename = {f"roi_head.fc_cls.{k}": f"roi_head.bbox_head.fc_cls.{k}" for k in ("weight", "bias")}
    state = {rename.get(name, name): value for name, value in model.state_dict().items()}
    torch.save({"meta": {}, "state_dict": state}, tmp_path / "a.pth")
    loaded = zoo.open_model("slowonly_r50_4x16_multisports", weights=tmp_path / "a.pth")
    assert torch.equal(loaded.model.roi_head.fc_cls.weight, model.roi_head.fc_cls.weight)
    assert loaded.class_names[20:22] == ("aerobic balance turn", "volleyball serve")
    scores = loaded.model.probabilities(torch.randn(2, 66))
    torch.testing.assert_close(scores.sum(dim=1), torch.ones(2))
