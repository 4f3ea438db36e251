"""Run ``stad check``: check the annotations of a config, or a file, without training."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from stad.cli.arguments import parse
from stad.cli.check_options import (
    CheckAvaOptions,
    CheckConfigOptions,
    CheckFolderOptions,
    CheckSegmentsOptions,
    CheckTubesOptions,
)
from stad.cli.commands import Command, run_group
from stad.errors import InputError, harmless

OPTIONS = "stad.cli.check_options:"
COMMANDS = (
    Command(
        "config",
        "stad.cli.check:config_main",
        "the data of a config, as before training; the word config may be left out",
        f"{OPTIONS}CheckConfigOptions",
    ),
    Command(
        "folder",
        "stad.cli.check:folder_main",
        "a folder of your own videos and labels; the word folder may be left out",
        f"{OPTIONS}CheckFolderOptions",
    ),
    Command(
        "ava",
        "stad.cli.check:ava_main",
        "annotations in AVA's CSV against their videos, or detections against --gt",
        f"{OPTIONS}CheckAvaOptions",
    ),
    Command(
        "segments",
        "stad.cli.check:segments_main",
        "detected segments against their ground truth",
        f"{OPTIONS}CheckSegmentsOptions",
    ),
    Command(
        "tubes",
        "stad.cli.check:tubes_main",
        "detected tubes against their ground truth",
        f"{OPTIONS}CheckTubesOptions",
    ),
)
DESCRIPTION = "Check annotations or detections without training."
CONFIG = """Check the annotations of a config as "stad train" does before it trains.

It finds missing files, rows that cannot be right, classes without an example, and videos that are
in training and in validation."""
CONFIG_SUFFIX, FOR_FOLDER = ".py", "folder"
FOLDER = """Check a folder of your own videos: what is labelled, what is wrong, what is too little.

The split into training and validation is kept in split.csv, videos of one source together."""
AVA = """Check a CSV in AVA's format.

Annotations are checked for their classes, boxes and repeats, and with --videos for times beyond
the videos. With --gt, the file holds detections, and it is checked whether they fit."""
SEGMENTS = "Check a file of detected segments against its ground truth."
TUBES = "Check a file of detected tubes against its ground truth."


def check_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> int | None:
    """Run ``stad check``."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words and words[0].endswith(CONFIG_SUFFIX):
        words = ["config", *words]
    return run_group(COMMANDS, words, prog=prog, description=DESCRIPTION, for_folder=FOR_FOLDER)


def config_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad check config``."""
    options = parse(
        CheckConfigOptions,
        arguments,
        prog=prog,
        description=CONFIG,
        examples=("configs/slowfast_ava.py",),
        everyday=("config", "cfg_options"),
    )
    from stad.engine.config_options import read_changes

    changes = read_changes(options.cfg_options)
    from stad.engine.data_check import check
    from stad.engine.options import RunOptions

    found = check(RunOptions(config=options.config, changes=changes))
    for split, dataset in found.datasets.items():
        classes = len(dataset.metainfo["classes"])
        print(
            f"{split:<11}{dataset.annotations}: {len(dataset)} clips of {len(dataset.video_keys)} "
            f"videos, {classes} classes"
        )
    _print_findings(found.warnings, name=str(options.config))


def folder_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad check folder``."""
    options = parse(
        CheckFolderOptions,
        arguments,
        prog=prog,
        description=FOLDER,
        examples=("data/mine", "data/mine --sheet examples.html"),
    )
    from stad.cli.check_folder import run_check

    run_check(options)


def ava_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad check ava``."""
    options = parse(
        CheckAvaOptions,
        arguments,
        prog=prog,
        description=AVA,
        examples=(
            "train.csv --labelmap classes.txt --videos videos/",
            "detections.csv --gt ava_val_v2.2.csv",
        ),
    )
    if options.gt is not None and options.videos is not None:
        raise InputError(
            "Give either --gt, to check detections, or --videos, to check annotations."
        )
    if options.gt is None:
        warnings = _check_annotations(options)
    else:
        warnings = _check_detections(options, options.gt)
    _print_findings(warnings, name=str(options.file))


def _check_annotations(options: CheckAvaOptions) -> list[str]:
    from stad.datasets.checked_table import read_checked
    from stad.datasets.inputs import classes_of, open_source

    label_map = "ava" if options.labelmap is None else str(options.labelmap)
    source = None if options.videos is None else open_source(str(options.videos), frames_fps=None)
    checked = read_checked(
        str(options.file),
        classes=classes_of(label_map),
        label_map=label_map,
        source=source,
        start_sec=options.videos_start,
        annotation_format=options.format,
    )
    return [checked.warning] if checked.warning else []


def _check_detections(options: CheckAvaOptions, gt: Path) -> Sequence[str]:
    from stad.evaluation.compare_ava import compare_ava_files

    return compare_ava_files(
        gt,
        options.file,
        label_map=options.labelmap,
        excluded=options.excluded,
        annotation_format=options.format,
    ).warnings


def segments_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad check segments``."""
    options = parse(
        CheckSegmentsOptions,
        arguments,
        prog=prog,
        description=SEGMENTS,
        examples=("detections.json --gt activity_net.v1-3.min.json --subset validation",),
    )
    from stad.annotations.segments import read_annotations, read_results
    from stad.evaluation.compare_segments import check_segments

    truth = read_annotations(options.gt, subset=options.subset)
    _print_findings(check_segments(truth, read_results(options.file)), name=str(options.file))


def tubes_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad check tubes``."""
    options = parse(
        CheckTubesOptions,
        arguments,
        prog=prog,
        description=TUBES,
        examples=("tubes.json --gt UCF101v2-GT.pkl",),
    )
    from stad.annotations.tubes import read_tube_annotations, read_tube_results
    from stad.evaluation.compare_tubes import check_tube_results

    truth, found = read_tube_annotations(options.gt), read_tube_results(options.file)
    _print_findings(
        check_tube_results(truth, found, part=options.part, split=options.split),
        name=str(options.file),
    )


def _print_findings(warnings: Iterable[str], *, name: str) -> None:
    """Print what was found on stdout; it is what the command is for."""
    warnings = list(warnings)
    print(harmless("\n".join(warnings) if warnings else f"No problem was found in {name}."))
