"""Check model and data before a run: a run that cannot work stops here, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from stad.annotations.checks.findings import Finding, settle
from stad.annotations.checks.rows import SHOWN_CLASSES, check_examples
from stad.datasets.ava import AVADataset
from stad.datasets.keypoints import SkeletonDataset
from stad.datasets.records.dataset import RecordDataset
from stad.datasets.video_facts import available_ids
from stad.datasets.videos import VideoDataset
from stad.errors import InputError
from stad.models.action_detector import ActionDetector
from stad.models.base import ActionModel, ScoringModel
from stad.utils.text import shown

AnyDataset = AVADataset | VideoDataset | SkeletonDataset | RecordDataset


def check_model_fits(model: ScoringModel, dataset: AnyDataset) -> None:
    """Raise InputError unless the model's outputs match the data set's classes.

    Args:
        model: an ``ActionDetector``, a ``Recognizer`` or a ``VideoTagger``.
        dataset: of actors for a detector, a ``VideoDataset`` for a recognizer, a
            ``RecordDataset`` for a tagger.
    """
    if not isinstance(model, ActionModel):
        what, kinds = ("the features of frames", "RecordDataset"), (RecordDataset,)
    elif isinstance(model, ActionDetector):
        what, kinds = ("actors", "AVADataset"), (AVADataset, SkeletonDataset)
    else:
        what, kinds = ("whole clips", "VideoDataset"), (VideoDataset,)
    if not isinstance(dataset, kinds):
        raise InputError(
            f"The model scores {what[0]}, but the data set is a {type(dataset).__name__}. "
            f"Use a {what[1]}, or another model."
        )
    classes = len(dataset.class_ids)
    for name, head in model.heads.items():
        if head.num_classes != classes:
            raise InputError(
                f"The model has {head.num_classes} outputs, but label_map {dataset.label_map!r} "
                f"names {classes} classes. Set model.{name}.num_classes to {classes}, or name the "
                "label map that the model is for."
            )
    if not isinstance(model, ActionDetector):
        return
    assert isinstance(dataset, AVADataset | SkeletonDataset)
    if not model.roi_head.multilabel and dataset.max_labels > 1:
        raise InputError(
            f"The model gives each actor one class (roi_head.multilabel is False), but an actor "
            f"in {dataset.annotations} has {dataset.max_labels}. Set model.roi_head.multilabel "
            "to True, or keep one label per actor."
        )


def check_same_classes(datasets: Sequence[AnyDataset]) -> None:
    """Raise InputError unless all classes have the same names in the same order."""
    for one, other in pairwise(datasets):
        # The numbers are equal, or one data set would not fit the model.
        names = zip(one.metainfo["classes"], other.metainfo["classes"], strict=True)
        for number, (name, other_name) in enumerate(names, start=1):
            if name != other_name:
                raise InputError(
                    f"Training and validation number their classes differently: line {number} is "
                    f"{name!r} in label_map {one.label_map!r} and {other_name!r} in "
                    f"{other.label_map!r}. Give both the same label map."
                )


def check_data(train: AnyDataset | None, val: AnyDataset | None) -> list[str]:
    """Compare the data sets of a run with each other.

    Args:
        train: the training data; None if the run has none.
        val: the validation data; None if the run has none.

    Returns:
        Tables of findings to print; empty if there are none.
    """
    if train is None:
        return []
    counts, names = train.example_counts, train.metainfo["classes"]
    findings = [] if counts is None else check_examples(counts, names, of="training")
    if val is not None:
        findings += _check_unlearnt(train, val) + _check_shared(train, val)
        findings += _check_unlisted(train, val)
    warning = settle(findings, name=str(train.annotations), num_rows=0).warning
    return [warning] if warning else []


def _check_unlearnt(train: AnyDataset, val: AnyDataset) -> list[Finding]:
    """Find classes that are evaluated but not trained."""
    learnt, evaluated = train.example_counts, val.example_counts
    if learnt is None or evaluated is None or len(learnt) != len(evaluated):
        return []
    names = np.array(train.metainfo["classes"], dtype=object)
    missing = names[(learnt == 0) & (evaluated > 0)].tolist()
    what = f"that {val.annotations} has and training has not: {shown(missing, limit=SHOWN_CLASSES)}"
    return [Finding(what, count=len(missing), unit="classes", drops=False)]


def _check_shared(train: AnyDataset, val: AnyDataset) -> list[Finding]:
    """Find videos that are in both training and validation."""
    both = sorted(train.video_keys & val.video_keys)
    return [
        Finding(
            f"of the {len(val.video_keys)} of {val.annotations} are also in training",
            count=len(both),
            unit="videos",
            guess="The evaluation will be too good: put each video into one of them.",
            examples=tuple(Path(one).name for one in both[:3]),
            drops=False,
        )
    ]


def _check_unlisted(train: AnyDataset, val: AnyDataset) -> list[Finding]:
    """Find videos in the same folders that have no rows."""
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
    return [
        Finding(
            what,
            count=len(names),
            unit="videos",
            guess="They are not used: add their rows, or ignore this if they have no labels.",
            examples=tuple(names[:3]),
            drops=False,
        )
    ]
