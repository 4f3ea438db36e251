"""Define kinds of options, which turn the words after an option into its value."""

from __future__ import annotations

from typing import Annotated, Any

from tyro.conf import arg
from tyro.constructors import ConstructorRegistry, PrimitiveConstructorSpec, PrimitiveTypeInfo

NUMBERS = {int: "a whole number", float: "a number"}


def option(help: str, *, metavar: str | None = None, name: str | None = None) -> object:
    """Describe an option of the command line; goes into ``Annotated`` beside the type.

    Args:
        help: one line for ``--help``. A default that is a number, a word or a path is added to it,
            unless it says "default" itself.
        metavar: placeholder of the value, such as FILE.
        name: the option without dashes, where it is not the name of the field.
    """
    return arg(help=help, metavar=metavar, name=name, help_behavior_hint="")


def split_labels(text: str) -> tuple[str, ...]:
    """Return the labels of 'A,B'.

    >>> split_labels("walk,,run")
    ('walk', 'run')
    """
    return tuple(label for label in text.split(",") if label.strip())


def _read_pairs(words: list[str]) -> tuple[str, ...]:
    for word in words:
        if "=" not in word:
            raise ValueError(
                f"{word!r} is not KEY=VALUE. Put the video or camera before this option."
            )
    return tuple(words)


def _is_tuple(value: Any) -> bool:
    return isinstance(value, tuple)


# 'walk,run' -> ('walk', 'run')
Labels = Annotated[
    tuple[str, ...],
    PrimitiveConstructorSpec(
        nargs=1,
        metavar="A,B",
        instance_from_str=lambda words: split_labels(words[0]),
        is_instance=_is_tuple,
        str_from_instance=lambda labels: [",".join(labels)],
    ),
]

# 'a=1' 'b=2' -> ('a=1', 'b=2'); a word without '=' was most likely meant as the video.
Pairs = Annotated[
    tuple[str, ...],
    PrimitiveConstructorSpec(
        nargs="*",
        metavar="KEY=VALUE ...",
        instance_from_str=_read_pairs,
        is_instance=_is_tuple,
        str_from_instance=list,
    ),
]


def number_registry() -> ConstructorRegistry:
    """Return tyro's rules with plain errors for numbers."""
    registry = ConstructorRegistry()
    registry.primitive_rule(_number_rule)
    return registry


def _number_rule(info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec | None:
    """Read ``int``, ``float``, and these or None."""
    kind = next((one for one in NUMBERS if info.type in (one, one | None)), None)
    if kind is None:
        return None

    def read(words: list[str]) -> float:
        try:
            return kind(words[0])
        except ValueError:
            raise ValueError(f"must be {NUMBERS[kind]}, got {words[0]!r}.") from None

    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=kind.__name__.upper(),
        instance_from_str=read,
        is_instance=lambda value: value is None or isinstance(value, int | float),
        str_from_instance=lambda value: [str(value)],
    )
