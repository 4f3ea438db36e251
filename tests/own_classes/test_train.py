"""Train on folders of rendered videos, and use what comes of it."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

import stad
from stad import zoo
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import LabelSpan
from stad.errors import InputError
from stad.inference.recognition import recognize_video
from stad.inference.scorer import ActionScorer
from stad.models.feature_detector import FeatureDetector
from stad.own_classes import features as features_module
from stad.own_classes.examples import load_examples
from stad.own_classes.features import read_clips
from stad.own_classes.train import OwnTraining, train_own
from stad.structures import Actors
from stad.zoo.tables import labels_table
from tests.own_classes.rendered import BOXES, LENGTH_SEC, SIZE, clip_folder, person_folder


class KnownPeople:
    """Finds the two people of the rendered videos."""

    name, interval_sec, gives_ids, person_threshold = "known", None, True, 0.5

    def detect(self, frame):
        return Actors.from_arrays(BOXES, ids=[1, 2])


def load(folder, training, **changes):
    options = {
        "views": training.views,
        "backbone": training.backbone,
        "weights": training.weights,
        "num_variants": training.num_variants,
        "runtime": "torch",
    }
    return load_examples(folder, progress=False, **{**options, **changes})


def annotate(folder, video="v3.mp4", **options):
    run = stad.annotate(
        folder.path / video,
        model=folder.path,
        detector=KnownPeople(),
        runtime="torch",
        precision="float32",
        **options,
    )
    results = list(run)
    return run, results


def test_the_class_is_found_where_it_is(trained):
    folder, lines = trained

    run, results = annotate(folder)

    # In v3, the second person is red in the second half.
    (segment,) = run.segments
    assert (segment.actor_id, run.class_names[segment.class_index]) == (2, "red")
    assert segment.start_sec == pytest.approx(LENGTH_SEC / 2, abs=0.4)
    assert segment.end_sec == pytest.approx(LENGTH_SEC, abs=0.2)
    assert [[one.name for one in labels] for labels in results[-1].labels] == [[], ["red"]]
    assert any(line.startswith("checked   mean average precision 1.00") for line in lines)
    assert run.info.stride_sec == 0.5


def test_cached_features_are_those_of_a_run(trained, training):
    folder, _ = trained
    examples = load(folder, training)
    loaded = zoo.open_model(str(folder.path))
    scorer = ActionScorer.from_loaded(loaded)
    rows = np.flatnonzero(examples.videos == "v1.mp4")
    times = np.unique(examples.times_sec[rows])
    size = scorer.clip_size(SIZE)
    boxes = np.array(BOXES, np.float32)

    for time_sec, (clip, _) in zip(
        times, read_clips(folder.path / "v1.mp4", times, loaded.window, size=size), strict=True
    ):
        tracks = np.repeat(boxes[:, None], len(clip), axis=1)
        live = scorer.score([clip], [boxes], source_size=SIZE, tracks=[tracks])[0]
        own = rows[examples.times_sec[rows] == time_sec]
        own = own[np.argsort(examples.tracks[own])]
        cached = torch.from_numpy(examples.features["crop"][own])
        expected = loaded.model.roi_head(cached).sigmoid().detach().numpy()
        np.testing.assert_allclose(live, expected, atol=1e-5)


def test_scores_of_a_run_are_those_of_the_examples(trained, training):
    folder, _ = trained
    examples = load(folder, training)
    loaded = zoo.open_model(str(folder.path))
    rows = np.flatnonzero((examples.videos == "v3.mp4") & (examples.tracks == 1))
    cached = torch.from_numpy(examples.features["crop"][rows])
    expected = loaded.model.roi_head(cached).sigmoid().detach().numpy()[:, 0]

    _, results = annotate(folder, stride_sec=0.25)

    found = {one.time_sec: one.keyframe.scores[1, 0] for one in results if one.keyframe}
    for time_sec, score in zip(examples.times_sec[rows], expected, strict=True):
        nearest = min(found, key=lambda one: abs(one - time_sec))
        # The frame nearest to 0.25 s is that of 0.2 or 0.3 s.
        if abs(nearest - time_sec) < 0.01:
            assert found[nearest] == pytest.approx(score, abs=1e-4)


def test_a_threshold_of_the_user_replaces_those_of_the_model(trained):
    folder, _ = trained
    model = zoo.open_model(str(folder.path)).own

    run, _ = annotate(folder, threshold=0.99999)
    assert run.segments == []
    assert run.info.threshold == 0.99999

    run, _ = annotate(folder)
    assert run.info.threshold == pytest.approx(model.thresholds["red"], abs=1e-4)


def test_the_folder_or_its_model_names_the_model(trained):
    folder, _ = trained

    for path in (folder.path, folder.model_path):
        loaded = zoo.open_model(str(path))
        assert isinstance(loaded.model, FeatureDetector)
        assert (loaded.name, loaded.class_names, loaded.stride_sec) == ("mine", ("red",), 0.5)
        assert list(loaded.own.thresholds) == ["red"]
    assert labels_table(str(folder.path)) == "  1  red"
    config = zoo.open_model(
        str(folder.model_path / "config.py"), folder.model_path / "weights.safetensors"
    )
    assert config.class_names == ("red",)


def test_the_card_says_what_was_trained_on_what(trained):
    folder, _ = trained

    content = json.loads((folder.model_path / "model.json").read_text())
    card = (folder.model_path / "README.md").read_text()

    assert content["format"] == "stad-own-model"
    # 4 videos, 8 times, 2 people; one of them is red for half of the time.
    assert content["data"]["classes"]["red"]["positive"] == 16
    assert content["data"]["classes"]["red"]["negative"] == 48
    assert content["figures"]["out_of_fold"]["mean_ap"] == 1.0
    assert content["figures"]["validation"]["classes"]["red"]["f1"] == 1.0
    assert content["training"]["seeds"] == [0, 1, 2]
    assert "| red | 16 | 48 | 4 |" in card
    assert "your own weights" in card


def test_nothing_is_computed_twice(trained, training, monkeypatch):
    folder, _ = trained
    first = load(folder, training)

    def fail(*_args, **_options):
        raise AssertionError("a network was opened")

    monkeypatch.setattr(features_module.Extractor, "scorer", fail)
    again = load(folder, training)

    np.testing.assert_array_equal(first.features["crop"], again.features["crop"])


def test_a_killed_training_continues_where_it_was(tmp_path, training, monkeypatch):
    folder = person_folder(tmp_path / "mine", num_videos=3)
    describe, done = features_module.FeatureScorer.describe, []

    def counted(*arguments, **options):
        done.append(1)
        if len(done) == 12:
            raise KeyboardInterrupt
        return describe(*arguments, **options)

    monkeypatch.setattr(features_module.FeatureScorer, "describe", counted)
    with pytest.raises(KeyboardInterrupt):
        load(folder, training)
    # 8 windows of the first video and 3 of the second were kept; 13 of 24 are left.
    done.clear()
    monkeypatch.setattr(
        features_module.FeatureScorer,
        "describe",
        lambda *a, **o: done.append(1) or describe(*a, **o),
    )
    load(folder, training)

    assert len(done) == 24 - 11


def test_other_weights_give_other_features(trained, training, tmp_path):
    folder, _ = trained
    other = tmp_path / "other.pth"
    state = torch.load(training.weights, weights_only=True)
    torch.save({key: 1.1 * one if one.ndim == 5 else one for key, one in state.items()}, other)
    copy = tmp_path / "mine"
    shutil.copytree(folder.path, copy)

    before = load(folder, training)
    after = load(OwnFolder(copy), training, weights=str(other))

    assert not np.allclose(before.features["crop"], after.features["crop"])


def test_variants_are_mirrored_and_moved(trained, training):
    folder, _ = trained

    examples = load(folder, training, num_variants=2)

    plain, changed = (np.flatnonzero(examples.variants == one) for one in (0, 1))
    np.testing.assert_array_equal(examples.examples[plain], examples.examples[changed])
    np.testing.assert_array_equal(examples.labels[plain], examples.labels[changed])
    assert (examples.times_sec[plain] != examples.times_sec[changed]).mean() > 0.8
    sides = [np.diff(examples.boxes[rows][:, [0, 2]], axis=1)[:, 0] for rows in (plain, changed)]
    ratio = sides[1] / sides[0]
    assert np.exp(-0.12) - 1e-3 <= ratio.min() < ratio.max() <= np.exp(0.12) + 1e-3


def test_clips_in_folders_of_classes_train_the_region_of_all_people(tmp_path, training):
    folder = clip_folder(tmp_path / "clips")
    lines = []

    trained = train_own(
        folder.path,
        replace(training, detector=KnownPeople()),
        progress=False,
        log=lines.append,
    )

    loaded = zoo.open_model(str(folder.path))
    assert loaded.own.detector == "group"
    assert loaded.model.whole_frame
    assert trained.fitted.mean_ap == 1.0
    found, other = (
        recognize_video(folder.path / one, loaded, people=KnownPeople()).scores[0]
        for one in ("red/1.mp4", "no_red/0.mp4")
    )
    assert found > loaded.own.thresholds["red"] > other
    run, results = annotate(folder, "red/3.mp4")
    assert run.info.detector == "group of known"
    assert [one.name for one in results[10].labels[0]] == ["red"]
    # Around both people.
    np.testing.assert_allclose(results[10].actors.boxes, [[20, 25, 135, 100]])


def test_a_failed_training_leaves_the_old_model(trained, training, tmp_path, monkeypatch):
    folder = OwnFolder(shutil.copytree(trained[0].path, tmp_path / "mine"))
    before = (folder.model_path / "weights.safetensors").read_bytes()

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("stad.own_classes.model_folder.save_weights", fail)
    with pytest.raises(InputError, match="Free some space"):
        train_own(folder.path, training, progress=False)

    assert (folder.model_path / "weights.safetensors").read_bytes() == before
    assert sorted(one.name for one in folder.path.iterdir() if "model" in one.name) == ["model"]


def relabelled(folder, change):
    for video in folder.videos():
        labels = folder.read_labels(video)
        folder.write_labels(change(labels))
    return folder


@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ({}, "has no labels of red yet"),
        (
            {one: [LabelSpan(0, "red", 0.0, 4.0)] for one in ("v0.mp4", "v1.mp4")},
            "'red' has no negative examples: nothing says where it is not",
        ),
        (
            {"v0.mp4": [LabelSpan(0, "red", 0.0, 1.2), LabelSpan(1, "", 0.0, 4.0)]},
            "'red' has 2 positive examples and needs 3 or more",
        ),
        (
            {"v0.mp4": [LabelSpan(0, "red", 0.0, 4.0), LabelSpan(1, "", 0.0, 4.0)]},
            "All positive examples of 'red' are of one source (v0.mp4)",
        ),
    ],
)
def test_too_little_is_an_error_that_says_what_to_do(trained, training, tmp_path, spans, message):
    folder = OwnFolder(shutil.copytree(trained[0].path, tmp_path / "mine"))
    relabelled(folder, lambda one: replace(one, spans=tuple(spans.get(one.video, ()))))

    with pytest.raises(InputError) as caught:
        train_own(folder.path, training, progress=False)

    assert message in str(caught.value)


def test_one_video_trains_unchecked(trained, training, tmp_path):
    folder = OwnFolder(shutil.copytree(trained[0].path, tmp_path / "mine"))
    relabelled(folder, lambda one: one if one.video == "v0.mp4" else replace(one, spans=()))

    train_own(folder.path, replace(training, is_unchecked=True), progress=False)

    content = json.loads((folder.model_path / "model.json").read_text())
    assert content["thresholds"] == {"red": 0.5}
    assert content["figures"]["out_of_fold"]["mean_ap"] is None


def test_a_video_that_was_renamed_is_trained_on(trained, training, tmp_path):
    folder = OwnFolder(shutil.copytree(trained[0].path, tmp_path / "mine"))
    relabelled(folder, lambda one: one)
    (folder.path / "v2.mp4").rename(folder.path / "renamed.mp4")
    (folder.path / "v3.mp4").unlink()
    lines = []

    examples = load(folder, training, log=lines.append)

    known = set(np.unique(examples.videos).tolist())
    assert "v3.mp4" not in known
    assert any("v3.mp4" in line for line in lines)


def test_views_and_classes_must_exist(trained, training):
    folder, _ = trained

    with pytest.raises(InputError, match=r"--views must be among crop, .* got 'face'"):
        load(folder, training, views=("face",))
    with pytest.raises(InputError, match="--classes: 'blue' is not a class"):
        train_own(folder.path, OwnTraining(classes=("blue",)), progress=False)


def test_a_folder_without_a_model_says_how_to_train(tmp_path):
    (tmp_path / "mine").mkdir()

    with pytest.raises(InputError, match=r"has no trained model.*Run 'stad train"):
        zoo.open_model(str(tmp_path / "mine"))
