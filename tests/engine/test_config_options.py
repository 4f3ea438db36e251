"""KEY=VALUE pairs of the command line, and words that are none."""

import argparse

import pytest

from stad.engine.config_options import ConfigOptions


def parse(*words):
    parser = argparse.ArgumentParser()
    parser.add_argument("--cfg-options", nargs="+", action=ConfigOptions, default={})
    return parser.parse_args(["--cfg-options", *words]).cfg_options


def test_pairs_become_keys_with_values_of_their_types():
    assert parse("a.b=1", "c=[1,2]", "d=x=y") == {"a.b": 1, "c": [1, 2], "d": "x=y"}


@pytest.mark.parametrize("word", ["foo", "=1", "foo="])
def test_another_word_is_an_error_with_exit_code_2(word, capsys):
    with pytest.raises(SystemExit) as stopped:
        parse("a=1", word)
    assert stopped.value.code == 2
    assert f"expected KEY=VALUE, such as train_cfg.max_epochs=5, got '{word}'" in (
        capsys.readouterr().err
    )
