"""Small trainings: they learn, give the same for the same seed, and are checked by source."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from stad.errors import InputError
from stad.tagging.evaluation import choose_num_folds, evaluate_taggers
from stad.tagging.examples import batch_of
from stad.tagging.network import NetworkSize, network_config
from stad.tagging.training import DEFAULT_EPOCHS, TagTraining, fit_tagger, score_videos
from tests.tagging.made import made_examples

SMALL = TagTraining(size=NetworkSize(clusters=8, groups=2, hidden=32, dropout=0.3), max_epochs=20)


@pytest.fixture(scope="module")
def fitted():
    return fit_tagger(made_examples(), SMALL)


def test_it_learns_what_a_few_seconds_show(fitted):
    unseen = made_examples(seed=1)
    scores = score_videos(fitted.model, unseen.frames)
    assert (scores.argmax(dim=1).numpy() == unseen.labels.argmax(axis=1)).mean() > 0.9


def test_each_video_is_checked_by_what_has_not_seen_its_source(fitted):
    examples = made_examples()
    assert sorted(fitted.checked.tolist()) == list(range(len(examples)))
    assert fitted.checked_scores.shape == (48, 3)
    assert 1 <= fitted.num_epochs <= len(fitted.losses) <= 20
    assert fitted.losses[fitted.num_epochs - 1] == min(fitted.losses)


def test_equal_seeds_give_equal_weights(fitted):
    torch.manual_seed(7)
    before = torch.get_rng_state()
    again = fit_tagger(made_examples(), SMALL)
    assert torch.equal(torch.get_rng_state(), before)
    for one, other in zip(
        fitted.model.state_dict().values(), again.model.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)


def test_a_single_source_is_not_checked():
    examples = made_examples(num_videos=12)
    examples = replace(examples, sources=np.full(12, "s"))
    found = fit_tagger(examples, SMALL)
    assert (found.num_epochs, found.losses, len(found.checked)) == (DEFAULT_EPOCHS, (), 0)
    with pytest.raises(InputError, match=r"All labelled videos are of one source \(s\)"):
        choose_num_folds(examples)


def test_a_long_video_has_the_scores_of_its_best_part(fitted):
    first, second = made_examples().frames[:2]
    quiet = np.full((300, first.shape[1]), 128, np.uint8)
    whole = score_videos(fitted.model, [np.concatenate((quiet, first))])
    parts = score_videos(fitted.model, [quiet, first])
    torch.testing.assert_close(whole[0], parts.amax(dim=0))
    # Videos of a batch do not change each other's scores.
    torch.testing.assert_close(
        score_videos(fitted.model, [first, second[:5]])[1],
        score_videos(fitted.model, [second[:5]])[0],
        atol=1e-5,
        rtol=1e-4,
    )


def test_a_batch_masks_what_is_missing(fitted):
    _, mask = batch_of(made_examples().frames[:1], fitted.model.data_preprocessor)
    assert mask.shape == (1, 20, 1)
    assert mask.all()
    _, mask = batch_of(made_examples().frames[:1], fitted.model.data_preprocessor, present=(False,))
    assert not mask.any()


def test_groups_divide_any_number_of_components():
    config = network_config(
        "nextvlad",
        NetworkSize(groups=4),
        modalities=[{"name": "rgb", "channels": 9}],
        eigenvalues=np.array([4.0, 1.0]),
        num_classes=2,
    )
    assert config["modalities"][0]["aggregator"]["groups"] == 2
    assert config["data_preprocessor"]["modalities"][0]["eigenvalues"] == [1.0, 0.25]
    with pytest.raises(InputError, match="--aggregator must be nextvlad, netvlad or mean_pooling"):
        network_config("best", NetworkSize(), modalities=[], eigenvalues=np.ones(1), num_classes=1)


def test_evaluation_compares_with_mean_pooling_and_a_guess():
    examples = made_examples()
    options = replace(SMALL, max_epochs=15)
    found = evaluate_taggers(examples, options, num_folds=2, num_seeds=1).to_json()
    figures = {name: one["accuracy"]["mean"] for name, one in found["figures"].items()}
    assert set(figures) == {"nextvlad", "mean_pooling", "majority"}
    assert figures["nextvlad"] > 0.8
    # Each source has two videos of each class.
    assert figures["majority"] == pytest.approx(1 / 3, abs=1e-3)
    assert [one["videos"] for one in found["classes"]["nextvlad"]] == [16, 16, 16]
    assert (found["sources"], found["folds"], found["single_label"]) == (8, 2, True)
