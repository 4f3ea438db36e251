"""Run ``stad evaluate``: detections, or the whole product, against ground truth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from stad.cli.arguments import parse
from stad.cli.commands import Command, run_group
from stad.cli.evaluate_options import (
    EvaluateAvaOptions,
    EvaluateSegmentsOptions,
    EvaluateTubesOptions,
)
from stad.cli.log_lines import print_line
from stad.errors import InputError

OPTIONS = "stad.cli.evaluate_options:"
FOLDER = "folder"
COMMANDS = (
    Command(
        FOLDER,
        "stad.cli.evaluate_own:own_main",
        "a folder of own classes or of records; the word folder may be left out",
        "stad.cli.evaluate_own_options:EvaluateOwnOptions",
        is_supervised=True,
    ),
    Command("ava", "stad.cli.evaluate:ava_main", "AVA frame-mAP", f"{OPTIONS}EvaluateAvaOptions"),
    Command(
        "segments",
        "stad.cli.evaluate:segments_main",
        "segment-mAP, as ActivityNet or THUMOS 2014 compute it",
        f"{OPTIONS}EvaluateSegmentsOptions",
    ),
    Command(
        "tubes",
        "stad.cli.evaluate:tubes_main",
        "tube-mAP (video-mAP) on UCF101-24, JHMDB or MultiSports",
        f"{OPTIONS}EvaluateTubesOptions",
    ),
    Command(
        "poses",
        "stad.cli.evaluate_poses:poses_main",
        "the whole product on clips with annotated postures, also leaving one person out",
        "stad.cli.evaluate_poses_options:EvaluatePosesOptions",
        is_supervised=True,
    ),
)
DESCRIPTION = """Evaluate own classes, a file of detections, or the whole product.

A folder alone is one of own classes, or of records: stad evaluate data/mine"""
AVA = """Compute AVA frame-mAP. Several --pred are compared; --json then prints an object of them
by name."""
SEGMENTS = """Compute segment-mAP as ActivityNet or THUMOS 2014 do.

Detections are JSON as for the ActivityNet challenge: {"results": {VIDEO: [{"label": ...,
"segment": [START, END], "score": ...}]}}, in seconds."""
TUBES = """Compute tube-mAP (video-mAP) on UCF101-24, JHMDB or MultiSports.

Detections are the boxes of frames, a CSV like AVA's whose times are those of the lists of 'stad
prepare': they are linked to tubes, and frame-mAP is printed as well. Or they are JSON: {"format":
"stad-tubes", "version": 1, "videos": {VIDEO: [{"label": ..., "score": ..., "first_frame": FROM 1,
"boxes": [[X1, Y1, X2, Y2], ...]}]}}, in pixels, a box for every frame."""


def evaluate_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad evaluate``."""
    run_group(COMMANDS, arguments, prog=prog, description=DESCRIPTION, for_folder=FOLDER)


def ava_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad evaluate ava``."""
    options = parse(
        EvaluateAvaOptions,
        arguments,
        prog=prog,
        description=AVA,
        examples=("--gt ava_val_v2.2.csv --pred detections.csv --report out/",),
    )
    if not options.pred:
        raise InputError("Give the detections with --pred CSV.")
    from stad.evaluation.ava_summary import as_json, as_table
    from stad.evaluation.compare_ava import compare_ava_files
    from stad.report.page import name_results, write_report

    comparisons = [
        compare_ava_files(
            options.gt,
            pred,
            label_map=options.labelmap,
            excluded=options.excluded,
            annotation_format=options.format,
            protocol=options.protocol,
            tie_order=options.tie_order,
        )
        for pred in options.pred
    ]
    results = name_results(comparisons)
    print_warnings(dict.fromkeys(text for _, one in results for text in one.warnings))
    if options.json:
        shown = {name: as_json(one.result) for name, one in results}
        print(json.dumps(shown if len(shown) > 1 else shown[results[0].name]))
    else:
        tables = [(name, as_table(one.result)) for name, one in results]
        print("\n\n".join("\n".join(pair[len(tables) == 1 :]) for pair in tables))
    if options.report:
        write_report(
            options.report,
            results,
            videos=options.videos,
            video_start_sec=options.videos_start,
        )


def segments_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad evaluate segments``."""
    options = parse(
        EvaluateSegmentsOptions,
        arguments,
        prog=prog,
        description=SEGMENTS,
        examples=("--gt activity_net.v1-3.min.json --pred detections.json --subset validation",),
    )
    from stad.annotations.segments import read_annotations, read_results
    from stad.evaluation.compare_segments import check_segments, compare_segments
    from stad.evaluation.items_summary import as_json, as_table

    truth = read_annotations(options.gt, subset=options.subset)
    found = read_results(options.pred)
    print_warnings(check_segments(truth, found))
    result = compare_segments(truth, found, protocol=options.protocol, thresholds=options.tiou)
    print(json.dumps(as_json(result)) if options.json else as_table(result))


def tubes_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad evaluate tubes``."""
    options = parse(
        EvaluateTubesOptions,
        arguments,
        prog=prog,
        description=TUBES,
        examples=(
            "--gt UCF101v2-GT.pkl --pred tubes.json",
            "--gt data/jhmdb/annotations/tubes.json --pred boxes.csv",
        ),
    )
    from stad.cli.evaluate_tubes_job import evaluate_tube_files

    warnings, text = evaluate_tube_files(options)
    print_warnings(warnings)
    print(text)


def print_warnings(warnings: Iterable[str]) -> None:
    """Print warnings on stderr."""
    for warning in warnings:
        print_line(f"warning: {warning}")
