"""Save the last checkpoints and the best one; each appears complete or not at all."""

from __future__ import annotations

import logging
import math
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from stad.errors import InputError
from stad.utils.files import write_whole
from stad.zoo.checkpoint import read_checkpoint

# The file in which mmengine looks for the checkpoint to resume from.
LAST = "last_checkpoint"
# The file that holds the last evaluated epoch; the checkpoint is written before that is known.
VALIDATED = "last_validated"
# Digits of the metric in the name of the best checkpoint.
NAME_DIGITS = 6


def keep_log_record(record: logging.LogRecord) -> bool:
    """Return whether to keep a line of the log: drop mmengine's warnings of its own file access."""
    text = record.getMessage()
    return not any(f'"{name}"' in text for name in ("FileClient", "HardDiskBackend"))


class AtomicCheckpointHook(Hook):
    """Saves after epochs, keeps the newest and the best, and records which is the newest.

    Args:
        interval_epochs: number of epochs between checkpoints; the last epoch is always saved.
        keep: number of the newest checkpoints to keep; 0 keeps all.
        best_metric: keep the checkpoint with the highest value of this metric; None keeps none. A
            value that is not finite (nothing to evaluate) is never the best.
    """

    priority = "VERY_LOW"

    def __init__(
        self, *, interval_epochs: int = 1, keep: int = 2, best_metric: str | None = None
    ) -> None:
        self._interval_epochs, self._keep, self._best_metric = interval_epochs, keep, best_metric

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Remove mmengine's message hub: reading its objects would run code."""
        if "message_hub" in checkpoint:
            checkpoint["message_hub"] = {"log_scalars": {}, "runtime_info": {}, "resumed_keys": {}}

    def before_train(self, runner) -> None:
        """Evaluate after a resume if the run was killed between checkpoint and evaluation."""
        epoch, loop = runner.epoch, runner.train_loop
        if epoch == 0 or runner.val_loop is None:
            return
        marker = Path(runner.work_dir) / VALIDATED
        validated = int(marker.read_text()) if marker.is_file() else 0
        is_due = epoch % loop.val_interval == 0 or epoch == runner.max_epochs
        if is_due and epoch >= loop.val_begin and validated < epoch:
            runner.val_loop.run()

    def after_train_epoch(self, runner) -> None:
        """Save the state at the end of the epoch, from which ``--resume`` continues."""
        is_due = self.every_n_epochs(runner, self._interval_epochs)
        if not is_main_process() or not (is_due or self.is_last_train_epoch(runner)):
            return
        epoch, folder = runner.epoch + 1, Path(runner.work_dir)
        path = folder / f"epoch_{epoch}.pth"
        self._save(runner, path.name, {"epoch": epoch, "iter": runner.iter})
        write_whole(folder / LAST, str(path))
        self._remove_old(folder)

    def after_val_epoch(self, runner, metrics: dict[str, float] | None = None) -> None:
        """Save the weights if they are the best so far."""
        if not is_main_process():
            return
        if self._best_metric is not None:
            value = (metrics or {}).get(self._best_metric)
            if value is not None and math.isfinite(value):
                self._keep_best(runner, value)
        write_whole(Path(runner.work_dir) / VALIDATED, str(runner.epoch))

    def _keep_best(self, runner, value: float) -> None:
        # The best so far is read from the folder, since a killed run forgets everything else.
        folder = Path(runner.work_dir)
        best = best_checkpoint(folder)
        value = round(value, NAME_DIGITS)
        if best is not None and value <= best[1]:
            # A run that was killed just now may have left the one before.
            _remove_others(folder, best[0].name)
            return
        name = f"best_epoch_{runner.epoch}_{value:.{NAME_DIGITS}f}.pth"
        meta = {"epoch": runner.epoch, "iter": runner.iter}
        self._save(runner, name, meta, weights_only=True)
        _remove_others(folder, name)
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

        write_whole(Path(runner.work_dir) / name, write)

    def _remove_old(self, folder: Path) -> None:
        saved = sorted(folder.glob("epoch_*.pth"), key=lambda path: int(path.stem[6:]))
        for path in saved[: -self._keep] if self._keep else []:
            path.unlink()


def _remove_others(folder: Path, best: str) -> None:
    """Remove all best checkpoints but one."""
    for path in folder.glob("best_epoch_*.pth"):
        if path.name != best:
            path.unlink(missing_ok=True)


def best_checkpoint(folder: Path) -> tuple[Path, float] | None:
    """Return the best checkpoint in a folder of ``AtomicCheckpointHook`` and its metric, if any."""
    found = [(path, float(path.stem.split("_")[3])) for path in folder.glob("best_epoch_*.pth")]
    return max(found, key=lambda one: one[1], default=None)


def newest_checkpoint(folder: Path) -> Path | None:
    """Return the checkpoint to resume from, None if there is none; the folder may have been moved.

    Raises:
        InputError: the checkpoint that was written last is missing.
    """
    if not (folder / LAST).is_file():
        return None
    path = folder / Path((folder / LAST).read_text().strip()).name
    if not path.is_file():
        raise InputError(
            f"Cannot resume: {folder / LAST} names {path.name}, which is missing. Put it back, "
            "or train in another folder with --work-dir."
        )
    return path


def check_whole(path: Path) -> None:
    """Raise InputError unless a checkpoint to resume from can be read."""
    try:
        read_checkpoint(path)
    except InputError as error:
        others = sorted(one.name for one in path.parent.glob("epoch_*.pth") if one != path)
        advice = f", such as {others[-1]}" if others else ""
        raise InputError(
            f"Cannot resume: {error} Or write the name of another checkpoint{advice} into "
            f"{path.parent / LAST}."
        ) from error
