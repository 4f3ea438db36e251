"""Choose a network's precision: the requested one, or bfloat16 if it works and is faster."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

import stad
from stad.errors import InputError
from stad.inference.cpu import ISA_VARIABLE, this_cpu
from stad.inference.trial import TrialNetwork, run_trial
from stad.inference.verdicts import Verdict, read_verdict, verdict_path, write_verdict
from stad.utils.supervisor import note, note_verdict
from stad.video.geometry import clip_size

if TYPE_CHECKING:
    from stad.zoo import LoadedModel

CHOICES = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class Precision:
    """The precision of a network.

    Attributes:
        name: 'float32' or 'bfloat16'.
        reason: why, as it is shown.
        verdict: file of the trial that decided; None without one.
        runtime: the library that computes.
    """

    name: str
    reason: str
    verdict: Path | None = None
    runtime: str = "torch"

    @property
    def dtype(self) -> torch.dtype:
        """The torch dtype."""
        return getattr(torch, self.name)

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


def choose_precision(
    wanted: str,
    device: str,
    *,
    model: str,
    loaded: LoadedModel,
    frame_size: tuple[int, int],
    is_online: bool = False,
    log: Callable[[str], None] = lambda text: None,
) -> Precision:
    """Choose the precision of a network.

    'auto' takes bfloat16 on a GPU that supports it, and on a CPU with instructions for it if a
    trial in a child process has shown that this network runs in it, gives nearly the same scores
    and is faster. The outcome of a trial is remembered.

    Args:
        wanted: one of ``CHOICES``; a precision that is named is taken without a trial.
        device: such as 'cpu' or 'cuda:0'.
        model: name in the zoo, or path of a config.
        loaded: the model of that name, before it is prepared for inference.
        frame_size: (width, height) of the video, pixels.
        is_online: scored frame by frame.
        log: takes a line before a trial begins.

    Raises:
        ValueError: ``wanted`` is not one of them.
    """
    if wanted not in CHOICES:
        raise ValueError(f"precision is one of {CHOICES}, got {wanted!r}")
    if wanted != "auto":
        return Precision(wanted, "as asked for")
    if device.startswith("cuda"):
        if torch.cuda.is_bf16_supported():
            return Precision("bfloat16", "this GPU computes in it")
        return Precision("float32", "this GPU does not compute in bfloat16")
    if device != "cpu":
        return Precision("float32", f"bfloat16 is not tried on {device}")
    if not this_cpu().has_bfloat16:
        limit = os.environ.get(ISA_VARIABLE)
        under = f" under {ISA_VARIABLE}={limit}" if limit else ""
        return Precision("float32", f"this CPU has no instructions for bfloat16{under}")
    asked = TrialNetwork(model, frame_size, is_online, torch.get_num_threads())
    return _tried(asked, loaded, log)


def _tried(asked: TrialNetwork, loaded: LoadedModel, log: Callable[[str], None]) -> Precision:
    key = verdict_key(asked, loaded)
    verdict = read_verdict(key)
    if verdict is not None:
        return _as_precision(verdict, "tried once, remembered", verdict_path(key))
    log("trial     bfloat16 against float32 on this CPU, once for this network and clip size")
    outcome = run_trial(asked)
    if not outcome.is_lasting:
        return _as_precision(outcome.verdict, "tried now")
    try:
        path = write_verdict(key, outcome.verdict)
    except (InputError, OSError) as error:
        return _as_precision(outcome.verdict, f"tried now, not remembered: {error}")
    return _as_precision(outcome.verdict, "tried now, remembered", path)


def _as_precision(verdict: Verdict, how: str, path: Path | None = None) -> Precision:
    return Precision(verdict.precision, f"{verdict.reason} ({how})", path)


def verdict_key(asked: TrialNetwork, loaded: LoadedModel) -> dict[str, object]:
    """Return everything that a verdict depends on.

    Args:
        asked: the network to try.
        loaded: its model, before it is prepared for inference.
    """
    cpu = this_cpu()
    width_px, height_px = clip_size(*asked.frame_size, loaded.short_side_px)
    return {
        "stad": stad.__version__,
        "torch": torch.__version__,
        "cpu": cpu.name,
        "instruction_set": cpu.instruction_set,
        "torch_capability": torch.backends.cpu.get_cpu_capability(),
        "num_threads": asked.num_threads,
        "model": loaded.name,
        "layers": hashlib.sha256(repr(loaded.model).encode()).hexdigest()[:16],
        "clip": [loaded.window.num_frames, height_px, width_px],
        "is_online": asked.is_online,
    }


def note_network(
    name: str,
    device: str,
    precision: str,
    *,
    option: str | None = None,
    verdict: Path | None = None,
    runtime: str = "torch",
) -> None:
    """Tell the supervisor what is running, and what avoids a crash of it.

    Args:
        name: of the model.
        device: where it runs.
        precision: of its arithmetic, such as 'float32'.
        option: of the running script that selects float32; None if it has none.
        verdict: file of the trial that chose the precision; None without one.
        runtime: the library that computes.
    """
    cpu, ways = this_cpu(), []
    if runtime != "torch":
        ways.append("give --runtime torch")
    if option is not None and precision != "float32":
        ways.append(f"give {option}")
    if device != "cpu":
        ways.append("give --device cpu")
    elif cpu.safer_set is not None:
        ways.append(f"set the environment variable {ISA_VARIABLE}={cpu.safer_set}")
    avoid = ", or ".join(ways)
    if runtime != "torch":
        avoid += "; --runtime auto takes torch for this network from now on"
    elif verdict is not None and precision != "float32":
        avoid += "; --precision auto takes float32 for this network from now on"
    note(
        network=name,
        precision=precision,
        device=device,
        instruction_set=cpu.instruction_set if device == "cpu" else None,
        avoid=f"To avoid it, {avoid}" if avoid else None,
    )
    if verdict is not None:
        note_verdict(str(verdict))
