"""Machines with fewer instructions, packages or cores: the same scores, from whatever runs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stad.inference.cpu import ISA_VARIABLE, available_sets, read_cpuinfo
from tests.videos import write_video

ROOT = Path(__file__).resolve().parents[3]
# Blocks packages, annotates, and prints the runtime and the scores of the keyframes.
JOB = """
import json, logging, sys
for name in json.loads(sys.argv[1]):
    sys.modules[name] = None
import torch
import stad
from stad.inference import annotation, build
torch.manual_seed(0)
said = []
build_models = build.build_models
def build_and_note(*args, log, **options):
    models = build_models(*args, log=said.append, **options)
    said.append(models.runtime + " " + models.precision)
    return models
annotation.build_models = build_and_note
run = stad.annotate(
    sys.argv[2], model="tests/data/tiny_detector.py", weights=None, detector="whole_frame",
    precision=sys.argv[3],
)
scores = [r.keyframe.scores.tolist() for r in run if r.keyframe is not None]
print(json.dumps([said[-1], scores]))
"""


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("machines") / "v.mp4", num_frames=30, fps=10)


def annotate(video, home, *, blocked=(), precision="float32", limit=None, prefix=()):
    """Annotate in a process of its own: what ran, and the scores."""
    environment = {name: value for name, value in os.environ.items() if name != ISA_VARIABLE}
    environment |= {"STAD_HOME": str(home), "PYTHONPATH": str(ROOT)}
    if limit is not None:
        environment[ISA_VARIABLE] = limit
    command = [*prefix, sys.executable, "-c", JOB, json.dumps(blocked), str(video), precision]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    ran, scores = json.loads(done.stdout.splitlines()[-1])
    return ran, np.array(scores)


@pytest.fixture(scope="module")
def in_torch(video, tmp_path_factory):
    """The scores of a machine with torch alone."""
    ran, scores = annotate(
        video, tmp_path_factory.mktemp("home"), blocked=("openvino", "onnxruntime")
    )
    assert ran == "torch float32"
    assert scores.shape[0] == 4
    return scores


@pytest.mark.slow
def test_without_openvino(video, tmp_path, in_torch):
    ran, scores = annotate(video, tmp_path, blocked=("openvino",))
    # So small a network may be faster in torch.
    assert ran in ("onnxruntime float32", "torch float32")
    np.testing.assert_allclose(scores, in_torch, rtol=0, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("limit", available_sets(read_cpuinfo()[1]))
def test_under_each_instruction_set(video, tmp_path, in_torch, limit):
    _, scores = annotate(video, tmp_path, limit=limit)
    np.testing.assert_allclose(scores, in_torch, rtol=0, atol=1e-4)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("taskset") is None, reason="taskset is not installed")
def test_on_one_core(video, tmp_path, in_torch):
    _, scores = annotate(video, tmp_path, prefix=("taskset", "-c", "0"))
    np.testing.assert_allclose(scores, in_torch, rtol=0, atol=1e-4)


@pytest.mark.slow
def test_a_choice_of_precision_keeps_the_scores(video, tmp_path, in_torch):
    _, scores = annotate(video, tmp_path, precision="auto")
    np.testing.assert_allclose(scores, in_torch, rtol=0, atol=0.05)
