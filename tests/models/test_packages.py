"""The packages of the models: names that come when they are first used, and modules by folder."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import stad
from stad.registry import DATASETS, METRICS, MODELS, TRANSFORMS, modules_in

PACKAGES = (
    "stad.models",
    "stad.models.aggregators",
    "stad.models.backbones",
    "stad.models.heads",
)


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_name_is_there(name):
    package = importlib.import_module(name)
    for one in package.__all__:
        assert getattr(package, one).__name__ == one
        assert getattr(package, one).__module__.startswith(name)
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match=f"module '{name}' has no attribute 'nothing'"):
        _ = package.nothing


def test_importing_the_packages_needs_no_torch():
    code = f"import sys, {', '.join(PACKAGES)}; print({{'torch', 'mmengine'}} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_modules_are_attributes_too():
    code = "import stad; print(stad.models.online.OnlineRecognizer.__name__)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "OnlineRecognizer"


def test_a_registry_knows_the_modules_of_a_folder_without_importing_them():
    folder = Path(stad.__file__).parent / "models" / "heads"
    expected = {f"stad.models.heads.{one.stem}" for one in folder.glob("*.py")}
    assert set(modules_in("stad.models.heads")) == expected - {"stad.models.heads.__init__"}
    for name in ("stad.models.two_stream", "stad.models.backbones.slowfast"):
        assert name in MODELS._locations
    for registry, name in (
        (DATASETS, "stad.datasets.keypoints"),
        (TRANSFORMS, "stad.datasets.transforms.detection"),
        (METRICS, "stad.engine.ava_metric"),
    ):
        assert name in registry._locations


def test_names_are_found_when_they_are_first_looked_up_and_not_before():
    names = {
        "DATASETS": "SkeletonDataset",
        "TRANSFORMS": "ClipTransform",
        "METRICS": "AccuracyMetric",
        "MODELS": "SlowFast",
    }
    code = "import sys, stad.registry as registry\n"
    early = "('stad.datasets', 'stad.engine', 'stad.models')"
    code += f"print([one for one in sys.modules if one.startswith({early})])\n"
    for registry, name in names.items():
        code += f"print(registry.{registry}.get('{name}').__name__)\n"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == ["[]", *names.values()]
