"""Write the HTML report of AVA evaluations; names are imported when they are first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.report.data import NamedResult, name_results, report_data
    from stad.report.page import write_report

__all__ = ["NamedResult", "name_results", "report_data", "write_report"]

_NAMES = {"data": ("NamedResult", "name_results", "report_data"), "page": ("write_report",)}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
