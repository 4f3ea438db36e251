"""What is checked before a run: a run that cannot work stops here, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from stad.annotations.checks.findings import Finding, settle
from stad.annotations.checks.rows import SHOWN_CLASSES, check_examples
from stad.datasets.ava import AVADataset
from stad.datasets.keypoints import SkeletonDataset
from stad.datasets.video_facts import available_ids
from stad.datasets.videos import VideoDataset
from stad.errors import InputError
from stad.models.action_detector import ActionDetector
from stad.models.base import ActionModel
from stad.utils.text import shown

AnyDataset = AVADataset | VideoDataset | SkeletonDataset


def check_model_fits(model: ActionModel, dataset: AVADataset | VideoDataset) -> None:
    """Raise InputError unless the model's outputs are the data set's classes.

    Args:
        model: an ``ActionDetector`` or a ``Recognizer``.
        dataset: of actors for the one, of videos for the other.
    """
    is_detector = isinstance(model, ActionDetector)
    if is_detector == isinstance(dataset, VideoDataset):
        what = ("actors", "AVADataset") if is_detector else ("whole clips", "VideoDataset")
        raise InputError(
            f"the model scores {what[0]}, but the data set is a {type(dataset).__name__}: "
            f"it needs a {what[1]}"
        )
    classes = len(dataset.class_ids)
    for name, head in model.heads.items():
        if head.num_classes != classes:
            raise InputError(
                f"the model has {head.num_classes} outputs, but label_map {dataset.label_map!r} "
                f"names {classes} classes: set model.{name}.num_classes to {classes}, or name "
                "the label map that the model is for"
            )
    if is_detector and not model.roi_head.multilabel and dataset.max_labels > 1:
        raise InputError(
            f"the model gives each actor one class (roi_head.multilabel is False), but an actor "
            f"in {dataset.annotations} has {dataset.max_labels}: set model.roi_head.multilabel "
            "to True, or leave one label per actor"
        )


def check_same_classes(datasets: Sequence[AVADataset | VideoDataset]) -> None:
    """Raise InputError unless the classes have the same names in the same order."""
    for one, other in pairwise(datasets):
        # As many, or one of them would not fit the model.
        names = zip(one.metainfo["classes"], other.metainfo["classes"], strict=True)
        for number, (name, other_name) in enumerate(names, start=1):
            if name != other_name:
                raise InputError(
                    f"training and validation number their classes differently: line {number} is "
                    f"{name!r} in label_map {one.label_map!r} and {other_name!r} in "
                    f"{other.label_map!r}: give both the same label map"
                )


def check_data(train: AnyDataset | None, val: AnyDataset | None) -> list[str]:
    """Compare the data sets of a run with each other.

    Args:
        train, val: the data sets, None where the run has none.

    Returns:
        Tables of findings for people, none where all is well.
    """
    if train is None:
        return []
    findings = check_examples(train.example_counts, train.metainfo["classes"], of="training")
    if val is not None:
        findings += _check_unlearnt(train, val) + _check_shared(train, val)
        findings += _check_unlisted(train, val)
    warning = settle(findings, name=str(train.annotations), num_rows=0).warning
    return [warning] if warning else []


def _check_unlearnt(train: AnyDataset, val: AnyDataset) -> list[Finding]:
    """Find classes that are evaluated and cannot be learnt."""
    if len(train.example_counts) != len(val.example_counts):
        return []
    names = np.array(train.metainfo["classes"], dtype=object)
    missing = names[(train.example_counts == 0) & (val.example_counts > 0)].tolist()
    what = f"that {val.annotations} has and training has not: {shown(missing, limit=SHOWN_CLASSES)}"
    return [Finding(what, count=len(missing), unit="classes", drops=False)]


def _check_shared(train: AnyDataset, val: AnyDataset) -> list[Finding]:
    """Find videos that a model is evaluated on and has learnt from."""
    both = sorted(train.video_keys & val.video_keys)
    return [
        Finding(
            f"of the {len(val.video_keys)} of {val.annotations} are in training, too",
            count=len(both),
            unit="videos",
            guess="The figures of the evaluation will be too good: give each video to one of them.",
            examples=tuple(Path(one).name for one in both[:3]),
            drops=False,
        )
    ]


def _check_unlisted(train: AnyDataset, val: AnyDataset) -> list[Finding]:
    """Find videos that lie beside those that have rows, and have none."""
    if not (isinstance(train, AVADataset) and isinstance(val, AVADataset)):
        return []
    listed = train.video_keys | val.video_keys
    folders = {str(one.source.folder): one.source for one in (train, val)}
    names = [
        name
        for folder, source in folders.items()
        for name in available_ids(source)
        if str((Path(folder) / name).resolve()) not in listed
    ]
    what = f"beside them, in {', '.join(folders)}, without rows in {train.annotations} or "
    what += str(val.annotations)
    return [Finding(what, count=len(names), unit="videos", examples=tuple(names[:3]), drops=False)]
