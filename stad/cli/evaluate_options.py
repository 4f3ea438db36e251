"""Define the options of ``stad evaluate``: files of detections and of ground truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import UseAppendAction

from stad.cli.option_types import option

# As stad.evaluation and stad.annotations have them; written out here because --help takes no numpy.
AvaProtocol = Literal["official", "mmaction2", "pyslowfast"]
TieOrder = Literal["stable", "numpy"]
SegmentProtocol = Literal["activitynet", "thumos14"]
TubeProtocol = Literal["act", "multisports"]
Linking = Literal["overlap", "path", "tracker"]
Part = Literal["test", "train"]


@dataclass(frozen=True, kw_only=True)
class PrintOptions:
    """Options for printing figures."""

    json: Annotated[bool, option("print JSON")] = False


@dataclass(frozen=True, kw_only=True)
class AvaFileOptions:
    """Options for a file in AVA's format."""

    labelmap: Annotated[
        Path | None, option("classes, .pbtxt or .txt (default: AVA's)", metavar="FILE")
    ] = None
    format: Annotated[
        str | None, option("format of the annotations (default: by the ending)", metavar="NAME")
    ] = None
    excluded: Annotated[
        Path | None, option("keyframes to leave out: video id, timestamp", metavar="CSV")
    ] = None
    videos: Annotated[Path | None, option("folder of the videos, by id", metavar="DIR")] = None
    videos_start: Annotated[float, option("timestamp of their first frame", metavar="SEC")] = 0.0


@dataclass(frozen=True, kw_only=True)
class EvaluateAvaOptions(AvaFileOptions, PrintOptions):
    """Options of ``stad evaluate ava``."""

    gt: Annotated[Path, option("ground truth, AVA CSV (also .gz)", metavar="CSV")]
    pred: Annotated[
        tuple[Path, ...], UseAppendAction, option("detections; may be repeated", metavar="CSV")
    ] = ()
    protocol: Annotated[
        AvaProtocol,
        option(
            "official, mmaction2 or pyslowfast, whose figures differ (default: official)",
            metavar="NAME",
        ),
    ] = "official"
    tie_order: Annotated[
        TieOrder,
        option(
            "order of equal scores: stable, or numpy (as it sorts on this CPU)",
            metavar="NAME",
        ),
    ] = "stable"
    report: Annotated[
        Path | None,
        option("write report.html and report.json there, with frames of --videos", metavar="DIR"),
    ] = None


@dataclass(frozen=True, kw_only=True)
class SubsetOptions:
    """Options for the part of annotated segments that is used."""

    subset: Annotated[
        str | None,
        option("annotations to use, such as validation (default: all)", metavar="NAME"),
    ] = None


@dataclass(frozen=True, kw_only=True)
class SegmentFileOptions(SubsetOptions):
    """Options for a file of detected segments and its ground truth."""

    gt: Annotated[
        Path,
        option(
            "ActivityNet JSON, the folder of THUMOS 2014's text files, or Charades' CSV",
            metavar="PATH",
        ),
    ]


@dataclass(frozen=True, kw_only=True)
class EvaluateSegmentsOptions(SegmentFileOptions, PrintOptions):
    """Options of ``stad evaluate segments``."""

    pred: Annotated[Path, option("detections, ActivityNet JSON", metavar="JSON")]
    protocol: Annotated[
        SegmentProtocol,
        option("activitynet or thumos14, whose figures differ", metavar="NAME"),
    ] = "activitynet"
    tiou: Annotated[
        tuple[float, ...] | None,
        option("temporal IoUs (default: those of the protocol)", metavar="IOU ..."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class TubeFileOptions:
    """Options for a file of detected tubes and its ground truth."""

    gt: Annotated[
        Path, option("published annotations, or tubes.json of stad prepare", metavar="FILE")
    ]
    part: Annotated[Part, option("videos to use, test or train", metavar="PART")] = "test"
    split: Annotated[int, option("split of the data set", metavar="N")] = 1


@dataclass(frozen=True, kw_only=True)
class EvaluateTubesOptions(TubeFileOptions, PrintOptions):
    """Options of ``stad evaluate tubes``."""

    pred: Annotated[Path, option("tubes, JSON, or the boxes of frames, CSV", metavar="FILE")]
    protocol: Annotated[
        TubeProtocol, option("act or multisports, whose figures differ", metavar="NAME")
    ] = "act"
    iou: Annotated[
        tuple[float, ...] | None,
        option("tube IoUs (default: 0.2 and 0.5 to 0.95)", metavar="IOU ..."),
    ] = None
    linking: Annotated[
        Linking,
        option("how boxes of a CSV become tubes: overlap, path or tracker", metavar="NAME"),
    ] = "overlap"
