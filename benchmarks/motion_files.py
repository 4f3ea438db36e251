"""Write rendered motion to a folder with a folder per class, and lists of it."""

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
# Every frame is a key frame, and all have one quality: a clip and its reverse have the same
# frames, so that the coder does not reveal the direction of time.
GOP_FRAMES = 1
QUALITY = {"qp": "24"}


def write_motion_dataset(
    folder: str | Path,
    *,
    num_train: int,
    num_val: int,
    on_clip: Callable[[], object] | None = None,
) -> dict[str, int]:
    """Write ``train/CLASS/*.mp4``, ``val/CLASS/*.mp4``, ``train.txt`` and ``val.txt``.

    ``train_no_spins.txt`` and ``val_no_spins.txt`` are for networks whose frames are too far apart
    to see in which direction something spins.

    Existing videos are kept, so an interrupted run continues where it stopped.

    Args:
        folder: of the data set; made if it does not exist.
        num_train: number of clips, a multiple of the 10 classes, which all get the same number.
        num_val: number of clips, a multiple of the same.
        on_clip: called after each clip, for a progress bar.

    Returns:
        The number of clips of each list.

    Raises:
        InputError: a number is wrong, or files cannot be written.
    """
    for name, count in (("--train", num_train), ("--val", num_val)):
        if count < 1 or count % (2 * NUM_PAIRS) or count > FIRST_VAL_SEED:
            raise InputError(
                f"{name} must be a multiple of {2 * NUM_PAIRS} from {2 * NUM_PAIRS} to "
                f"{FIRST_VAL_SEED}, got {count}."
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
        raise InputError(
            f"Cannot make {path.parent}: {error.strerror or error}. Choose another folder."
        ) from error
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
