"""Every network in float32 and bfloat16 under each instruction set that this machine offers.

Where oneDNN does not compute in bfloat16 (AVX2), torch does so by itself, slowly: only the laterals
and the small networks are computed in it there.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stad.inference.cpu import INSTRUCTION_SETS, ISA_VARIABLE, available_sets, read_cpuinfo
from tests.models.configs import LEAVES

ROOT = Path(__file__).resolve().parents[2]
UNLIMITED = "unlimited"
# Without a limit it is the last one. Below AVX2 torch itself computes, not oneDNN.
OFFERED = [
    name
    for name in available_sets(read_cpuinfo()[1])
    if list(INSTRUCTION_SETS).index(name) >= list(INSTRUCTION_SETS).index("AVX2")
]
# With random weights, maps and logits differ by less than 0.02 of their norm.
TOLERANCE = 0.04


def worker_process(instruction_set, names):
    """A process that computes the networks of these configs under an instruction set."""
    environment = {name: value for name, value in os.environ.items() if name != ISA_VARIABLE}
    if instruction_set != UNLIMITED:
        environment[ISA_VARIABLE] = instruction_set
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", "tests.inference.network_worker", *names]
    return subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=1200
    )


def records_of(done):
    """What a worker said; fails with network and precision where it died."""
    records = [
        json.loads(line.removeprefix("RECORD "))
        for line in done.stdout.splitlines()
        if line.startswith("RECORD ")
    ]
    if done.returncode:
        cause = f"exit code {done.returncode}"
        if done.returncode < 0:
            cause = signal.Signals(-done.returncode).name
        pytest.fail(f"{cause} in {records[-1:]}: {done.stderr[-2000:]}")
    return records


@pytest.mark.slow
@pytest.mark.parametrize("instruction_set", [UNLIMITED, *OFFERED[:-1]])
def test_every_network_in_both_precisions(instruction_set):
    records = records_of(worker_process(instruction_set, LEAVES))
    ends = [one for one in records if "end" in one]
    compared = [one for one in ends if one["differences"] is not None]
    assert len(ends) + len(compared) == sum("begin" in one for one in records)
    assert len(compared) == len(ends) or instruction_set == "AVX2"
    assert all(one["is_finite"] for one in ends if one["differences"] is None)
    names = {one["end"] for one in ends}
    assert {"lateral of 128, 5 by 8", "tsm_ava", "s3d_kinetics"} <= names
    # Configs whose networks are equal are computed once.
    assert any(name.startswith("slowfast_") for name in names)
    # Not a number is not below; and not the same numbers: bfloat16 was at work.
    near = {one["end"]: [0 < each < TOLERANCE for each in one["differences"]] for one in compared}
    assert [(name, one) for name, one in near.items() if not all(one)] == []
