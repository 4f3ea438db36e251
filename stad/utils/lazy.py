"""Let a package import its submodules and public names when they are first used (PEP 562)."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Mapping
from typing import Any


def lazy_exports(
    package: str, modules: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package.

    Submodules resolve, too: after ``import stad``, ``stad.models.online`` is imported when it is
    used.

    Args:
        package: its ``__name__``.
        modules: public names, and the submodule of the package that defines each; as
            'submodule:name' if it has another name there.

    >>> __getattr__, __dir__ = lazy_exports("stad.utils", {"markdown_table": "markdown"})
    >>> __getattr__("markdown_table").__module__, __getattr__("boxes").__name__
    ('stad.utils.markdown', 'stad.utils.boxes')
    >>> "markdown_table" in __dir__(), "boxes" in __dir__()
    (True, True)
    """

    def __getattr__(name: str) -> Any:
        if name in modules:
            module, _, original = modules[name].partition(":")
            value = getattr(importlib.import_module(f"{package}.{module}"), original or name)
            setattr(sys.modules[package], name, value)
            return value
        if not name.startswith("_") and importlib.util.find_spec(f"{package}.{name}"):
            return importlib.import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        own = vars(sys.modules[package])
        submodules = (module.name for module in pkgutil.iter_modules(own["__path__"]))
        return sorted({*own.get("__all__", ()), *modules, *submodules})

    return __getattr__, __dir__
