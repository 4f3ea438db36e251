"""Every network of the zoo that can be converted gives torch's logits in every runtime."""

import pytest

from benchmarks.runtimes import REFERENCE, compare, convertible_names
from stad import zoo

# Small clips; TimeSformer's position embeddings and S3D need those of the config.
SMALL_PX = (64, 80)
WHOLE = ("timesformer", "s3d", "mvit")


def networks():
    """Return the name of one model for each different network."""
    seen, names = set(), []
    for name in convertible_names():
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
    assert len(tried) >= 20
