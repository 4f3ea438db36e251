"""Models by name: weights of the reference give the reference's scores, misuse is told."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import stad
from stad import zoo
from stad.errors import InputError
from stad.video.window import Window
from stad.zoo.catalog import MODELS
from stad.zoo.loading import safetensors_copy
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


@pytest.mark.parametrize("entry", MODELS, ids=lambda entry: entry.name)
def test_every_model_opens_with_random_weights(entry):
    opened = zoo.open_model(entry.name, weights=None)
    assert (opened.name, opened.entry, opened.source) == (entry.name, entry, "random weights")
    assert hasattr(opened.model, "score_actors") == (entry.task == "detect")
    count = 400 if entry.trained_on == "Kinetics-400" else 80
    assert len(opened.class_names) == opened.model.num_classes == count
    assert opened.short_side_px in (224, 256)


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
        ("slowfast", None, "there is no model 'slowfast'"),
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
    with pytest.raises(InputError, match="defines no 'model'"):
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
    assert done.stdout == "[] 0.1.0\n"
