"""Evaluate a file of tubes, or of the boxes of frames, as the options say."""

from __future__ import annotations

import json

from tqdm import tqdm

from stad.annotations.tubes import (
    LabelledTube,
    TubeAnnotations,
    read_tube_annotations,
    read_tube_results,
)
from stad.cli.evaluate_options import EvaluateTubesOptions
from stad.evaluation.compare_tubes import check_tube_results, compare_tubes
from stad.evaluation.items import DetectionAPResult
from stad.evaluation.items_summary import as_json, as_table
from stad.evaluation.tubes import THRESHOLDS

CSV_SUFFIXES = (".csv", ".csv.gz")
BAR_AFTER_SEC = 3


def evaluate_tube_files(options: EvaluateTubesOptions) -> tuple[list[str], str]:
    """Return warnings and the figures, as a table or as JSON.

    Raises:
        InputError: a file cannot be read, or does not fit the annotations.
    """
    truth = read_tube_annotations(options.gt)
    boxes = None
    if options.pred.name.lower().endswith(CSV_SUFFIXES):
        boxes, found = _linked(options, truth)
    else:
        found = read_tube_results(options.pred)
    warnings = check_tube_results(truth, found, part=options.part, split=options.split)
    result = compare_tubes(
        truth,
        found,
        part=options.part,
        split=options.split,
        protocol=options.protocol,
        thresholds=options.iou or THRESHOLDS,
    )
    if options.json:
        shown = as_json(result) | ({} if boxes is None else {"frames": as_json(boxes)})
        return warnings, json.dumps(shown)
    tables = [f"tubes\n{as_table(result)}"] if boxes is not None else [as_table(result)]
    tables += [] if boxes is None else [f"frames\n{as_table(boxes)}"]
    return warnings, "\n\n".join(tables)


def _linked(
    options: EvaluateTubesOptions, truth: TubeAnnotations
) -> tuple[DetectionAPResult, dict[str, list[LabelledTube]]]:
    """Return the figures of the boxes of frames, and the tubes that they are linked to."""
    from stad.annotations.ava_csv import read_ava_csv
    from stad.localization.frame_tubes import (
        PROTOCOL_RULES,
        evaluate_frames,
        frames_of_table,
        link_videos,
    )

    frames = frames_of_table(read_ava_csv(options.pred), truth)
    with tqdm(
        total=len(frames), desc="linking", unit="video", delay=BAR_AFTER_SEC, leave=False
    ) as bar:
        found = link_videos(
            frames,
            truth,
            linking=options.linking,
            rules=PROTOCOL_RULES[options.protocol],
            on_video=bar.update,
        )
    figures = evaluate_frames(
        truth, frames, part=options.part, split=options.split, protocol=options.protocol
    )
    return figures, found
