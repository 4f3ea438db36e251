"""Read config files, with one clear error for a file that is not a config."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config

from stad.errors import InputError
from stad.utils.text import first_line
from stad.zoo.lookup import config_dir
from stad.zoo.trust import check_trusted

SUFFIXES = (".py", ".yml", ".yaml", ".json")


def check_config_file(path: Path) -> None:
    """Raise InputError unless there is a config file at ``path``."""
    if not path.is_file():
        raise InputError(
            f"{path}: no such config file. Check the path; stad's own configs are in "
            f"{config_dir()}."
        )
    if path.suffix not in SUFFIXES:
        raise InputError(
            f"{path} is not a config file. Give a Python file such as configs/slowfast_ava.py; "
            f"stad's own configs are in {config_dir()}."
        )


def read_config(path: str | Path) -> Config:
    """Read a config file and the files that it is based on.

    Raises:
        InputError: there is no such file, it is not a config, others can change it (see
            ``check_trusted``), or running it fails.
    """
    path = Path(path)
    check_config_file(path)
    check_trusted(path)
    try:
        return Config.fromfile(path)
    # A config is a program of the user's: it can fail in any way.
    except Exception as error:
        raise InputError(
            f"{path} cannot be read as a config ({type(error).__name__}: {first_line(error)}). "
            "Correct the file, or give another one."
        ) from error


def missing_keys(config: Config, keys: Sequence[str]) -> list[str]:
    """Return those of ``keys`` that a config does not define."""
    return [key for key in keys if key not in config]
