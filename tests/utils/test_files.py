"""Where outputs may go."""

import os

import pytest

from stad.errors import InputError
from stad.utils.files import check_output


def test_devices_and_pipes_are_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in ("/dev/null", "/dev/stdout", "/proc/self/fd/1", tmp_path / "pipe"):
        with pytest.raises(InputError, match="is a device or a pipe"):
            check_output("--json", path)
    check_output("--json", tmp_path / "new.json")
    (tmp_path / "link.json").symlink_to(tmp_path / "new.json")
    check_output("--json", tmp_path / "link.json")
