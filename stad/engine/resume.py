"""Adapt the learning rate schedule after a resume with another batch size, length or rate."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from mmengine.optim import OptimWrapperDict

# Keys of a scheduler's progress; all others are its settings.
PROGRESS = {"last_step", "_global_step", "_last_value", "base_values", "verbose"}
# Relative difference below which rates are equal.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class FreshSchedule:
    """The learning rates and schedulers that a new run of the config would start with.

    Attributes:
        rates: learning rate of each group of parameters, without warm-up.
        first_rates: learning rate of each group in the first step, which may be that of a warm-up.
        states: the states of the schedulers.
    """

    rates: tuple[float, ...]
    first_rates: tuple[float, ...]
    states: tuple[dict, ...]

    @staticmethod
    def from_runner(runner) -> FreshSchedule:
        """Record the schedule of a runner before a checkpoint is loaded."""
        return FreshSchedule(
            tuple(_initial(group) for group in _groups(runner)),
            tuple(group["lr"] for group in _groups(runner)),
            tuple(copy.deepcopy(one.state_dict()) for one in _schedulers(runner)),
        )

    def bring_in_line(self, runner) -> list[str]:
        """Set steps, learning rates and schedulers as if this config had trained so far.

        If nothing has changed, nothing is set.

        Args:
            runner: the runner after a checkpoint was loaded.

        Returns:
            Lines for the log.
        """
        loop, done = runner.train_loop, runner.epoch
        lines = []
        if done >= loop.max_epochs:
            lines.append(
                f"{done} epochs are done and train_cfg.max_epochs is {loop.max_epochs}, so nothing "
                "is left to train. Set it higher to train longer."
            )
        steps, before = len(loop.dataloader), runner.iter
        old_rates = [group["lr"] for group in _groups(runner)]
        if not self._has_changed(runner, steps * done):
            return lines
        # mmengine has no public way to set the step.
        loop._iter = steps * done
        runner.message_hub.update_info("iter", loop._iter)
        self._replay(runner, epochs=done, steps=steps)
        if before != loop._iter and done:
            lines.append(
                f"An epoch had {before / done:g} steps when the run was interrupted and has "
                f"{steps} now, with {runner.train_dataloader.batch_size} clips per step and "
                f"process. The run continues after epoch {done}, at step {loop._iter}."
            )
        rates = [group["lr"] for group in _groups(runner)]
        lines.append(
            f"The learning rate follows the current config at epoch {done} of {loop.max_epochs}: "
            f"it was {_shown(old_rates)} and is {_shown(rates)} now."
        )
        return lines

    def _has_changed(self, runner, expected_iter: int) -> bool:
        loaded = [one.state_dict() for one in _schedulers(runner)]
        settings = [_settings(one) for one in loaded] != [_settings(one) for one in self.states]
        resumed = [_initial(group) for group in _groups(runner)]
        rates = any(
            abs(one - other) > TOLERANCE * max(abs(one), abs(other))
            for one, other in zip(resumed, self.rates, strict=True)
        )
        return settings or rates or runner.iter != expected_iter

    def _replay(self, runner, *, epochs: int, steps: int) -> None:
        """Step the schedulers through the epochs done, in the order of training."""
        for group, rate, first in zip(_groups(runner), self.rates, self.first_rates, strict=True):
            group["lr"], group["initial_lr"] = first, rate
        schedulers = _schedulers(runner)
        for one, state in zip(schedulers, self.states, strict=True):
            one.load_state_dict(copy.deepcopy(state))
            # The optimizer has made steps, though not in this process.
            one.optimizer._global_step = 0
        by_step = [one for one in schedulers if not one.by_epoch]
        for _ in range(epochs):
            for _ in range(steps if by_step else 0):
                for one in by_step:
                    one.step()
            for one in schedulers:
                if one.by_epoch:
                    one.step()


def _settings(state: dict) -> dict:
    return {key: value for key, value in state.items() if key not in PROGRESS}


def _initial(group: dict) -> float:
    return group.get("initial_lr", group["lr"])


def _groups(runner) -> list[dict]:
    wrapper = runner.optim_wrapper
    wrappers = wrapper.values() if isinstance(wrapper, OptimWrapperDict) else [wrapper]
    return [group for one in wrappers for group in one.optimizer.param_groups]


def _schedulers(runner) -> list:
    found = runner.param_schedulers or []
    return [one for part in found.values() for one in part] if isinstance(found, dict) else found


def _shown(rates: list[float]) -> str:
    return f"{max(rates):.4g}" if rates else "unknown"
