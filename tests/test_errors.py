"""What a user reads of an error, and the exit code that goes with it."""

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from stad.errors import InputError, run_script


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
