"""Rendered motion -> a folder with a folder per class, and lists of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.motion import CLASSES, NUM_PAIRS, SPINS, render_motion
from stad.annotations.video_lists import list_text
from stad.datasets.synthetic.rendered_video import write_rendered_video
from stad.errors import InputError
from stad.utils.files import write_whole

# Far above the training seeds, so that more training clips never meet the held-out ones.
FIRST_VAL_SEED = 1_000_000
FPS = 16
# Every picture a key picture, and all of one quality: the pictures of a twin stay the same, so
# that the coder does not tell which way time runs.
GOP_FRAMES = 1
QUALITY = {"qp": "24"}


def write_motion_dataset(
    folder: str | Path,
    *,
    num_train: int,
    num_val: int,
    on_clip: Callable[[], None] | None = None,
) -> dict[str, int]:
    """Write ``train/CLASS/*.mp4``, ``val/CLASS/*.mp4``, ``train.txt`` and ``val.txt``.

    ``train_no_spins.txt`` and ``val_no_spins.txt`` are for networks whose frames lie too far apart
    to tell which way something spins.

    Videos that are there already are kept, so a broken run goes on where it stopped.

    Args:
        folder: where to; made if it is not there.
        num_train, num_val: clips, multiples of the 10 classes, so that each has equally many.
        on_clip: called after each clip, for a progress bar.

    Returns:
        how many clips each list has.

    Raises:
        InputError: another number, or files that cannot be written.
    """
    for name, count in (("--train", num_train), ("--val", num_val)):
        if count < 1 or count % (2 * NUM_PAIRS) or count > FIRST_VAL_SEED:
            raise InputError(
                f"{name} must be a multiple of {2 * NUM_PAIRS} from {2 * NUM_PAIRS} to "
                f"{FIRST_VAL_SEED}, got {count}"
            )
    folder = Path(folder)
    counts = {}
    for split, first, count in (("train", 0, num_train), ("val", FIRST_VAL_SEED, num_val)):
        rows = []
        for seed in range(first, first + count):
            rows.append(_write_clip(folder, split, seed))
            if on_clip is not None:
                on_clip()
        write_whole(folder / f"{split}.txt", list_text(rows))
        slow = [row for row in rows if row[1] not in SPINS]
        write_whole(folder / f"{split}_no_spins.txt", list_text(slow))
        counts[split] = len(rows)
    return counts


def _write_clip(folder: Path, split: str, seed: int) -> tuple[str, int]:
    clip = render_motion(seed)
    name = f"{split}/{CLASSES[clip.label].replace(' ', '_')}/clip_{seed:07d}.mp4"
    path = folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make {path.parent}: {error.strerror or error}") from error
    if not path.exists():
        height, width = clip.frames.shape[1:3]
        write_rendered_video(
            path,
            clip.frames,
            size_px=(width, height),
            fps=FPS,
            gop_frames=GOP_FRAMES,
            quality=QUALITY,
        )
    return name, clip.label
