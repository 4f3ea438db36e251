"""A tiny model and two tracked people, for the commands that annotate and watch."""

from __future__ import annotations

import pytest
import torch

from stad import zoo
from tests.cli.scripts import ROOT

CONFIG = str(ROOT / "tests" / "data" / "tiny_detector.py")


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> str:
    """A checkpoint of the tiny model with weights by a seed."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.pth"
    torch.save({"state_dict": zoo.load(CONFIG, weights=None).state_dict()}, path)
    return str(path)


@pytest.fixture
def boxes(tmp_path) -> str:
    """Two people a second apart, in pixels, with ids."""
    path = tmp_path / "boxes.csv"
    rows = ["time_sec,x1,y1,x2,y2,actor_id"]
    for second in range(4):
        rows += [f"{second},{10 + 5 * second},20,{50 + 5 * second},110,1"]
        rows += [f"{second},{100 - 5 * second},20,{140 - 5 * second},110,2"]
    path.write_text("\n".join(rows))
    return str(path)
