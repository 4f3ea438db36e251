"""Write records of the features of one's own videos: the job behind tools/extract_features.py."""

from __future__ import annotations

from stad.cli.features_options import FeaturesOptions
from stad.cli.log_lines import line_log
from stad.tagging import TABLE
from stad.tagging.describer import ClipDescriber
from stad.tagging.extraction import Extraction, extract_features
from stad.tagging.table import RecordsTable
from stad.tagging.videos import list_videos


def write_features(options: FeaturesOptions) -> RecordsTable:
    """Write the records and say what they hold.

    Raises:
        InputError: a video, an option or the folder cannot be used.
    """
    assert options.out is not None
    log = line_log(quiet=options.quiet)
    listing = list_videos(options.videos)
    describer = ClipDescriber(
        options.backbone,
        options.backbone_weights,
        device=options.device,
        runtime=options.runtime,
        progress=not options.quiet,
        log=log,
    )
    extraction = Extraction(
        options.backbone,
        options.backbone_weights,
        pca=options.pca,
        max_components=options.components,
    )
    table = extract_features(
        listing, options.out, extraction, describer, progress=not options.quiet, log=log
    )
    log("audio     is not described: no network for it is published where pip can get it")
    for line in summary(table):
        log(line)
    log(f"records   {options.out}. Train a tagger with 'stad train {options.out}'")
    return table


def summary(table: RecordsTable) -> list[str]:
    """Return lines about what a folder of records holds."""
    seconds = sum(one.num_frames for one in table.videos)
    labelled = [one for one in table.videos if one.labels is not None]
    lines = [
        f"videos    {len(table.videos)} with {seconds} seconds, {table.num_channels} values each; "
        f"{len({one.source for one in table.videos})} sources"
    ]
    if table.left_out:
        lines.append(f"left out  {len(table.left_out)} videos, see {TABLE}")
    if not labelled:
        return [*lines, "labels    none. Put the videos into folders of classes, or use stad label"]
    counts = {name: sum(name in (one.labels or ()) for one in labelled) for name in table.classes}
    none = sum(not one.labels for one in labelled)
    texts = [f"{name} {count}" for name, count in counts.items()]
    texts += [f"none of these {none}"] if none else []
    return [*lines, f"labels    {', '.join(texts)}; {len(labelled)} videos are labelled"]
