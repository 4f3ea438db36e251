"""A folder may be given to a command of commands without the name of the one for folders."""

import pytest

from stad.cli.commands import Command, add_name, find_command
from stad.errors import InputError

COMMANDS = (Command("data", "m:f", "a folder"), Command("ava", "m:f", "a file"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["data/mine", "--json"], ["data", "data/mine", "--json"]),
        (["folder"], ["data", "folder"]),
        (["folder/"], ["data", "folder/"]),
        (["no_folder"], ["no_folder"]),
        (["no/folder"], ["data", "no/folder"]),
        (["ava", "x"], ["ava", "x"]),
        (["data", "x"], ["data", "x"]),
        (["--help"], ["--help"]),
        ([], []),
    ],
)
def test_the_name_is_added_in_front_of_a_folder(words, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    # A folder with the name of a command does not hide the command.
    (tmp_path / "ava").mkdir()
    assert list(add_name(COMMANDS, words, for_folder="data")) == expected
    assert list(add_name(COMMANDS, words, for_folder="")) == words


def test_the_command_of_a_folder_is_found():
    from stad.cli.main import COMMANDS as ALL

    found = find_command(ALL, ["evaluate", "data/mine", "--json"])
    assert found is not None
    assert (found.name, found.is_supervised) == ("folder", True)
    assert find_command(ALL, ["evaluate", "ava", "--gt", "x"]).name == "ava"


@pytest.mark.parametrize("name", ["check", "evaluate"])
def test_the_name_of_the_command_for_folders_is_that_of_a_command(name):
    from stad.cli.commands import load
    from stad.cli.main import COMMANDS as ALL

    (command,) = (one for one in ALL if one.name == name)
    assert command.for_folder in {one.name for one in load(command.commands)}
    with pytest.raises(InputError, match="There is no folder no/folder"):
        command.run(["no/folder"], prog="stad")
