"""Where outputs may go."""

import os

import pytest

from stad.errors import InputError
from stad.utils.files import atomic_write, check_output, write_whole


def test_places_of_outputs(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in ("/dev/null", "/dev/stdout", "/proc/self/fd/1", tmp_path / "pipe"):
        check_output("--json", path)
    for path in ("/proc/self/fd/9999", "/dev/none", "/dev/fd"):
        with pytest.raises(InputError, match="cannot be written to"):
            check_output("--json", path)
    check_output("--json", tmp_path / "new.json")
    (tmp_path / "link.json").symlink_to(tmp_path / "new.json")
    check_output("--json", tmp_path / "link.json")


def test_names_that_are_too_long_are_one_error(tmp_path):
    check_output("--json", tmp_path / f"{'a' * 230}.json")
    for size in (245, 250, 300):
        name = "ä" * (size // 2) + ".json"
        bytes_ = size // 2 * 2 + 5
        with pytest.raises(
            InputError, match=rf"--json: the file name ä+\.\.\. is too long \({bytes_} bytes"
        ):
            check_output("--json", tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", ["nëw\n", "nëw\n".encode(), lambda part: part.write_text("nëw\n")]
)
def test_a_file_is_written_whole(tmp_path, content):
    path = tmp_path / "a.txt"
    path.write_text("old")
    atomic_write(path, content)
    assert path.read_bytes() == "nëw\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_one_error(tmp_path):
    with pytest.raises(InputError, match=r"Cannot write .*none/a\.txt: No such file .*\. Choose"):
        write_whole(tmp_path / "none" / "a.txt", b"new")
