r"""Write the lists that recognizers train on, from annotations and the videos on disk.

  python tools/prepare_kinetics.py data/kinetics400 --files train.csv validate.csv \
    --label-map kinetics400
  python tools/prepare_kinetics.py data/ssv2 --files train.json validation.json \
    --classes labels.json
  python tools/prepare_kinetics.py data/ucf101 --ucf101 ucfTrainTestlist --videos data/ucf101/videos
  python tools/prepare_kinetics.py data/hmdb51 --hmdb51 testTrainMulti_7030_splits
  python tools/prepare_kinetics.py data/mine --class-folders train val

Writes train.txt, val.txt and label_map.txt; missing videos are listed in train_left_out.txt. An
existing label_map.txt is kept, so that lists of several runs have the same class numbers. The
videos must be obtained separately from their publishers.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tyro.conf import Positional

from stad.annotations.label_maps import class_names
from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.datasets.prepare import published_lists
from stad.datasets.prepare.video_lists import write_lists
from stad.errors import InputError, run_script


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the annotations and the videos."""

    folder: Annotated[
        Path, Positional, option("folder of the lists, such as data/kinetics400", metavar="FOLDER")
    ]
    files: Annotated[
        tuple[str, ...], option("CSV of Kinetics, JSON, or lists", metavar="FILE ...")
    ] = ()
    ucf101: Annotated[str | None, option("folder of trainlist01.txt ...", metavar="DIR")] = None
    hmdb51: Annotated[str | None, option("folder of CLASS_test_split1.txt ...", metavar="DIR")] = (
        None
    )
    class_folders: Annotated[
        tuple[str, ...], option("folders SPLIT/CLASS/*.mp4", metavar="SPLIT ...")
    ] = ()
    split: Annotated[int, option("split of UCF101 or HMDB51", metavar="N")] = 1
    videos: Annotated[
        Path | None, option("folder of the videos (default: FOLDER)", metavar="DIR")
    ] = None
    label_map: Annotated[
        str | None,
        option("order of the classes (default: sorted names)", metavar="NAME|FILE"),
    ] = None
    classes: Annotated[str | None, option("labels.json of Something-Something", metavar="JSON")] = (
        None
    )
    probe: Annotated[bool, option("decode a frame of each video")] = False


def check_sources(options: Options) -> None:
    """Raise InputError unless there is one kind of annotations and one order of classes at most."""
    kinds = (options.files, options.ucf101, options.hmdb51, options.class_folders)
    if sum(bool(one) for one in kinds) != 1:
        raise InputError("Give exactly one of --files, --ucf101, --hmdb51 and --class-folders.")
    if options.label_map and options.classes:
        raise InputError("--label-map and --classes cannot be used together.")


def main() -> None:
    """Write the lists and print how much there is."""
    options = parse(Options, description=__doc__)
    check_sources(options)
    videos = options.videos or options.folder
    if options.files:
        lists = published_lists.read_files(options.files)
    elif options.ucf101:
        lists = published_lists.read_ucf101(options.ucf101, options.split)
    elif options.hmdb51:
        lists = published_lists.read_hmdb51(options.hmdb51, options.split)
    else:
        lists = published_lists.read_class_folders(videos, options.class_folders)
    classes = class_names(options.label_map) if options.label_map else None
    if options.classes:
        classes = published_lists.read_class_file(options.classes)
    written = write_lists(
        options.folder,
        lists,
        videos=videos,
        classes=classes,
        label_map=options.label_map or options.classes,
        probe=options.probe,
    )
    print(*written.notes, *written.splits, sep="\n")


if __name__ == "__main__":
    run_script(main)
