"""Tag videos: the job behind demo/tag_videos.py."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stad.cli.log_lines import line_log
from stad.cli.option_ranges import check_numbers
from stad.cli.output_checks import check_outputs, is_stdout
from stad.cli.tag_options import TagOptions
from stad.utils.files import write_whole
from stad.utils.locks import only_writer

if TYPE_CHECKING:
    from rich.table import Table

    from stad.tagging.tagger import Tagger, VideoTags

DIGITS = 6
# Of a video in files, and those beyond that it gets.
WRITTEN_TAGS = 5


def tag(options: TagOptions) -> None:
    """Tag all videos, print the table, and write the outputs.

    Raises:
        InputError: a video, an output, the tagger or an option cannot be used.
    """
    check_numbers(options)
    outputs = {"--out": options.out, "--json": options.json, "--csv": options.csv}
    check_outputs(options, outputs, overwrite=options.overwrite)
    # Imported here: wrong options do not wait for torch.
    from stad.inference.build import resolve_device
    from stad.tagging.tag_videos import TagJob, tag_inputs
    from stad.tagging.tagger import open_tagger

    assert options.model is not None
    log = line_log(quiet=options.quiet)
    device = resolve_device(options.device)
    tagger = open_tagger(options.model, weights=options.weights, device=device)
    log(f"tagger    {tagger.name}: {len(tagger.classes)} tags, {device}")
    job = TagJob(
        tagger,
        device=options.device,
        runtime=options.runtime,
        progress=not options.quiet,
        log=log,
    )
    with only_writer(*outputs.values(), log=log):
        tagged = tag_inputs(job, options.videos)
        if not options.quiet and not is_stdout(*outputs.values()):
            from stad.cli.terminal import PipeConsole

            PipeConsole().print(as_table(tagged, tagger, top=options.top))
        write_outputs(options, tagged, tagger, left_out=job.left_out)
    for flag, path in outputs.items():
        if path is not None:
            log(f"{flag.strip('-'):<9} {path}")


def as_table(tagged: Sequence[VideoTags], tagger: Tagger, *, top: int) -> Table:
    """Return a row for each video, with its best tags; those below their threshold are dim."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("video", overflow="fold")
    table.add_column("s", justify="right")
    table.add_column("tags")
    for one in tagged:
        texts = []
        for place in one.best(top)[:top]:
            text = f"{escape(tagger.classes[place])} {one.scores[place]:.0%}"
            texts.append(text if one.shown[place] else f"[dim]({text})[/dim]")
        table.add_row(escape(one.id), str(len(one.over_time)), ", ".join(texts))
    return table


def write_outputs(
    options: TagOptions, tagged: Sequence[VideoTags], tagger: Tagger, *, left_out: dict[str, str]
) -> None:
    """Write the page, the JSON file and the CSV file that are asked for."""
    if options.json is not None:
        content = as_json(tagged, tagger, left_out=left_out)
        write_whole(options.json, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    if options.csv is not None:
        write_csv(options.csv, tagged, tagger)
    if options.out is not None:
        from stad.tagging.page import write_tags_page

        write_tags_page(options.out, tagged, tagger, left_out=left_out, progress=not options.quiet)


def as_json(
    tagged: Sequence[VideoTags], tagger: Tagger, *, left_out: dict[str, str]
) -> dict[str, Any]:
    """Return the tags as JSON values: the best ones, and all that reach their thresholds."""
    return {
        "format": "stad-tags",
        "version": 1,
        "model": tagger.name,
        "videos": [
            {
                "video": one.id,
                "path": None if one.path is None else str(one.path),
                "seconds": len(one.over_time),
                "tags": [
                    {
                        "tag": tagger.classes[place],
                        "score": round(float(one.scores[place]), DIGITS),
                        "shown": bool(one.shown[place]),
                        "over_time": one.over_time[:, place].round(4).astype(float).tolist(),
                    }
                    for place in one.best(WRITTEN_TAGS)
                ],
            }
            for one in tagged
        ],
        "left_out": left_out,
    }


def write_csv(path: Path, tagged: Sequence[VideoTags], tagger: Tagger) -> None:
    """Write a row for each tag of a video, best first."""
    from stad.annotations.csv_rows import csv_text

    rows = [["video", "tag", "score", "shown"]]
    for one in tagged:
        for place in one.best(WRITTEN_TAGS):
            score, is_shown = f"{one.scores[place]:.6f}", str(int(one.shown[place]))
            rows.append([one.id, tagger.classes[place], score, is_shown])
    write_whole(path, csv_text(rows))
