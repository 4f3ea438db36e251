"""Damaged media: every file is read as far as it decodes, with a warning, or refused in a line."""

from __future__ import annotations

import os
import time

import pytest

from tests.robustness.media_runs import counts, fault_of, is_silent, make_damaged, run_files

pytestmark = pytest.mark.robust

# Formats that state neither their length nor a number of frames, and damage that takes bytes away:
# what is left may be a whole, shorter file.
UNSTATED = ("ts", "mpg", "fragments")
TAKEN = ("truncated", "headless", "removed", "tiny", "absurd")
# Of the files that can be read: in Matroska, a hole may have the shape of a pause.
MAX_SILENT = 0.02


def check(results: list[dict], *, num_files: int) -> None:
    faults = [f"{one['job']} {one['file']}: {fault_of(one)}" for one in results if fault_of(one)]
    assert faults == []
    assert len(results) == 3 * num_files
    annotated = [one for one in results if one["job"] == "annotate" and one["code"] == 0]
    silent = [one["file"] for one in annotated if is_silent(one) and not may_be_whole(one["file"])]
    assert len(silent) <= MAX_SILENT * len(annotated) + 1, silent


def may_be_whole(name: str) -> bool:
    _, source, *damages = name.partition(".")[0].split("-")
    return source.startswith(UNSTATED) and any(one in TAKEN for one in damages)


def test_some_files_of_every_container_and_damage(tmp_path):
    paths = make_damaged(tmp_path / "files", seed=3, count=60)
    check(run_files(paths, tmp_path), num_files=60)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [int(os.environ.get("STAD_DAMAGE_SEED", "1"))])
def test_a_thousand_files(tmp_path, seed, record_property):
    begin_sec = time.monotonic()
    paths = make_damaged(tmp_path / "files", seed=seed, count=1000)
    results = run_files(paths, tmp_path, workers=2)
    lines = [f"{count:6d} {name}" for name, count in sorted(counts(results).items())]
    lines.append(f"1000 files of seed {seed} in {time.monotonic() - begin_sec:.0f} s")
    record_property("counts", "\n".join(lines))
    check(results, num_files=1000)
