"""Check the data of a config without training."""

from __future__ import annotations

from dataclasses import dataclass

from stad.engine.building import config_errors
from stad.engine.checks import AnyDataset, check_data, check_model_fits, check_same_classes
from stad.engine.options import RunOptions
from stad.engine.run_config import check_inputs, read_run_config
from stad.registry import DATASETS, MODELS

CHECK_KEYS = ("model", "train_dataloader")


@dataclass(frozen=True)
class DataCheck:
    """The data of a config that training can use.

    Attributes:
        datasets: 'training' and 'validation' to what the config describes.
        warnings: tables of findings to print; empty if there are none.
    """

    datasets: dict[str, AnyDataset]
    warnings: list[str]


def check(options: RunOptions) -> DataCheck:
    """Check the data of a config as ``train`` does, without training.

    The data sets report wrong rows as a warning in the log.

    Raises:
        InputError: the run cannot work; says why.
    """
    config = read_run_config(options, CHECK_KEYS)
    loaders = {"training": "train_dataloader", "validation": "val_dataloader"}
    loaders = {split: name for split, name in loaders.items() if config.get(name)}
    check_inputs(config, tuple(loaders.values()))
    with config_errors(options.config):
        datasets = {name: DATASETS.build(config[key].dataset) for name, key in loaders.items()}
        model = MODELS.build(config.model)
    warnings = check_data(datasets["training"], datasets.get("validation"))
    for dataset in datasets.values():
        check_model_fits(model, dataset)
    check_same_classes(list(datasets.values()))
    return DataCheck(datasets, warnings)
