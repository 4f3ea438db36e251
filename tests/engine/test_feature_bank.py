"""The features that a model with a memory trains with: computed once, kept, and checked."""

import numpy as np
import pytest

from stad.engine import feature_bank_hook
from stad.engine.feature_bank import FeatureFiles, VideoFeatures
from stad.engine.run import RunOptions, evaluate, train
from stad.errors import InputError
from tests.datasets.tiny_ava import changes_for, write_tiny_ava
from tests.models.configs import CONFIGS
from tests.models.test_long_context_detector import CONFIG

TINY = CONFIGS.parent / "tests" / "data" / "tiny_train.py"


def content(count=4, *, seed=0):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, 3)).astype(np.float32)
    return VideoFeatures(features, np.arange(count, dtype=float), np.arange(count))


def test_files_give_what_lies_before_a_time(tmp_path):
    bank = FeatureFiles(tmp_path, {"a": "1", "folder/b": "2"}, width=3)
    assert not bank.is_complete("a")
    for seed, name in enumerate(("a", "folder/b")):
        bank.write(name, content(seed=seed))
        assert bank.is_complete(name)
    past = bank.before("folder/b", 3.0, span_sec=2.0, max_entries=9)
    assert past.ages_sec.tolist() == [2.0, 1.0]
    assert past.ids.tolist() == [1, 2]
    np.testing.assert_array_equal(past.features, content(seed=1).features[1:3])
    # A video without people in any keyframe has no file.
    empty = bank.before("c", 3.0, span_sec=2.0, max_entries=9)
    assert [one.shape for one in empty] == [(0, 3), (0,), (0,)]


def test_files_of_other_features_and_damaged_ones_do_not_count(tmp_path):
    FeatureFiles(tmp_path, {"a": "1"}, width=3).write("a", content())
    assert not FeatureFiles(tmp_path, {"a": "2"}, width=3).is_complete("a")
    bank = FeatureFiles(tmp_path, {"a": "1"}, width=3)
    assert bank.is_complete("a")
    whole = bank.path("a").read_bytes()
    for damaged in (b"", whole[:20], whole[:-1]):
        bank.path("a").write_bytes(damaged)
        assert not bank.is_complete("a")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Four videos with three keyframes each, and a network that was trained without a memory."""
    folder = write_tiny_ava(tmp_path_factory.mktemp("data") / "tiny", times_sec=(0.4, 0.8, 1.2))
    changes = {**changes_for(folder), "train_cfg.max_epochs": 1}
    train(RunOptions(TINY, work_dir=folder / "short", changes=changes))
    return folder


def options(data, work_dir, **changes):
    standard = {"train_cfg.max_epochs": 1, "start_from": str(data / "short" / "epoch_1.pth")}
    changes = {**changes_for(data), **standard, **changes}
    return RunOptions(CONFIG, work_dir=work_dir, changes=changes)


@pytest.fixture
def computed(monkeypatch):
    """The videos whose features are computed, as long as the test runs."""
    found = []
    original = FeatureFiles.write
    monkeypatch.setattr(
        FeatureFiles,
        "write",
        lambda bank, name, values: found.append(name) or original(bank, name, values),
    )
    return found


def test_a_run_computes_features_once_and_another_uses_them(data, tmp_path, computed):
    work, kept = tmp_path / "work", {"custom_hooks.0.folder": str(tmp_path / "kept")}
    runner = train(options(data, work, **kept))
    assert computed == [f"scene{number}" for number in range(4)] * 2
    files = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.safetensors"))
    assert len(files) == 8
    assert {path.parts[2] for path in files} == {"train", "val"}
    # What is kept is what the network says of the clips of evaluation.
    model = runner.model.eval()
    dataset = runner.val_loop.dataloader.dataset
    item = next(i for i in range(len(dataset)) if dataset.keyframe(i) == ("scene2", 0.8))
    batch = feature_bank_hook.collate_clips([dataset[item]])
    inputs = model.data_preprocessor(batch)["inputs"]
    (features,) = model.describe_actors(inputs, [batch["data_samples"][0].boxes])
    past = model.bank.before("scene2", 1.2, span_sec=0.5, max_entries=9)
    np.testing.assert_allclose(past.features, features.numpy(), atol=1e-5)
    assert (past.ids.tolist(), past.ages_sec.tolist()) == ([0], [pytest.approx(0.4)])
    # The evaluation alone finds them, too, and gives the same figure.
    (best,) = work.glob("best_*.pth")
    found = evaluate(options(data, tmp_path / "other", **kept), best)
    assert found["mAP"] == pytest.approx(float(best.stem.split("_")[3]), abs=1e-6)
    assert len(computed) == 8


@pytest.mark.slow
def test_only_what_is_missing_or_has_changed_is_computed_again(data, tmp_path, computed):
    work, kept = tmp_path / "work", {"custom_hooks.0.folder": str(tmp_path / "kept")}
    train(options(data, work, **kept))
    computed.clear()
    more = options(data, work, **kept, **{"train_cfg.max_epochs": 2})
    train(RunOptions(CONFIG, work_dir=work, changes=more.changes, resume=True))
    assert computed == []
    # A file that is missing or damaged, or has other boxes.
    (path,) = tmp_path.rglob("train/scene0.safetensors")
    path.unlink()
    path.with_name("scene1.safetensors").write_bytes(b"no")
    labels = (data / "labels.csv").read_text()
    moved = labels.replace("scene3,0.4,0.", "scene3,0.4,0.0", 1)
    assert moved != labels
    (tmp_path / "moved.csv").write_text(moved)
    changes = {"train_dataloader.dataset.annotations": str(tmp_path / "moved.csv")}
    train(options(data, tmp_path / "again", **kept, **changes))
    assert computed == ["scene0", "scene1", "scene3"]
    # Those of another network have a folder of their own.
    computed.clear()
    train(options(data, tmp_path / "two", **kept, **{"model.roi_head.roi_size": 3}))
    assert len(computed) == 8
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_a_run_that_cannot_remember_stops(data, tmp_path):
    with pytest.raises(InputError, match=r"set start_from to its checkpoint"):
        train(options(data, tmp_path / "a", start_from=None))
    hooks = {"custom_hooks": [{"type": "FeatureBankHook"}], "train_cfg.max_epochs": 1}
    with pytest.raises(InputError, match=r"LongContextDetector, got ActionDetector as model"):
        train(RunOptions(TINY, work_dir=tmp_path / "b", changes={**changes_for(data), **hooks}))
    (tmp_path / "file").write_text("")
    folder = {"custom_hooks.0.folder": str(tmp_path / "file")}
    with pytest.raises(InputError, match=r"Cannot write .*file"):
        train(options(data, tmp_path / "c", **folder))
