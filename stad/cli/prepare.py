"""Run ``stad prepare``: data sets by their names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from stad.cli import prepare_options as options
from stad.cli.arguments import parse
from stad.cli.commands import Command, run_group

PLACE, OPTIONS = "stad.cli.prepare:", "stad.cli.prepare_options:"
COMMANDS = (
    Command("ava", f"{PLACE}ava_main", "fetch AVA", f"{OPTIONS}PrepareAvaOptions"),
    Command(
        "ava_kinetics",
        f"{PLACE}ava_kinetics_main",
        "AVA-Kinetics, from AVA and the clips of Kinetics-700",
        f"{OPTIONS}PrepareAvaKineticsOptions",
    ),
    Command(
        "ucf101_24",
        f"{PLACE}ucf101_24_main",
        "tubes of 24 classes of UCF101",
        f"{OPTIONS}PrepareUcf101Options",
    ),
    Command("jhmdb", f"{PLACE}jhmdb_main", "tubes of JHMDB-21", f"{OPTIONS}PrepareTubesOptions"),
    Command(
        "multisports",
        f"{PLACE}multisports_main",
        "tubes of MultiSports",
        f"{OPTIONS}PrepareMultisportsOptions",
    ),
    Command(
        "people",
        f"{PLACE}people_main",
        "find the people in the keyframes of a list with a person detector",
        f"{OPTIONS}PreparePeopleOptions",
    ),
    Command(
        "kinetics",
        f"{PLACE}kinetics_main",
        "lists of videos: Kinetics, Something-Something, UCF101, HMDB51, folders of classes",
        f"{OPTIONS}PrepareKineticsOptions",
    ),
    Command(
        "poses",
        f"{PLACE}poses_main",
        "fetch the videos of postures",
        f"{OPTIONS}PreparePosesOptions",
    ),
    Command(
        "youtube8m",
        f"{PLACE}youtube8m_main",
        "check the shards of YouTube-8M",
        f"{OPTIONS}PrepareYoutube8mOptions",
    ),
)
DESCRIPTION = """Prepare a data set for the configs: fetch what is open, check it, write the lists.

Interrupted downloads continue with the same command."""
AVA = """Download AVA.

Fetches the annotations (v2.1), person proposals and the 299 films of training and validation:
whole films, which take some hundred gigabytes. Complete files are skipped and interrupted
downloads are resumed. Checksums are recorded in SHA256SUMS: verify them with --check, or with
sha256sum -c. The films are from the Common Visual Data Foundation; the data is Google's, CC BY
4.0."""
AVA_KINETICS = """Prepare AVA-Kinetics.

AVA v2.2 must be there (stad prepare ava data/ava --version 2.2), and --kinetics must hold the
clips of Kinetics-700 for training, and for validation if that is wanted, named by YouTube id,
first and last second. The annotations are fetched, the lists for training and validation are
written, and the videos of AVA and of Kinetics are linked into one folder. Missing clips are counted
and left out. Boxes of people that a detector found in Kinetics are not published. The data is
Google's and DeepMind's, CC BY 4.0."""
KINETICS = """Write the lists that recognizers train on, from annotations and the videos on disk.

Writes train.txt, val.txt and label_map.txt; missing videos are listed in train_left_out.txt. An
existing label_map.txt is kept, so that lists of several runs have the same class numbers. The
videos must be obtained separately from their publishers."""
POSES = """Fetch the videos of the posture data set and write its annotations (skeleton_poses.py).

The annotations come with stad; the videos are downloaded from their publishers, or taken from a
folder that has them; those that only add people can be missing."""
YOUTUBE8M = """List, check and count the shards of YouTube-8M; without them, say how to get them.

Expects FOLDER/frame/train*.tfrecord, validate*.tfrecord and test*.tfrecord, and FOLDER/video the
same way. It makes the index that training needs. With --read, all records are read and checked;
interrupted, it continues where it was. The exit code is 2 if shards are missing or faulty."""
PEOPLE = """Find the people in the keyframes of a list, for a data set without published boxes.

Writes the boxes and scores of a person detector as an npz, which 'proposals' of a data set takes:
evaluation then is on detected people, not on the annotated boxes. Interrupted, the same command
continues."""
TUBE_FILES = """Writes annotations/tubes.json, the ground truth of 'stad evaluate tubes', and lists
of keyframes for the configs. annotations/left_out.txt lists videos that cannot be read."""
UCF101_24 = f"""Prepare UCF101-24: tubes of 24 classes of UCF101, as corrected by Singh et al.

