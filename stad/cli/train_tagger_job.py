"""Train a tagger on records: the job behind ``stad train RECORDS``."""

from __future__ import annotations

import time

from tqdm import tqdm

from stad.cli.figure_table import FigureTable, as_rich
from stad.cli.log_lines import line_log
from stad.cli.terminal import PipeConsole
from stad.cli.train_options import TrainOptions, check_records
from stad.inference.build import resolve_device
from stad.tagging.examples import load_tag_examples
from stad.tagging.model_folder import figure_rows, write_tagger
from stad.tagging.training import TagTraining, fit_tagger
from stad.utils.numbers import shown_number


def train_tagger(options: TrainOptions) -> None:
    """Train on the labelled videos of a folder of records, and print the figures.

    Raises:
        InputError: there is too little to learn from, or a file or an option cannot be used.
    """
    check_records(options)
    log = line_log(quiet=options.quiet)
    begun = time.monotonic()
    examples, table = load_tag_examples(options.config, classes=options.classes)
    training = TagTraining(aggregator=options.aggregator, device=resolve_device(options.device))
    log(
        f"videos    {len(examples)} of {len(examples.amounts)} sources, "
        f"{sum(map(len, examples.frames))} seconds; tags {', '.join(examples.classes)}"
    )
    with tqdm(
        total=training.max_epochs,
        desc="training",
        unit="epoch",
        disable=None if not options.quiet else True,
        leave=False,
    ) as bar:
        fitted = fit_tagger(examples, training, on_epoch=lambda epoch: bar.update())
    seconds = time.monotonic() - begun
    path, content = write_tagger(options.config, table, examples, fitted, training, seconds=seconds)
    figures = content["figures"]
    if figures is None:
        log("checked   nothing: all videos are of one source. The thresholds are not fitted")
    else:
        accuracy = ""
        if content["single_label"]:
            accuracy = (
                f"accuracy {shown_number(figures['accuracy'])} (most frequent answer "
                f"{shown_number(figures['majority'])}), "
            )
        log(
            f"checked   on sources left out: {accuracy}mean average precision "
            f"{shown_number(figures['mAP'])}"
        )
    log(
        f"model     {path}, {fitted.num_epochs} epochs, in {seconds:.0f} s. Use it with "
        f"'stad tag VIDEOS --model {options.config}'"
    )
    if not options.quiet and figures is not None:
        columns, rows = figure_rows(content)
        PipeConsole().print(as_rich(FigureTable("tags", columns, rows)))
