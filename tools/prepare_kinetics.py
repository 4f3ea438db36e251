"""Writes the lists that recognizers train on, from a data set's annotations and what is on disk.

  python tools/prepare_kinetics.py data/kinetics400 --files train.csv validate.csv \\
    --label-map kinetics400
  python tools/prepare_kinetics.py data/ssv2 --files train.json validation.json \\
    --classes labels.json
  python tools/prepare_kinetics.py data/ucf101 --ucf101 ucfTrainTestlist --videos data/ucf101/videos
  python tools/prepare_kinetics.py data/hmdb51 --hmdb51 testTrainMulti_7030_splits
  python tools/prepare_kinetics.py data/mine --class-folders train val

Writes train.txt, val.txt and label_map.txt; videos that are not there are named in
train_left_out.txt. A label_map.txt that is there is kept, so that lists of several runs have the
same numbers. The videos themselves are to be had from their owners.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.annotations.label_maps import class_names
from stad.cli.arguments import ArgumentParser
from stad.datasets.prepare import published_lists
from stad.datasets.prepare.video_lists import write_lists
from stad.errors import run_script


def parse_args() -> argparse.Namespace:
    """The options."""
    parser = ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the lists go, data/kinetics400 say")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--files", nargs="+", metavar="FILE", help="CSV of Kinetics, JSON, or lists")
    what.add_argument("--ucf101", metavar="DIR", help="folder of trainlist01.txt ...")
    what.add_argument("--hmdb51", metavar="DIR", help="folder of CLASS_test_split1.txt ...")
    what.add_argument("--class-folders", nargs="+", metavar="SPLIT", help="SPLIT/CLASS/*.mp4")
    parser.add_argument("--split", type=int, default=1, help="of UCF101 and HMDB51 (1)")
    parser.add_argument("--videos", type=Path, metavar="DIR", help="where they are (FOLDER)")
    names = parser.add_mutually_exclusive_group()
    names.add_argument(
        "--label-map", metavar="NAME|FILE", help="order of the classes (sorted names)"
    )
    names.add_argument("--classes", metavar="JSON", help="Something-Something's labels.json")
    parser.add_argument("--probe", action="store_true", help="decode a frame of each video")
    return parser.parse_args()


def main() -> None:
    """Write the lists and say how much there is."""
    args = parse_args()
    videos = args.videos or args.folder
    if args.files:
        lists = published_lists.read_files(args.files)
    elif args.ucf101:
        lists = published_lists.read_ucf101(args.ucf101, args.split)
    elif args.hmdb51:
        lists = published_lists.read_hmdb51(args.hmdb51, args.split)
    else:
        lists = published_lists.read_class_folders(videos, args.class_folders)
    classes = class_names(args.label_map) if args.label_map else None
    if args.classes:
        classes = published_lists.read_class_file(args.classes)
    written = write_lists(
        args.folder,
        lists,
        videos=videos,
        classes=classes,
        label_map=args.label_map or args.classes,
        probe=args.probe,
    )
    print(*written.notes, *written.splits, sep="\n")


if __name__ == "__main__":
    run_script(main)
