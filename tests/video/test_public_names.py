"""The public names of the packages that read video, find people and localize actions."""

import importlib
import subprocess
import sys

import pytest

PACKAGES = ("stad.video", "stad.actors", "stad.localization")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there(package):
    module = importlib.import_module(package)
    assert sorted(module._MODULES) == sorted(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None
        assert name in dir(module)
    with pytest.raises(AttributeError, match="has no attribute 'missing'"):
        _ = module.missing


def test_importing_the_packages_loads_no_large_library():
    code = (
        f"import {', '.join(PACKAGES)}, sys; print({{*sys.modules}} & "
        "{'av', 'cv2', 'decord', 'numpy', 'supervision', 'torch', 'trackers'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
