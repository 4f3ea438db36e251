"""Runs on rendered motion: a row comes out, and what was done is not done again."""

import json

import pytest

from benchmarks.motion_comparison import (
    RESULT_FILE,
    RUNS,
    MotionResult,
    as_markdown,
    check_run,
    run_motion,
)
from benchmarks.motion_files import write_motion_dataset
from stad.errors import InputError
from stad.zoo import config_dir


def test_every_run_has_a_config_and_a_name_of_its_own():
    assert all((config_dir() / run.config).is_file() for run in RUNS.values())
    assert len({run.title for run in RUNS.values()}) == len(RUNS)
    with pytest.raises(InputError, match=r"There is no run 'slow'\. Choose one of tsn, tsm_online"):
        check_run("slow")


def test_a_row_has_the_mean_and_the_spread():
    rows = [MotionResult(1_500_000, 0.5, 0.75, 1.0, 3), MotionResult(1_500_000, 0.6, 0.85, 0.5, 4)]
    assert as_markdown({"slowonly": rows[:1], "slowfast": rows}).splitlines()[2:] == [
        "| Slow only | 1.50 M | 0.500 | 0.750 | 1.000 |",
        "| SlowFast, beta 1/4, time-strided conv | 1.50 M | 0.550 (0.500 to 0.600) | "
        "0.800 (0.750 to 0.850) | 0.750 (0.500 to 1.000) |",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "has_spins"), [("tsm", False), ("slowonly", True)])
def test_a_run_trains_and_is_read_the_next_time(tmp_path, name, has_spins):
    write_motion_dataset(tmp_path / "data", num_train=20, num_val=10)
    first = run_motion(name, tmp_path / "data", tmp_path / "work", seed=3, epochs=1)
    assert 0 <= first.top1 <= first.right_way <= 1
    assert (first.right_way_spins is not None) == has_spins
    path = tmp_path / "work" / f"{name}_seed3" / RESULT_FILE
    assert MotionResult(**json.loads(path.read_text())) == first
    written = path.stat().st_mtime_ns
    again = run_motion(name, tmp_path / "data", tmp_path / "work", seed=3, epochs=1)
    assert again == first
    assert path.stat().st_mtime_ns == written
