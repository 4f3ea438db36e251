"""Run ``stad models``: list the names that can be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from tyro.conf import Positional

from stad.cli.arguments import parse
from stad.cli.option_types import option

DESCRIPTION = "List models and detectors, the labels of a model, or trackers."
EXAMPLES = ("", "labels --model skeleton_poses", "trackers")
What = Literal["models", "detectors", "labels", "trackers"]


@dataclass(frozen=True, kw_only=True)
class ModelsOptions:
    """Options of ``stad models``."""

    what: Annotated[
        What,
        Positional,
        option("models (with detectors), detectors, labels or trackers", metavar="WHAT"),
    ] = "models"
    model: Annotated[
        str | None,
        option("model whose labels are listed (default: AVA's labels)", metavar="NAME|CONFIG"),
    ] = None


def print_models() -> None:
    """Print all models and person detectors, with what is in the cache."""
    from stad.zoo import tables

    print(tables.models_table())


def print_detectors() -> None:
    """Print all person detectors, with what is in the cache."""
    from stad.zoo import tables

    print(tables.detectors_table())


def print_labels(model: str | None) -> None:
    """Print the labels of a model, or AVA's."""
    from stad.inference.exported_card import read_card
    from stad.inference.exported_files import is_exported
    from stad.zoo import tables

    if model is not None and is_exported(model):
        print(tables.numbered(read_card(model).class_names))
    else:
        print(tables.labels_table(model))


def print_trackers() -> None:
    """Print all trackers with their parameters."""
    from stad.actors.trackers import trackers_table

    print(trackers_table())


def models_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad models``."""
    options = parse(ModelsOptions, arguments, prog=prog, description=DESCRIPTION, examples=EXAMPLES)
    if options.what == "labels":
        print_labels(options.model)
    elif options.what == "trackers":
        print_trackers()
    elif options.what == "detectors":
        print_detectors()
    else:
        print_models()