The annotations are fetched (pyannot.pkl; also read: finalAnnots.mat, UCF101v2-GT.pkl); the videos
are UCF101.rar of https://www.crcv.ucf.edu/data/UCF101/, unpacked into FOLDER/videos.
{TUBE_FILES}"""
JHMDB = f"""Prepare JHMDB-21: fetch the puppet masks, splits and videos, 700 MB, and unpack them.

The box of a frame is that of its mask. --annotations also takes JHMDB-GT.pkl.
{TUBE_FILES}"""
MULTISPORTS = f"""Prepare MultiSports, which is given after a registration (CC BY-NC 4.0).

Expects FOLDER/trainval/multisports_GT.pkl and the videos in FOLDER/trainval/SPORT/.
{TUBE_FILES}"""


def prepare_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> int | None:
    """Run ``stad prepare``."""
    return run_group(COMMANDS, arguments, prog=prog, description=DESCRIPTION)


def ava_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad prepare ava``."""
    given = parse(
        options.PrepareAvaOptions, arguments, prog=prog, description=AVA, examples=("data/ava",)
    )
    from stad.cli.prepare_job import prepare_ava

    prepare_ava(given)


def ava_kinetics_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad prepare ava_kinetics``."""
    given = parse(
        options.PrepareAvaKineticsOptions,
        arguments,
        prog=prog,
        description=AVA_KINETICS,
        examples=("data/ava_kinetics --kinetics DIR",),
    )
    from stad.cli.prepare_job import prepare_ava_kinetics

    prepare_ava_kinetics(given)


def ucf101_24_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad prepare ucf101_24``."""
    given = parse(
        options.PrepareUcf101Options,
        arguments,
        prog=prog,
        description=UCF101_24,
        examples=("data/ucf101_24", "data/ucf101_24 --videos rgb-images --frames-fps 25"),
    )
    from stad.cli.prepare_job import prepare_tubes
    from stad.datasets.prepare.tube_sets import prepare_ucf101_24

    prepare_tubes(given, partial(prepare_ucf101_24, test_list=given.test_list))


def jhmdb_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad prepare jhmdb``."""
    given = parse(
        options.PrepareTubesOptions,
        arguments,
        prog=prog,
        description=JHMDB,
        examples=("data/jhmdb",),
    )
    from stad.cli.prepare_job import prepare_tubes
    from stad.datasets.prepare.tube_sets import prepare_jhmdb

    prepare_tubes(given, prepare_jhmdb)


def multisports_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad prepare multisports``."""
    given = parse(
        options.PrepareMultisportsOptions,
        arguments,
        prog=prog,
        description=MULTISPORTS,
        examples=("data/multisports", "data/multisports --person-boxes MultiSports_box/*.pkl"),
    )
    from stad.cli.prepare_job import prepare_tubes
    from stad.datasets.prepare.tube_sets import prepare_multisports

    prepare_tubes(given, partial(prepare_multisports, person_boxes=given.person_boxes))


def people_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad prepare people``."""
    given = parse(
        options.PreparePeopleOptions,
        arguments,
        prog=prog,
        description=PEOPLE,
        examples=(
            "data/ucf101_24/annotations/test_1.csv --videos data/ucf101_24/videos",
            "data/jhmdb/annotations/test_1.csv --videos data/jhmdb/ReCompress_Videos",
        ),
    )
    from stad.cli.prepare_people import prepare_people

    prepare_people(given)


def kinetics_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad prepare kinetics``."""
    given = parse(
        options.PrepareKineticsOptions,
        arguments,
        prog=prog,
        description=KINETICS,
        examples=(
            "data/kinetics400 --files train.csv validate.csv --label-map kinetics400",
            "data/ssv2 --files train.json validation.json --classes labels.json",
            "data/ucf101 --ucf101 ucfTrainTestlist --videos data/ucf101/videos",
            "data/hmdb51 --hmdb51 testTrainMulti_7030_splits",
            "data/mine --class-folders train val",
        ),
    )
    from stad.cli.prepare_job import prepare_kinetics

    prepare_kinetics(given)


def poses_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad prepare poses``."""
    given = parse(
        options.PreparePosesOptions,
        arguments,
        prog=prog,
        description=POSES,
        examples=("data/poses",),
    )
    from stad.cli.prepare_job import prepare_poses

    prepare_poses(given)


def youtube8m_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad prepare youtube8m``."""
    given = parse(
        options.PrepareYoutube8mOptions,
        arguments,
        prog=prog,
        description=YOUTUBE8M,
        examples=("data/youtube8m", "data/youtube8m --read"),
    )
    from stad.cli.prepare_job import prepare_youtube8m

    prepare_youtube8m(given)
