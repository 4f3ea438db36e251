"""The networks of the zoo that can be converted give torch's logits in every runtime."""

import os

import pytest

from benchmarks.runtimes import REFERENCE, compare, convertible_names
from stad import zoo

# Small clips; TimeSformer's position embeddings and S3D need those of the config.
SMALL_PX = (64, 80)
WHOLE = ("timesformer", "s3d", "mvit")
# One network of each kind of layer is tried: these have the layers of another, more of them, or
# other clips. ``STAD_ALL_NETWORKS=1`` tries them as well, which takes twice as long.
RELATED = (
    *("vit_l16", "vit_b16_avakinetics", "videomae_vit_b16", "videomae2_vit_b16"),
    *("hiera_bplus", "hiera_l", "hiera_h", "swin3d_s", "swin3d_b", "mvit_v1"),
    *("x3d_l", "x3d_m", "ircsn_r101", "ircsn_r152", "ipcsn", "r3d_18", "mc3_18"),
    *("slowfast_r50_8x8_ava", "slowfast_r50_4x16_ava", "slowfast_r101", "multisports"),
    *("slowfast_r50_4x16_k400", "slowfast_r50_8x8_k400", "slowfast_r50_8x8_pyslowfast_k400"),
    *("slowonly_r50_4x16", "slowonly_r101", "slow_r50", "8x8_context_k700", "context_tmax_k700"),
    *("8x8_tmax_ava22", "8x8_k400_avakinetics", "jointst", "spaceonly"),
)
EVERY = "STAD_ALL_NETWORKS" in os.environ


def networks():
    """Return the name of one model for each different network."""
    seen, names = set(), []
    for name in convertible_names():
        if not EVERY and any(part in name for part in RELATED):
            continue
        text = repr(zoo.load(name, weights=None))
        if text not in seen:
            seen.add(text)
            names.append(name)
    return names


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("STAD_HOME", str(tmp_path / "home"))


@pytest.mark.slow
def test_logits_are_those_of_torch():
    tried = []
    for name in networks():
        size = None if name.startswith(WHOLE) else SMALL_PX
        ways = {way.name: way for way in compare(name, rounds=1, clip_px=size)}
        torch_half = ways.pop("torch bfloat16")
        assert ways.pop(REFERENCE).difference == 0
        for way in ways.values():
            if way.name.endswith("float32"):
                assert way.largest <= 1e-4 * max(1.0, way.scale), (name, way)
                assert way.same_best, (name, way)
            else:
                # Rounding differs from one library to the next by as much as from float32.
                assert way.difference <= max(2 * torch_half.difference, 0.02), (name, way)
        tried.append(name)
    assert len(tried) >= 18
