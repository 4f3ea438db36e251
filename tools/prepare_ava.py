"""Gets AVA: python tools/prepare_ava.py data/ava

Annotations (v2.1), person proposals and the 299 films of training and validation: whole films, so
make sure of a disk of some hundred gigabytes.
What is complete is not fetched again, what broke off is gone on with; SHA256SUMS has the sums of
all that came (check them with --check, or sha256sum -c). The films are from the Common Visual
Data Foundation; the data is Google's, CC BY 4.0.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.arguments import ArgumentParser
from stad.datasets.prepare.ava import (
    ANNOTATIONS,
    Downloads,
    unpack_annotations,
    wanted_files,
    wanted_videos,
)
from stad.errors import InputError, run_script

PARTS = ("annotations", "proposals", "videos")


def parse_args() -> argparse.Namespace:
    """The options."""
    parser = ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="of the data set, data/ava for the configs")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument("--version", choices=sorted(ANNOTATIONS), default="2.1")
    parser.add_argument("--videos", nargs="+", metavar="ID", help="only these films")
    parser.add_argument("--check", action="store_true", help="verify what is there by its sums")
    return parser.parse_args()


def main() -> int:
    """Fetch; exit code 2 if something could not be had."""
    args = parse_args()
    downloads = Downloads(args.folder, check=args.check)
    wanted = wanted_files(args.only, args.version)
    failed = []
    count = 0
    while wanted:
        one = wanted.pop(0)
        try:
            path = downloads.fetch(one)
        except InputError as error:
            # One film less should not keep the others away.
            failed.append(str(error))
            continue
        count += 1
        if path.suffix == ".zip":
            unpack_annotations(path)
        if path.suffix == ".txt":
            ids = frozenset(args.videos) if args.videos else None
            wanted += wanted_videos(path, ids)
    print(f"{count} files are complete in {args.folder}")
    if failed:
        shown = "\n  ".join(failed[:5])
        raise InputError(f"{len(failed)} files could not be fetched:\n  {shown}")
    return 0


if __name__ == "__main__":
    run_script(main)
