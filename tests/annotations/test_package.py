"""The names that a package exports exist, and importing it is cheap."""

import importlib
import subprocess
import sys

import pytest

EXPENSIVE = ("torch", "pyarrow", "cv2", "mmengine", "decord")


@pytest.mark.parametrize("package", ["annotations", "evaluation", "report"])
def test_the_names_are_there(package):
    module = importlib.import_module(f"stad.{package}")
    for name in module.__all__:
        assert getattr(module, name).__name__
    assert set(module.__all__) <= set(dir(module))
    assert not hasattr(module, "no_such_name")


@pytest.mark.parametrize("package", ["annotations", "evaluation", "report"])
def test_importing_the_package_loads_nothing_expensive(package):
    code = f"import sys, stad.{package}; print([one for one in {EXPENSIVE} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
