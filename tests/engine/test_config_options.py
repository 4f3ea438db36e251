"""KEY=VALUE pairs of the command line, and words that are not one."""

import pytest

from stad.cli.arguments import parse as parse_options
from stad.cli.train_options import ConfigOptions
from stad.engine.config_options import read_changes
from stad.errors import run_script


def parse(*words):
    return read_changes(parse_options(ConfigOptions, ["--cfg-options", *words]).cfg_options)


def test_pairs_become_keys_with_values_of_their_types():
    assert parse("a.b=1", "c=[1,2]", "d=x=y") == {"a.b": 1, "c": [1, 2], "d": "x=y"}


def test_pairs_of_repeated_options_add_up():
    assert parse("a=1", "b=2", "--cfg-options", "c=3", "a=4") == {"a": 4, "b": 2, "c": 3}


@pytest.mark.parametrize("word", ["foo", "=1", "foo="])
def test_another_word_is_an_error_with_exit_code_2(word, capsys):
    with pytest.raises(SystemExit) as stopped:
        run_script(lambda: parse("a=1", word))
    assert stopped.value.code == 2
    assert f"expected KEY=VALUE, such as train_cfg.max_epochs=5, got '{word}'" in (
        capsys.readouterr().err
    )
