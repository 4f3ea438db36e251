"""What a user reads of an error, and the exit code that goes with it."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from stad.errors import InputError, run_script

ROOT = Path(__file__).resolve().parents[1]


class Broken(Dataset):
    """Nothing in it can be read."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        raise InputError("expected: a video, came: a poem")


def load(num_workers):
    torch.set_num_threads(1)
    list(DataLoader(Broken(), num_workers=num_workers))


@pytest.mark.parametrize("num_workers", [0, 1])
def test_an_error_in_a_process_of_the_loader_reads_as_one_in_this_process(capsys, num_workers):
    with pytest.raises(SystemExit) as stopped:
        run_script(lambda: load(num_workers))
    assert stopped.value.code == 2
    assert capsys.readouterr().err == "error: expected: a video, came: a poem\n"


def test_a_reader_of_stdout_that_has_ended_ends_the_script_silently(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from stad.errors import run_script\n"
        "sys.stdin.readline()\n"
        "run_script(lambda: print('a result'))\n"
    )
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    process.stdin.write(b"now\n")
    process.stdin.close()
    assert (process.wait(timeout=30), process.stderr.read()) == (141, b"")


def test_a_broken_pipe_of_something_else_keeps_its_traceback():
    def main():
        raise BrokenPipeError("of a socket")

    with pytest.raises(BrokenPipeError, match="of a socket"):
        run_script(main)
