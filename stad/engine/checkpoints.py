"""Checkpoints that appear whole or not at all: the last ones, and the best by a metric."""

from __future__ import annotations

import logging
import math
import os
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from stad.errors import InputError

# mmengine looks here for the checkpoint to resume from.
LAST = "last_checkpoint"
# The last epoch that was evaluated, in a file of its own: a checkpoint is older than that.
VALIDATED = "last_validated"
# Of the metric in the name of the best checkpoint.
NAME_DIGITS = 6


def atomic_write(path: Path, write) -> None:
    """Let ``write(part)`` make a file beside ``path``, bring it to the disk, and rename it.

    A process that is killed at any moment leaves the old file or the new one, never a part.
    """
    part = path.with_name(f".{path.name}.part")
    write(part)
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(path)


def keep_log_record(record: logging.LogRecord) -> bool:
    """Whether a line of the log is of use: mmengine saves by its own means that it warns of."""
    text = record.getMessage()
    return not any(f'"{name}"' in text for name in ("FileClient", "HardDiskBackend"))


class AtomicCheckpointHook(Hook):
    """Saves after epochs, keeps the newest and the best, and says which is the newest.

    Args:
        interval_epochs: save every so many epochs, and after the last one.
        keep: how many of the newest to keep; 0 keeps all.
        best_metric: keep the checkpoint in which this metric was highest; None keeps none. A
            metric that is not finite (nothing to evaluate) is never the best.
    """

    priority = "VERY_LOW"

    def __init__(
        self, *, interval_epochs: int = 1, keep: int = 2, best_metric: str | None = None
    ) -> None:
        self._interval_epochs, self._keep, self._best_metric = interval_epochs, keep, best_metric

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Leave out mmengine's notes: objects that could only be read by running code."""
        if "message_hub" in checkpoint:
            checkpoint["message_hub"] = {"log_scalars": {}, "runtime_info": {}, "resumed_keys": {}}

    def before_train(self, runner) -> None:
        """After a resume, evaluate if the run was killed between checkpoint and evaluation."""
        epoch, loop = runner.epoch, runner.train_loop
        if epoch == 0 or runner.val_loop is None:
            return
        marker = Path(runner.work_dir) / VALIDATED
        validated = int(marker.read_text()) if marker.is_file() else 0
        is_due = epoch % loop.val_interval == 0 or epoch == runner.max_epochs
        if is_due and epoch >= loop.val_begin and validated < epoch:
            runner.val_loop.run()

    def after_train_epoch(self, runner) -> None:
        """Save the state at the end of the epoch, from which ``--resume`` goes on."""
        is_due = self.every_n_epochs(runner, self._interval_epochs)
        if not is_main_process() or not (is_due or self.is_last_train_epoch(runner)):
            return
        epoch, folder = runner.epoch + 1, Path(runner.work_dir)
        path = folder / f"epoch_{epoch}.pth"
        self._save(runner, path.name, {"epoch": epoch, "iter": runner.iter})
        atomic_write(folder / LAST, lambda part: part.write_text(str(path)))
        self._remove_old(folder)

    def after_val_epoch(self, runner, metrics: dict[str, float] | None = None) -> None:
        """Save the weights if they are the best so far."""
        if not is_main_process():
            return
        value = (metrics or {}).get(self._best_metric)
        if self._best_metric is not None and value is not None and math.isfinite(value):
            self._keep_best(runner, value)
        marker = Path(runner.work_dir) / VALIDATED
        atomic_write(marker, lambda part: part.write_text(str(runner.epoch)))

    def _keep_best(self, runner, value: float) -> None:
        # What is best is read from the folder: a killed run knows what was saved, no more.
        best = best_checkpoint(Path(runner.work_dir))
        value = round(value, NAME_DIGITS)
        if best is not None and value <= best[1]:
            return
        name = f"best_epoch_{runner.epoch}_{value:.{NAME_DIGITS}f}.pth"
        meta = {"epoch": runner.epoch, "iter": runner.iter}
        self._save(runner, name, meta, weights_only=True)
        if best is not None and best[0].name != name:
            best[0].unlink(missing_ok=True)
        runner.logger.info(f"best so far: {self._best_metric} {value:.4f}, kept as {name}")

    def _save(self, runner, name: str, meta: dict, *, weights_only: bool = False) -> None:
        def write(part: Path) -> None:
            runner.logger.addFilter(keep_log_record)
            try:
                runner.save_checkpoint(
                    str(part.parent),
                    part.name,
                    save_optimizer=not weights_only,
                    save_param_scheduler=not weights_only,
                    meta=meta,
                )
            finally:
                runner.logger.removeFilter(keep_log_record)

        atomic_write(Path(runner.work_dir) / name, write)

    def _remove_old(self, folder: Path) -> None:
        saved = sorted(folder.glob("epoch_*.pth"), key=lambda path: int(path.stem[6:]))
        for path in saved[: -self._keep] if self._keep else []:
            path.unlink()


def best_checkpoint(folder: Path) -> tuple[Path, float] | None:
    """The best checkpoint in a folder of ``AtomicCheckpointHook`` and its metric, if any."""
    found = [(path, float(path.stem.split("_")[3])) for path in folder.glob("best_epoch_*.pth")]
    return max(found, key=lambda one: one[1], default=None)


def newest_checkpoint(folder: Path) -> Path | None:
    """The checkpoint to resume from in a folder that may have been moved; None if it has none.

    Raises:
        InputError: the one that was written last is gone.
    """
    if not (folder / LAST).is_file():
        return None
    path = folder / Path((folder / LAST).read_text().strip()).name
    if not path.is_file():
        raise InputError(
            f"{folder / LAST} says to go on from {path.name}, which is not there: put it back, "
            "or train in another folder with --work-dir"
        )
    return path
