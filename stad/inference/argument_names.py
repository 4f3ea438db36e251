"""Name arguments in the errors of Python calls as Python does, not as the command line does."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import fields
from typing import ParamSpec, TypeVar

from stad.errors import InputError
from stad.inference.options import InferenceOptions, LiveOptions, RecognitionOptions

NAMES = (
    *(
        field.name
        for kind in (InferenceOptions, LiveOptions, RecognitionOptions)
        for field in fields(kind)
    ),
    *("boxes", "start_sec", "end_sec"),
)
# What an option of the command line is in Python; others, such as pip's, stay as they are.
ARGUMENTS = {
    **{f"--{name.removesuffix('_sec').replace('_', '-')}": name for name in NAMES},
    "--detect-every": "detect_sec",
    "--list-models": "stad.list_models()",
}
FLAG = re.compile(r"--[a-z]+(?:-[a-z]+)*")

Given = ParamSpec("Given")
Result = TypeVar("Result")


def with_argument_names(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Return a function whose InputErrors name arguments, see ``argument_names``."""

    @functools.wraps(function)
    def wrapped(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except InputError as error:
            raise InputError(argument_names(str(error))) from error

    return wrapped


def argument_names(text: str) -> str:
    """Return a message with the names of arguments in place of options.

    >>> argument_names("--track-memory is 0; see --list-models.")
    'track_memory_sec is 0; see stad.list_models().'
    """
    return FLAG.sub(lambda found: ARGUMENTS.get(found[0], found[0]), text)
