"""Define the options of ``stad prepare``, by data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

from tyro.conf import Positional

from stad.cli.option_groups import DetectorOptions, RuntimeOptions
from stad.cli.option_types import option

Part = Literal["annotations", "proposals", "videos"]
Version = Literal["2.1", "2.2"]


@dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """The option that all data sets have."""

    folder: Annotated[
        Path, Positional, option("folder of the data set, data/NAME for the configs", metavar="DIR")
    ]


@dataclass(frozen=True, kw_only=True)
class PrepareAvaOptions(PrepareOptions):
    """Options of ``stad prepare ava``."""

    only: Annotated[
        tuple[Part, ...],
        option("annotations, proposals or videos (default: all)", metavar="PART ..."),
    ] = get_args(Part)
    version: Annotated[Version, option("of the annotations, 2.1 or 2.2", metavar="VERSION")] = "2.1"
    videos: Annotated[tuple[str, ...], option("only these films", metavar="ID ...")] = ()
    check: Annotated[bool, option("verify the checksums of the files that are there")] = False


@dataclass(frozen=True, kw_only=True)
class PrepareAvaKineticsOptions(PrepareOptions):
    """Options of ``stad prepare ava_kinetics``."""

    kinetics: Annotated[Path, option("folder of the clips of Kinetics-700", metavar="DIR")]
    ava: Annotated[Path, option("folder of AVA", metavar="DIR")] = Path("data/ava")
    annotations: Annotated[
        Path | None,
        option(
            "kinetics_train_v1.0.csv, kinetics_val_v1.0.csv beside it (default: downloaded)",
            metavar="CSV",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class PrepareKineticsOptions(PrepareOptions):
    """Options of ``stad prepare kinetics``."""

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
        Path | None, option("folder of the videos (default: that of the lists)", metavar="DIR")
    ] = None
    label_map: Annotated[
        str | None,
        option("order of the classes (default: sorted names)", metavar="NAME|FILE"),
    ] = None
    classes: Annotated[str | None, option("labels.json of Something-Something", metavar="JSON")] = (
        None
    )
    probe: Annotated[bool, option("decode a frame of each video")] = False


@dataclass(frozen=True, kw_only=True)
class PreparePosesOptions(PrepareOptions):
    """Options of ``stad prepare poses``."""

    source: Annotated[
        Path | None,
        option("look here for the videos first, by their hashes", metavar="FOLDER", name="from"),
    ] = None


@dataclass(frozen=True, kw_only=True)
class PrepareYoutube8mOptions(PrepareOptions):
    """Options of ``stad prepare youtube8m``."""

    read: Annotated[bool, option("read all records and check them: hours for all of it")] = False
    processes: Annotated[int | None, option("that read (default: the processors)", metavar="N")] = (
        None
    )


@dataclass(frozen=True, kw_only=True)
class FrameFoldersOptions:
    """The option for videos that were extracted as frames."""

    frames_fps: Annotated[
        float | None, option("--videos has folders of frames, at this rate", metavar="FPS")
    ] = None


@dataclass(frozen=True, kw_only=True)
class PrepareTubesOptions(FrameFoldersOptions, PrepareOptions):
    """Options of ``stad prepare`` for data sets of tubes."""

    annotations: Annotated[
        Path | None, option("annotations that you have (default: as published)", metavar="PATH")
    ] = None
    videos: Annotated[
        Path | None, option("folder of the classes' videos, or of their frames", metavar="DIR")
    ] = None
    every: Annotated[
        int | None,
        option("train on every Nth annotated frame (default: 4; JHMDB 1)", metavar="N"),
    ] = None


@dataclass(frozen=True, kw_only=True)
class PrepareMultisportsOptions(PrepareTubesOptions):
    """Options of ``stad prepare multisports``."""

    person_boxes: Annotated[
        tuple[Path, ...],
        option("published boxes of people, to be written as proposals", metavar="PKL ..."),
    ] = ()


@dataclass(frozen=True, kw_only=True)
class PrepareUcf101Options(PrepareTubesOptions):
    """Options of ``stad prepare ucf101_24``."""

    test_list: Annotated[
        Path | None, option("testlist01.txt (default: downloaded)", metavar="TXT")
    ] = None


@dataclass(frozen=True, kw_only=True)
class PreparePeopleOptions(DetectorOptions, RuntimeOptions, FrameFoldersOptions):
    """Options of ``stad prepare people``."""

    HEADING = "data"

    list: Annotated[
        Path, Positional, option("keyframes in AVA's format, such as test_1.csv", metavar="CSV")
    ]
    videos: Annotated[
        Path, option("folder of the list's videos, or of their frames", metavar="DIR")
    ]
    out: Annotated[
        Path | None, option("file to write (default: people_LIST.npz beside it)", metavar="NPZ")
    ] = None
