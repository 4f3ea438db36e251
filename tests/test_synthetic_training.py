"""Training end to end on rendered people: that it learns, and what only motion can tell."""

import subprocess
import sys
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from stad.datasets.synthetic.files import RenderSettings, render_dataset
from stad.engine.checkpoints import best_checkpoint
from stad.engine.run import RunOptions, train
from tests.models.configs import CONFIGS

FIRST_VAL_SEED = 1_000_000
# Neither one frame nor four frames 8/15 s apart tell them apart: see ``synthetic.gaits``.
MOTION_ONLY_CLASSES = ("wave", "raise arm")


def render(folder: Path, *, train_scenes: int, val_scenes: int, workers: int) -> dict[str, str]:
    """A data set, as changes to a config."""
    splits = {
        "train": range(train_scenes),
        "val": range(FIRST_VAL_SEED, FIRST_VAL_SEED + val_scenes),
    }
    render_dataset(folder, splits, settings=RenderSettings(), workers=workers)
    return {
        f"{split}_dataloader.dataset.{name}": str(folder / path)
        for split in splits
        for name, path in (("annotations", f"{split}.csv"), ("videos", "videos"))
    }


def scalars(work_dir: Path) -> EventAccumulator:
    """What a run has logged for TensorBoard."""
    (log,) = work_dir.glob("*/vis_data")
    return EventAccumulator(str(log)).Reload()


@pytest.mark.slow
def test_a_compact_slowfast_learns_a_few_scenes(tmp_path):
    """The whole way, shortened: render, train, evaluate, keep the best."""
    changes = render(tmp_path / "data", train_scenes=6, val_scenes=2, workers=1)
    changes |= {
        "train_dataloader.batch_size": 4,
        "train_dataloader.num_workers": 0,
        "train_dataloader.persistent_workers": False,
        "val_dataloader.num_workers": 0,
        "val_dataloader.persistent_workers": False,
        "train_dataloader.dataset.transform.scale_px": (48, 60),
        "train_dataloader.dataset.transform.crop_px": 48,
        "val_dataloader.dataset.short_side_px": 48,
        "train_cfg.max_epochs": 6,
        "train_cfg.val_interval": 6,
        "default_hooks.logger.interval": 1,
        "param_scheduler": [],
    }
    config = str(CONFIGS / "slowfast_synthetic.py")
    train(RunOptions(config=config, work_dir=str(tmp_path / "work"), changes=changes))
    log = scalars(tmp_path / "work")
    losses = [point.value for point in log.Scalars("loss")]
    # ln 2 is the loss of a guess at 0.5 for each class; classes are rare, so it falls at once,
    # and further only by learning who does what.
    assert losses[0] > 0.6
    assert losses[-1] < 0.45
    path, value = best_checkpoint(tmp_path / "work")
    assert path.is_file()
    assert value == pytest.approx(log.Scalars("mAP")[-1].value, abs=1e-6)


@pytest.mark.longest
@pytest.mark.slow
def test_motion_needs_the_fast_pathway(tmp_path):
    """The point of SlowFast: what differs by motion alone, four frames cannot tell."""
    # As in docs/train.md, but evaluated once. Half of the scenes are too few on some processors.
    changes = render(tmp_path / "data", train_scenes=2400, val_scenes=300, workers=2)
    changes |= {"train_cfg.val_interval": "3"}
    found = {}
    for name in ("slowfast_synthetic", "slowonly_synthetic"):
        command = [sys.executable, str(CONFIGS.parent / "tools" / "train.py")]
        command += [str(CONFIGS / f"{name}.py"), "--work-dir", str(tmp_path / name)]
        command += ["--cfg-options", *(f"{key}={value}" for key, value in changes.items())]
        subprocess.run(command, check=True)
        log = scalars(tmp_path / name)
        found[name] = {
            tag.removeprefix("AP/"): log.Scalars(tag)[-1].value
            for tag in log.Tags()["scalars"]
            if tag.startswith("AP/") or tag == "mAP"
        }
    fast, slow = found["slowfast_synthetic"], found["slowonly_synthetic"]
    assert fast["mAP"] >= 0.85
    for name in MOTION_ONLY_CLASSES:
        assert fast[name] > slow[name] + 0.2, name
