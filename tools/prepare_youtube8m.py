"""List, check and count the shards of YouTube-8M; without them, say how to get them.

    python tools/prepare_youtube8m.py data/youtube8m
    python tools/prepare_youtube8m.py data/youtube8m --read

Expects FOLDER/frame/train*.tfrecord, validate*.tfrecord and test*.tfrecord, and FOLDER/video the
same way. It makes the index that training needs. With --read, all records are read and checked;
interrupted, it continues where it was. The exit code is 2 if shards are missing or faulty.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tyro.conf import Positional

from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.datasets.prepare import youtube8m
from stad.errors import run_script


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the shards to look at."""

    folder: Annotated[
        Path,
        Positional,
        option("folder of the data set, data/youtube8m for the configs", metavar="FOLDER"),
    ]
    read: Annotated[bool, option("read all records and check them: hours for all of it")] = False
    processes: Annotated[int | None, option("that read (default: the processors)", metavar="N")] = (
        None
    )


def main() -> None:
    """Print how much there is."""
    options = parse(Options, description=__doc__)
    splits = youtube8m.find_splits(options.folder)
    for line in youtube8m.list_splits(splits):
        print(line, flush=True)
    if options.read:
        counts = youtube8m.check_splits(splits, processes=options.processes)
        print("", *youtube8m.count_table(counts), sep="\n", flush=True)
        youtube8m.raise_faults([fault for one in counts.values() for fault in one.faults])
    youtube8m.raise_faults(youtube8m.faults_of_headers(splits))


if __name__ == "__main__":
    run_script(main)
