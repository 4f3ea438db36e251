"""Files that are not configs: one error that says why."""

import pytest

from stad.errors import InputError
from stad.zoo.configs import read_config

BASED = "from mmengine.config import read_base\nwith read_base():\n"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("notes.md", "# notes", r"notes\.md is not a config file\. Give a Python file"),
        ("a.py", "model = (", r"a\.py cannot be read as a config \(SyntaxError: .* line 1\)"),
        ("a.py", "model = dict(x=missing)", r"\(NameError: name 'missing' is not defined\)"),
        (
            "a.py",
            f"{BASED}    from .none import *\n",
            r"cannot be read as a config \(ConfigParsingError",
        ),
        ("a.json", "{", r"cannot be read as a config \(JSONDecodeError"),
    ],
)
def test_what_is_not_a_config(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=said):
        read_config(tmp_path / name)


def test_a_config_is_read(tmp_path):
    (tmp_path / "a.py").write_text("model = dict(depth=50)\n")
    assert read_config(str(tmp_path / "a.py")).model.depth == 50
