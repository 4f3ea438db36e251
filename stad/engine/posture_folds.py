"""Train a posture model on everybody but one person."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from stad.annotations.csv_rows import read_rows
from stad.annotations.posture_folder import KEYFRAMES
from stad.engine.checkpoints import newest_checkpoint
from stad.engine.run import RunOptions, train
from stad.errors import InputError
from stad.utils.files import write_whole

LOADER = "train_dataloader.dataset."
TRAIN, HELD_OUT, KEYPOINTS = "train.csv", "held_out.csv", "keypoints.npz"
# No validation: what the weights are worth is measured afterwards, by the whole product.
NEVER = 10**6

# The video and the id of a person in it, as in the files.
PersonKey = tuple[str, str]


def train_without(
    people: Collection[PersonKey],
    config: str | Path,
    *,
    data: Path,
    work_dir: Path,
    seed: int = 0,
) -> Path:
    """Train on everybody in a folder but these people, who are one person, and return the weights.

    Args:
        people: whom to leave out.
        config: of a model that learns from a ``SkeletonDataset``.
        data: the folder; see docs/evaluate_poses.md. Its train.csv has all that there is to learn
            from, keyframes.csv where there is no such file; keypoints are found once for all
            people and kept in its keypoints.npz.
        work_dir: of the run; weights that are there already are returned.
        seed: of the run.

    Raises:
        InputError: the config or the folder cannot be used, or it has no other people.
    """
    known = newest_checkpoint(work_dir)
    if known is not None:
        return known
    everybody = data / TRAIN if (data / TRAIN).is_file() else data / KEYFRAMES
    if not everybody.is_file():
        raise InputError(
            f"Training needs boxes of people: {data} has neither {TRAIN} nor {KEYFRAMES}."
        )
    work_dir.mkdir(parents=True, exist_ok=True)
    _split(everybody, people, training=work_dir / TRAIN, testing=work_dir / HELD_OUT)
    changes = paths_in(data, work_dir / TRAIN, source=everybody, held_out=work_dir / HELD_OUT)
    changes["randomness.seed"] = seed
    train(RunOptions(config, work_dir=work_dir, changes=changes))
    found = newest_checkpoint(work_dir)
    if found is None:
        raise InputError(f"{config} kept no checkpoint in {work_dir}. Let it save the last epoch.")
    return found


def paths_in(data: Path, training: Path, *, source: Path, held_out: Path) -> dict[str, object]:
    """Return changes of the config that take everything from a folder.

    Args:
        data: the folder.
        training: AVA CSV to learn from.
        source: AVA CSV of everybody, whose keypoints are found.
        held_out: AVA CSV of those who are left out.
    """
    videos = str(data / "videos")
    return {
        LOADER + "annotations": str(training),
        LOADER + "keypoints": str(data / KEYPOINTS),
        LOADER + "source.annotations": str(source),
        LOADER + "source.videos": videos,
        "val_dataloader.dataset.annotations": str(held_out),
        "val_dataloader.dataset.videos": videos,
        # An interval alone would still validate after the last epoch.
        "train_cfg.val_begin": NEVER,
        "log_level": "WARNING",
    }


def _split(
    everybody: Path, people: Collection[PersonKey], *, training: Path, testing: Path
) -> None:
    """Write the rows of everybody else, and those of the people."""
    rows: dict[bool, list[list[str]]] = {False: [], True: []}
    for _, cells in read_rows(everybody):
        is_held_out = (cells[0].strip(), f"{float(cells[-1]):g}") in people
        rows[is_held_out].append(cells)
    if not rows[False] or not rows[True]:
        whom = "other people" if not rows[False] else f"the people {sorted(people)}"
        raise InputError(f"{everybody} has no rows of {whom}. Add some, or leave out another one.")
    for path, own in ((training, rows[False]), (testing, rows[True])):
        write_whole(path, "".join(",".join(cells) + "\n" for cells in own))
