"""NeXtVLADs of other projects: their files give their scores, and what does not fit is told."""

import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from stad.errors import InputError
from stad.zoo.loading import load_weights
from stad.zoo.mapping import map_keys
from stad.zoo.tagger_names import convert_tagger
from tests.models.nextvlad_golden import build, inputs_of, open_golden


def paddle_file(path, weights, **changes):
    """Write a file as Paddle does: a pickle of names and arrays."""
    content = {name: value.numpy() for name, value in weights.items()} | changes
    # The original holds the scale of the input as well.
    content.setdefault("eigen_param", np.ones(32, np.float32))
    path.write_bytes(pickle.dumps(content, protocol=2))
    return path


def test_paddles_file_gives_paddles_logits(tmp_path):
    numbers, sizes, weights = open_golden("paddle_small")
    model = build(sizes, variant="paddle", dropout=0.5).eval()
    load_weights(model, paddle_file(tmp_path / "NEXTVLAD.pdparams", weights))
    counts = torch.from_numpy(numbers["num_frames"])
    generator = torch.Generator().manual_seed(int(numbers["seed"]))
    shape = (len(counts), int(counts.max()), sizes["VD"] + sizes["AD"])
    frames = torch.randn(shape, generator=generator)
    mask = (torch.arange(shape[1]) < counts[:, None])[..., None].expand(-1, -1, 2)
    with torch.no_grad():
        logits = model.score_frames(frames, mask)
    np.testing.assert_allclose(logits, numbers["logits"], atol=2e-5)
    np.testing.assert_allclose(logits.sigmoid(), numbers["predictions"], atol=1e-5)


@pytest.mark.parametrize("name", ["small", "mix"])
def test_the_authors_names_in_a_file(tmp_path, name):
    numbers, sizes, weights = open_golden(name)
    save_file(weights, tmp_path / "authors.safetensors")
    model = build(sizes, variant="authors").eval()
    load_weights(model, tmp_path / "authors.safetensors")
    frames, mask, _ = inputs_of(numbers, sizes, "infer_padded")
    with torch.no_grad():
        scores = model.score_frames(frames, mask).sigmoid()
    np.testing.assert_allclose(scores, numbers["infer_padded/predictions"], atol=2e-6)


@pytest.mark.parametrize("variant", ["masked", "paddle"])
def test_every_tensor_of_stads_own_comes_back(tmp_path, variant):
    _, sizes, _ = open_golden("small")
    model = build(sizes, variant=variant)
    state = model.state_dict()
    torch.save({"state_dict": state}, tmp_path / "own.pth")
    other = build(sizes, variant=variant)
    load_weights(other, tmp_path / "own.pth")
    assert all(torch.equal(one, state[name]) for name, one in other.state_dict().items())


def test_a_matrix_is_transposed_and_half_of_paddles_dropout_goes_to_the_hidden_layer():
    hidden, classifier = torch.arange(6.0).reshape(3, 2), torch.arange(4.0).reshape(2, 2)
    centres = torch.arange(6.0).reshape(2, 3)
    found = convert_tagger(
        {
            "hidden1_fc_weights": hidden,
            "logits_clf_weights": classifier,
            "audio_cluster_weights2": centres,
            "batch_norm_3.w_2": torch.ones(2),
        }
    )
    assert found["network.hidden.weight"].tolist() == [[0, 1, 2], [0.5, 1.5, 2.5]]
    assert found["network.head.fc_cls.weight"].tolist() == [[0, 2], [1, 3]]
    assert found["network.aggregators.audio.clusters.centres"].tolist() == centres.T.tolist()
    assert "network.aggregators.audio.norm.running_var" in found
    other = {"head.fc_cls.weight": hidden}
    assert convert_tagger(other) == other


def test_what_does_not_fit_is_listed(tmp_path):
    _, sizes, weights = open_golden("paddle_small")
    path = paddle_file(tmp_path / "a.pdparams", weights, strange=np.ones(3, np.float32))
    with pytest.raises(InputError, match="1 left over: strange"):
        load_weights(build(sizes, variant="paddle"), path)
    # The authors' audio has half the clusters.
    with pytest.raises(InputError, match=r"of another shape: .*aggregators\.audio"):
        load_weights(build(sizes), paddle_file(tmp_path / "b.pdparams", weights))
    _, sizes, weights = open_golden("small")
    del weights["tower/gating_weights_1"]
    model = build({**sizes, "C": 7})
    with pytest.raises(InputError, match="scores 20 classes, but the model has 7") as error:
        map_keys(weights, model.state_dict(), origin="a.npz")
    assert "1 missing: network.gating.reduce.weight" in str(error.value)


def test_a_pickle_that_could_run_code_is_refused(tmp_path):
    _, sizes, weights = open_golden("paddle_small")
    path = paddle_file(tmp_path / "a.pdparams", weights, other=print)
    with pytest.raises(InputError, match=r"asks for .*print"):
        load_weights(build(sizes, variant="paddle"), path)
