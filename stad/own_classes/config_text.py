"""Write a config as Python that mmengine and people read."""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType
from typing import Any

INDENT = "    "
MAX_WIDTH = 100


def config_text(title: str, values: Mapping[str, Any]) -> str:
    """Return the text of a config file.

    Args:
        title: its first line.
        values: names and their values: dicts, lists, classes, functions, numbers, text, None.

    >>> print(config_text("A config.", {"model": {"type": dict, "size": [1, 2]}}), end="")
    # A config.
    <BLANKLINE>
    from builtins import dict
    <BLANKLINE>
    model = dict(type=dict, size=[1, 2])
    """
    imports = sorted({(one.__module__, one.__name__) for one in _classes(values)})
    lines = [f"# {title}", ""]
    lines += [f"from {module} import {name}" for module, name in imports]
    lines += ["", *(f"{name} = {_text(one, '', name + ' = ')}" for name, one in values.items())]
    return "\n".join(lines) + "\n"


def _classes(value: Any) -> list[Any]:
    """Return the classes and functions in a value."""
    if isinstance(value, type | FunctionType):
        return [value]
    if isinstance(value, Mapping):
        return [found for one in value.values() for found in _classes(one)]
    if isinstance(value, list | tuple):
        return [found for one in value for found in _classes(one)]
    return []


def _text(value: Any, indent: str, before: str = "") -> str:
    """Return Python for a value, over several lines where one is too long."""
    if isinstance(value, type | FunctionType):
        return value.__name__
    if isinstance(value, Mapping):
        is_plain = all(str(key).isidentifier() for key in value)
        opening, closing = ("dict(", ")") if is_plain else ("{", "}")
        keys = [f"{key}=" if is_plain else f"{key!r}: " for key in value]
        parts = list(zip(keys, value.values(), strict=True))
    elif isinstance(value, list | tuple):
        opening, closing = "[", "]"
        parts = [("", one) for one in value]
    else:
        return repr(value)
    line = opening + ", ".join(key + _text(one, indent) for key, one in parts) + closing
    if len(indent + before + line) < MAX_WIDTH and "\n" not in line:
        return line
    inner = indent + INDENT
    rows = [f"{inner}{key}{_text(one, inner, key)}," for key, one in parts]
    return "\n".join([opening, *rows, indent + closing])
