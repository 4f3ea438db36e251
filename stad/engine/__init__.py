"""Train and evaluate: mmengine's runner with checks, hooks, checkpoints and metrics of stad."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.engine.ava_metric import AVAMetric
    from stad.engine.checkpoints import AtomicCheckpointHook, best_checkpoint, newest_checkpoint
    from stad.engine.classification_metric import AccuracyMetric
    from stad.engine.clipping import AmpEachNormWrapper, EachNormWrapper
    from stad.engine.config_options import read_changes
    from stad.engine.data_check import DataCheck, check
    from stad.engine.options import RunOptions
    from stad.engine.run import evaluate, train
    from stad.engine.runner import CheckedRunner
    from stad.engine.sample_schedule import SampleStepLR
    from stad.engine.start import load_start_weights

__all__ = [
    "AVAMetric",
    "AccuracyMetric",
    "AmpEachNormWrapper",
    "AtomicCheckpointHook",
    "CheckedRunner",
    "DataCheck",
    "EachNormWrapper",
    "RunOptions",
    "SampleStepLR",
    "best_checkpoint",
    "check",
    "evaluate",
    "load_start_weights",
    "newest_checkpoint",
    "read_changes",
    "train",
]

# Imported when first used: they need torch and mmengine, which take seconds.
_MODULES = {
    "AVAMetric": "ava_metric",
    "AccuracyMetric": "classification_metric",
    "AmpEachNormWrapper": "clipping",
    "AtomicCheckpointHook": "checkpoints",
    "CheckedRunner": "runner",
    "DataCheck": "data_check",
    "EachNormWrapper": "clipping",
    "RunOptions": "options",
    "SampleStepLR": "sample_schedule",
    "best_checkpoint": "checkpoints",
    "check": "data_check",
    "evaluate": "run",
    "load_start_weights": "start",
    "newest_checkpoint": "checkpoints",
    "read_changes": "config_options",
    "train": "run",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
