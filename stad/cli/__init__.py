"""Run the command line: the ``stad`` command, and the jobs behind demo/ and tools/.

The options of the commands are importable from here; each command is a module of its name.
"""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.cli.annotate_options import AnnotateOptions
    from stad.cli.recognize_options import RecognizeOptions
    from stad.cli.tune_options import TuneOptions
    from stad.cli.watch.options import WatchOptions

__all__ = ["AnnotateOptions", "RecognizeOptions", "TuneOptions", "WatchOptions"]

_MODULES = {
    "AnnotateOptions": "annotate_options",
    "RecognizeOptions": "recognize_options",
    "TuneOptions": "tune_options",
    "WatchOptions": "watch.options",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)

_show = sys.excepthook


def _show_but_ctrl_c(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
    else:
        _show(kind, error, trace)


# While the modules of a command are imported, nothing catches it yet.
sys.excepthook = _show_but_ctrl_c
