"""stad: who does what, when and where in a video; submodules are imported when first used."""

import importlib
import importlib.util

__version__ = "0.2.0"


def __getattr__(name: str):
    # PEP 562: `import stad` costs milliseconds, torch comes with the first model.
    if not name.startswith("_") and importlib.util.find_spec(f"stad.{name}"):
        return importlib.import_module(f"stad.{name}")
    raise AttributeError(f"module 'stad' has no attribute {name!r}")
