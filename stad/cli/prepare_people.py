"""Find the people of a list with the chosen detector, and say how the file is used."""

from __future__ import annotations

import sys

from tqdm import tqdm

from stad.cli.prepare_job import check_frames_fps
from stad.cli.prepare_options import PreparePeopleOptions
from stad.datasets.inputs import open_source
from stad.datasets.prepare.people import keyframes_of, write_people
from stad.errors import InputError
from stad.inference.build import open_named_detector, resolve_device
from stad.inference.options import InferenceOptions

# Maximum number of videos in a message.
SHOWN_VIDEOS = 5


def prepare_people(options: PreparePeopleOptions) -> None:
    """Run ``stad prepare people``.

    Raises:
        InputError: an option cannot be used, or something is missing.
    """
    check_frames_fps(options.frames_fps)
    target = options.out or options.list.with_name(f"people_{options.list.stem}.npz")
    if target.suffix != ".npz":
        raise InputError(f"--out must end with .npz, got {target}.")
    if target.exists():
        raise InputError(f"{target} is there already. Delete it, or give another file with --out.")
    # Before the detector, which takes time.
    keyframes = keyframes_of(options.list)
    if not options.videos.is_dir():
        raise InputError(f"There is no folder of videos {options.videos}. Check --videos.")
    detector = open_named_detector(
        InferenceOptions(
            detector=options.detector,
            detector_weights=options.detector_weights,
            runtime=options.runtime,
        ),
        resolve_device(options.device),
        progress=True,
        log=print,
    )
    total = sum(map(len, keyframes.values()))
    with tqdm(total=total, unit="frame", desc="people", dynamic_ncols=True) as bar:
        found = write_people(
            target,
            keyframes,
            source=open_source(str(options.videos), frames_fps=options.frames_fps),
            detector=detector,
            origin=options.list,
            on_frame=bar.update,
        )
    print(f"{target}: {found.boxes} boxes of people in {found.frames} frames, by {detector.name}")
    print(
        f"To use it: --cfg-options val_dataloader.dataset.proposals={target} "
        f"val_dataloader.dataset.min_score={detector.person_threshold:g}"
    )
    if found.left_out:
        shown = "\n  ".join(
            f"{name}: {why}" for name, why in list(found.left_out.items())[:SHOWN_VIDEOS]
        )
        print(
            f"{len(found.left_out)} of {len(keyframes)} videos cannot be read and are left out:"
            f"\n  {shown}",
            file=sys.stderr,
        )
