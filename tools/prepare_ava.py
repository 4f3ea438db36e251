"""Download AVA.

    python tools/prepare_ava.py data/ava

Fetches the annotations (v2.1), person proposals and the 299 films of training and validation:
whole films, which take some hundred gigabytes. Complete files are skipped and interrupted
downloads are resumed. Checksums are recorded in SHA256SUMS: verify them with --check, or with
sha256sum -c. The films are from the Common Visual Data Foundation; the data is Google's, CC BY
4.0.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tyro.conf import Positional

from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.datasets.prepare.ava import (
    Downloads,
    unpack_annotations,
    wanted_files,
    wanted_videos,
)
from stad.errors import InputError, run_script

Part = Literal["annotations", "proposals", "videos"]
Version = Literal["2.1", "2.2"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the files to fetch."""

    folder: Annotated[
        Path,
        Positional,
        option("folder of the data set, data/ava for the configs", metavar="FOLDER"),
    ]
    only: Annotated[
        tuple[Part, ...],
        option("annotations, proposals or videos (default: all)", metavar="PART ..."),
    ] = get_args(Part)
    version: Annotated[Version, option("of the annotations, 2.1 or 2.2", metavar="VERSION")] = "2.1"
    videos: Annotated[tuple[str, ...], option("only these films", metavar="ID ...")] = ()
    check: Annotated[bool, option("verify the checksums of the files that are there")] = False


def main() -> int:
    """Fetch the files; exit code 2 if one could not be fetched."""
    options = parse(Options, description=__doc__)
    downloads = Downloads(options.folder, check=options.check)
    wanted = wanted_files(options.only, options.version)
    failed = []
    count = 0
    while wanted:
        one = wanted.pop(0)
        try:
            path = downloads.fetch(one)
        except InputError as error:
            # The other films are fetched all the same.
            failed.append(str(error))
            continue
        count += 1
        if path.suffix == ".zip":
            unpack_annotations(path)
        if path.suffix == ".txt":
            ids = frozenset(options.videos) if options.videos else None
            wanted += wanted_videos(path, ids)
    print(f"{count} files are complete in {options.folder}")
    if failed:
        shown = "\n  ".join(failed[:5])
        raise InputError(
            f"{len(failed)} files could not be fetched:\n  {shown}\n"
            "Run the same command to try again."
        )
    return 0


if __name__ == "__main__":
    run_script(main)
