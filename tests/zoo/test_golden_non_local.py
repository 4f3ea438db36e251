"""Detectors with non-local blocks: their owners' weights give their owners' scores."""

import json
import pickle

import numpy as np
import pytest
import torch

from stad import zoo
from stad.zoo.mapping import map_keys
from tests.golden import golden, reference_state
from tests.zoo.names import shapes_of

PYSLOWFAST = "pyslowfast_slowfast_r101_8x8_nl_ava"


@torch.inference_mode()
def scores(model, num_frames, boxes):
    clips = torch.randn(1, 3, num_frames, 96, 128, generator=torch.Generator().manual_seed(0))
    return model.score_actors(clips, [torch.from_numpy(boxes)])[0].numpy()


def test_slow_only_with_non_local_blocks_gives_the_reference_logits(tmp_path):
    numbers = golden("slowonly_nl_r50_4x16_ava")
    path = tmp_path / "slowonly_20220906-5ae3f91b.pth"
    torch.save({"state_dict": reference_state(numbers)}, path)
    model = zoo.load("slowonly_nl_r50_4x16_ava21", weights=path)
    found = scores(model, 4, numbers["boxes"])
    np.testing.assert_allclose(found, numbers["logits"][:, 1:], atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["torch", "caffe2"])
def test_slowfast_with_non_local_blocks_gives_the_reference_logits(tmp_path, kind):
    numbers = golden(PYSLOWFAST)
    state = reference_state(numbers)
    path = tmp_path / "SLOWFAST_32x2_R101_50_50.pkl"
    if kind == "torch":
        config = "NONLOCAL:\n  INSTANTIATION: dot_product\n"
        torch.save({"epoch": 1, "model_state": state, "cfg": config}, path)
    else:
        names = zip(numbers["keys"].tolist(), numbers["caffe2_names"].tolist(), strict=True)
        blobs = {blob: state[name].numpy() for name, blob in names if blob}
        path.write_bytes(pickle.dumps({"blobs": blobs}, protocol=2))
    model = zoo.load("slowfast_r101_8x8_nl_pyslowfast_ava22", weights=path)
    found = scores(model, 32, numbers["boxes"])
    np.testing.assert_allclose(found, numbers["logits"], atol=1e-4)


def test_caffe2s_tensors_go_where_pyslowfasts_go():
    numbers = golden(PYSLOWFAST)
    shapes = json.loads(str(numbers["shapes"]))
    target = shapes_of("slowfast_r101_nl_pyslowfast_ava.py")
    names = zip(numbers["keys"].tolist(), numbers["caffe2_names"].tolist(), strict=True)
    state, blobs = {}, {}
    for number, (name, blob) in enumerate(names):
        state[name] = torch.tensor(float(number)).expand(shapes[name])
        if blob:
            blobs[blob] = state[name]
    mapped, from_blobs = map_keys(state, target), map_keys(blobs, target)
    kept = [name for name in mapped if not name.endswith("num_batches_tracked")]
    assert all(torch.equal(mapped[name], from_blobs[name]) for name in kept)
    # Three biases in front of batch norm are taken into its running mean.
    alone = [name for name in kept if not name.endswith("conv_out.bn.running_mean")]
    distinct = {mapped[name].flatten()[0].item() for name in alone}
    assert (len(kept), len(distinct)) == (len(blobs) - 3, len(blobs) - 6)
    block = "backbone.slow_path.layer3.13.non_local_block"
    number = {name: float(i) for i, name in enumerate(numbers["keys"].tolist())}
    theirs = "s4.pathway0_nonlocal13"
    for ours, name in {"theta.conv.bias": "conv_theta.bias", "conv_out.bn.bias": "bn.bias"}.items():
        assert mapped[f"{block}.{ours}"].flatten()[0] == number[f"{theirs}.{name}"]
    mean = number[f"{theirs}.bn.running_mean"] - number[f"{theirs}.conv_out.bias"]
    assert mapped[f"{block}.conv_out.bn.running_mean"][0] == mean
