"""Build mmengine's runner from a config, in one process or several, and end its processes."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.distributed
from mmengine.config import Config
from mmengine.model import MMDistributedDataParallel
from mmengine.runner import Runner

from stad.engine.hooks import bare_model
from stad.engine.options import LAUNCHERS
from stad.engine.runner import CheckedRunner
from stad.errors import InputError
from stad.inference.precision import note_network

CPU_BACKEND = "gloo"


def build_runner(config: Config) -> Runner:
    """Build the runner of a config; with several processes, join them first.

    Raises:
        InputError: the launcher cannot be used here, or the config cannot be built.
    """
    # Otherwise mmengine would unpickle any content of a checkpoint that cannot be read without.
    os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
    if config.launcher not in LAUNCHERS:
        raise InputError(
            f"--launcher {config.launcher} is unknown. Use one of {', '.join(LAUNCHERS)}."
        )
    if config.launcher != "none" and not torch.cuda.is_available():
        _join_cpu_processes(config)
    with config_errors(str(config.filename)):
        runner = CheckedRunner.from_cfg(config)
    _note_network(config, runner)
    return runner


@contextlib.contextmanager
def config_errors(path: str | Path) -> Iterator[None]:
    """Report a wrong name or value in a config as such.

    Raises:
        InputError: something in the block cannot be built.
    """
    try:
        yield
    except (TypeError, ValueError, KeyError) as error:
        raise InputError(
            f"Cannot build {path} with these --cfg-options: {error}. Check the names and values "
            "in both."
        ) from error


def leave_processes(runner: Runner) -> None:
    """End gloo's threads: one that waits for Python when the interpreter ends aborts the process.

    They end with the last reference to their group, and the wrapped model holds one.
    """
    if torch.distributed.is_initialized():
        runner.model = bare_model(runner)
        torch.distributed.destroy_process_group()
        gc.collect()


def _note_network(config: Config, runner: Runner) -> None:
    """Tell the supervisor what computes."""
    wrapper = config.get("optim_wrapper", {}).get("type", "")
    is_amp = getattr(wrapper, "__name__", str(wrapper)).startswith("Amp")
    device = next(runner.model.parameters()).device
    precision = "float16" if is_amp else "float32"
    note_network(Path(str(config.filename)).stem, str(device), precision)


def _join_cpu_processes(config: Config) -> None:
    """Join the processes of torchrun with gloo, which mmengine does for GPUs only."""
    if config.launcher != "pytorch":
        raise InputError(
            f"--launcher {config.launcher} needs GPUs, but this machine has none. "
            "Use --launcher pytorch."
        )
    if "RANK" not in os.environ:
        raise InputError(
            "--launcher pytorch needs torchrun. Start the run with "
            "'torchrun --nproc_per_node 2 tools/train.py CONFIG --launcher pytorch'."
        )
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group(CPU_BACKEND)
    config.model_wrapper_cfg = {
        "type": MMDistributedDataParallel,
        "device_ids": None,
        "broadcast_buffers": False,
    }
