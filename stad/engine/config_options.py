"""``--cfg-options KEY=VALUE`` of the scripts, with an error for what is neither."""

from __future__ import annotations

import argparse

from mmengine.config import DictAction


class ConfigOptions(DictAction):
    """mmengine's ``DictAction``, which knows no word without '='."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        """Take the pairs that follow the option.

        Raises:
            argparse.ArgumentError: one is no pair.
        """
        for one in values:
            if "=" not in one.strip("="):
                raise argparse.ArgumentError(
                    self, f"expected KEY=VALUE, such as train_cfg.max_epochs=5, got {one!r}"
                )
        super().__call__(parser, namespace, values, option_string)
