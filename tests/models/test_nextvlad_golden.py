"""NeXtVLAD equals the original code of its authors and of Paddle, on its stored numbers."""

import re

import numpy as np
import pytest
import torch

from stad.engine.clipping import clip_each
from stad.models.feature_preprocessor import FeaturePreprocessor
from stad.zoo.mapping import map_keys
from stad.zoo.tagger_names import rename_authors
from tests.models.nextvlad_golden import build, inputs_of, open_golden

MODES = ("infer_padded", "infer_full", "train_full", "train_padded")


def loaded(name, mode, *, variant="authors"):
    """The network with its weights, the stored numbers and the inputs of a mode."""
    numbers, sizes, weights = open_golden(name)
    model = build(sizes, variant=variant).train(mode.startswith("train"))
    model.load_state_dict(map_keys(weights, model.state_dict()))
    return model, numbers, inputs_of(numbers, sizes, mode)


def check_gradients(model, numbers, mode):
    """The norm of the gradient of every weight but those of batch norm before batch norm."""
    gradients = {name: one.grad for name, one in model.named_parameters()}
    names, norms = numbers[f"{mode}/grad_names"].tolist(), numbers[f"{mode}/grad_norms"]
    assert {rename_authors(name) for name in names} == set(gradients)
    for name, norm in zip(names, norms, strict=True):
        if not name.endswith("vlad_bn/beta"):
            found = gradients[rename_authors(name)].norm().item()
            assert found == pytest.approx(norm, rel=1e-4, abs=1e-6), name


def check_statistics(model, numbers, mode, *, name):
    """The running statistics after one step.

    torch stores the unbiased variance of n rows, the authors' code the biased one, except in gating
    and mixing.
    """
    state, prefix = model.state_dict(), f"{mode}/after_update:"
    _, sizes, before = open_golden(name)
    keys = [key for key in numbers.files if key.startswith(prefix)]
    assert len(keys) >= 8
    for key in keys:
        name = key.removeprefix(prefix)
        expected = numbers[key]
        if name.endswith("moving_variance") and not re.search("gating|mix_", name):
            rows = sizes["B"] * (sizes["T"] if "cluster_bn" in name else 1)
            old = 0.999 * before[name].numpy()
            expected = old + (expected - old) * rows / (rows - 1)
        found = state[rename_authors(name)]
        np.testing.assert_allclose(found, expected, atol=2e-6, err_msg=name)


@pytest.mark.parametrize("mode", MODES)
def test_the_authors_network(mode):
    model, numbers, (frames, mask, _) = loaded("small", mode)
    with torch.no_grad():
        vectors = model.network.vectors(frames, mask)
        logits = model.score_frames(frames, mask)
    np.testing.assert_allclose(vectors, numbers[f"{mode}/vlad_normalized"], atol=2e-5)
    np.testing.assert_allclose(logits, numbers[f"{mode}/logits"], atol=2e-5)
    scores = model.probabilities(logits)
    np.testing.assert_allclose(scores, numbers[f"{mode}/predictions"], atol=1e-5)


@pytest.mark.parametrize("mode", MODES)
def test_the_authors_losses_gradients_and_statistics(mode):
    model, numbers, batch = loaded("small", mode)
    losses = model.training_losses(*batch)
    names = {"loss": "label_loss", "loss_l2": "l2_loss"}
    expected = {key: float(numbers[f"{mode}/{name}"]) for key, name in names.items()}
    assert {key: one.item() for key, one in losses.items()} == pytest.approx(expected, rel=1e-5)
    total = torch.stack(list(losses.values())).sum()
    assert total.item() == pytest.approx(float(numbers[f"{mode}/final_loss"]), rel=1e-5)
    if model.training:
        total.backward()
        check_gradients(model, numbers, mode)
        check_statistics(model, numbers, mode, name="small")


@pytest.mark.parametrize("mode", ["train_full", "train_padded"])
def test_five_steps_of_adam_follow_the_authors(mode):
    model, numbers, batch = loaded("small", mode)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    found = []
    for _ in range(6):
        losses = model.training_losses(*batch)
        found.append(losses["loss"].item())
        optimizer.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        clip_each(list(model.parameters()), max_norm=1.0)
        optimizer.step()
    np.testing.assert_allclose(found, numbers[f"{mode}/step_label_losses"], rtol=2e-4)
    assert found[-1] < found[0] - 1


