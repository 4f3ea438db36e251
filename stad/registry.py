"""The registries of stad: children of mmengine's root registries, so that configs can mix both."""

from __future__ import annotations

import pkgutil
from pathlib import Path

from mmengine.registry import DATASETS as MMENGINE_DATASETS
from mmengine.registry import METRICS as MMENGINE_METRICS
from mmengine.registry import MODELS as MMENGINE_MODELS
from mmengine.registry import TRANSFORMS as MMENGINE_TRANSFORMS
from mmengine.registry import Registry, root


def modules_in(package: str) -> list[str]:
    """Return the names of the modules in a package of stad, from its folder, without imports.

    A new file there needs no entry in a list: a registry imports these modules when a name is
    first looked up in it.

    Args:
        package: name of the package, such as 'stad.models.heads'.
    """
    folder = Path(__file__).parent.joinpath(*package.split(".")[1:])
    found = pkgutil.iter_modules([str(folder)])
    return [f"{package}.{module.name}" for module in found if not module.ispkg]


MODELS = Registry(
    "model",
    parent=MMENGINE_MODELS,
    scope="stad",
    locations=[
        *modules_in("stad.models"),
        *modules_in("stad.models.aggregators"),
        *modules_in("stad.models.backbones"),
        *modules_in("stad.models.heads"),
    ],
)
DATASETS = Registry(
    "dataset",
    parent=MMENGINE_DATASETS,
    scope="stad",
    locations=[*modules_in("stad.datasets"), "stad.datasets.records.dataset"],
)
TRANSFORMS = Registry(
    "transform",
    parent=MMENGINE_TRANSFORMS,
    scope="stad",
    locations=modules_in("stad.datasets.transforms"),
)
METRICS = Registry(
    "metric",
    parent=MMENGINE_METRICS,
    scope="stad",
    locations=modules_in("stad.engine"),
)

# Without a child of this scope mmengine warns once for every kind of object that a run builds.
OTHERS = [
    Registry(one.name, parent=one, scope="stad")
    for one in vars(root).values()
    if isinstance(one, Registry) and "stad" not in one.children
]
