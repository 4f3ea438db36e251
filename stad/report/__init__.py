"""Write the HTML report of AVA evaluations; names are imported when they are first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stad.report.data import NamedResult, name_results, report_data
    from stad.report.page import write_report

__all__ = ["NamedResult", "name_results", "report_data", "write_report"]

_NAMES = {"data": ("NamedResult", "name_results", "report_data"), "page": ("write_report",)}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    # The page needs OpenCV for its images.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