@pytest.mark.parametrize("mode", MODES)
def test_padding_changes_nothing_but_the_authors_statistics(mode):
    model, numbers, (frames, mask, _) = loaded("small", mode, variant="masked")
    with torch.no_grad():
        logits = model.score_frames(frames, mask)
        # Whatever the padding holds.
        model, *_ = loaded("small", mode, variant="masked")
        other = model.score_frames(frames + 5 * ~mask[..., :1], mask)
    torch.testing.assert_close(logits, other, atol=1e-6, rtol=0)
    difference = np.abs(logits.numpy() - numbers[f"{mode}/logits"]).max()
    assert difference > 0.01 if mode == "train_padded" else difference < 2e-5


@pytest.mark.parametrize("mode", MODES)
def test_the_authors_mixture(mode):
    model, numbers, batch = loaded("mix", mode)
    with torch.no_grad():
        logits, branches = model.mixed_logits(*batch[:2])
    np.testing.assert_allclose(logits.sigmoid(), numbers[f"{mode}/predictions"], atol=2e-6)
    if model.training:
        for i, one in enumerate(branches):
            expected = numbers[f"{mode}/aux_predictions_{i}"]
            np.testing.assert_allclose(one.sigmoid(), expected, atol=2e-6)


@pytest.mark.parametrize("mode", ["train_full", "train_padded"])
def test_the_mixture_learns_as_the_authors_does(mode):
    model, numbers, batch = loaded("mix", mode)
    losses = model.training_losses(*batch)
    labels = [losses["loss"], *(losses[f"loss_branch{i}"] for i in range(3))]
    assert len(losses) == 6
    for found, name in (
        (losses["loss"], "label_loss_main"),
        (torch.stack(labels).sum(), "label_loss"),
        (losses["loss_distillation"], "kl_loss"),
        (losses["loss_l2"], "l2_loss"),
    ):
        assert found.item() == pytest.approx(float(numbers[f"{mode}/{name}"]), rel=1e-5)
    torch.stack(list(losses.values())).sum().backward()
    check_gradients(model, numbers, mode)
    check_statistics(model, numbers, mode, name="mix")


@torch.no_grad()
def test_a_mixture_without_the_authors_padding_ignores_it():
    model, numbers, (frames, mask, _) = loaded("mix", "infer_padded", variant="masked")
    logits = model.score_frames(frames, mask)
    other = model.score_frames(frames + 5 * ~mask[..., :1], mask)
    torch.testing.assert_close(logits, other, atol=1e-6, rtol=0)
    assert np.abs(logits.sigmoid().numpy() - numbers["infer_padded/predictions"]).max() > 1e-3


@torch.no_grad()
def test_the_published_setting_from_bytes_to_logits():
    """The setting of the authors: 88,889,378 weights, records through their reader."""
    numbers, sizes, weights = open_golden("standard")
    model = build(sizes).eval()
    model.load_state_dict(map_keys(weights, model.state_dict()))
    count, total = sizes["T"], sizes["VD"] + sizes["AD"]
    q = np.random.RandomState(sizes["seed"]).randint(0, 256, (sizes["B"], count, total))
    assert q.sum() == numbers["q_sum"]
    preprocessor = FeaturePreprocessor(
        [{"channels": sizes["VD"], "eigenvalues": "youtube8m"}, {"channels": sizes["AD"]}]
    )
    num_frames = [(n, n) for n in numbers["num_frames"].tolist()]
    frames, mask = preprocessor.normalise(torch.from_numpy(q.astype(np.uint8)), num_frames)
    for name, found in (
        ("normalised_frame0_first8", frames[:, 0, :8]),
        ("normalised_frame0_audio_first8", frames[:, 0, sizes["VD"] : sizes["VD"] + 8]),
        ("normalised_last_frame_first8", frames[:, -1, :8]),
    ):
        np.testing.assert_allclose(found, numbers[name], atol=2e-6)
    logits = model.score_frames(frames, mask)
    np.testing.assert_allclose(logits, numbers["logits"], atol=2e-5)
