"""Run the command line: the ``stad`` command, and the jobs behind demo/ and tools/.

The options of the commands are importable from here; each command is a module of its name.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stad.cli.annotate_options import AnnotateOptions
    from stad.cli.recognize_options import RecognizeOptions
    from stad.cli.tune_options import TuneOptions
    from stad.cli.watch.options import WatchOptions

__all__ = ["AnnotateOptions", "RecognizeOptions", "TuneOptions", "WatchOptions"]

MODULES = {
    "AnnotateOptions": "annotate_options",
    "RecognizeOptions": "recognize_options",
    "TuneOptions": "tune_options",
    "WatchOptions": "watch.options",
}


def __getattr__(name: str) -> type:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
