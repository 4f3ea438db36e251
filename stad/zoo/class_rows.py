"""The rows of a published classifier beside the classes of a model: with a background or without.

mmaction2's AVA detectors have one row more than classes, the first, which is never used; its
MultiSports detectors (``background_class=False``), PySlowFast's and PyTorchVideo's have none.
What a file records of it goes first, see ``stad.zoo.recorded``. Where it records nothing, the
numbers decide: as many rows as classes are the classes; one row more is a background row in
front. That leaves one ambiguity, which no file without a record can solve: a classifier of 66
real classes fits a model of 65, and its first class is taken for a background row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

# The last layer of a detector in mmaction2, PySlowFast, its Caffe2 models and PyTorchVideo.
# stad's own (roi_head.fc_cls) is left out: it never has a background row.
PUBLISHED = re.compile(
    r"roi_head\.bbox_head\.fc_cls(\.\d+)?\.(weight|bias)"
    r"|head\.projection\.(weight|bias)|pred_[wb]"
    r"|(model\.)?(detection_head|blocks\.\d+)\.proj\.(weight|bias)"
)


def last_layer(names: Mapping[str, object], prefix: str) -> str:
    """'p' for p.weight, 'p.2' for p.0.weight and p.2.weight."""
    layers = [re.match(rf"{re.escape(prefix)}\.(\d+)\.", name) for name in names]
    numbers = [int(match[1]) for match in layers if match]
    return f"{prefix}.{max(numbers)}" if numbers else prefix


def drop_background(
    name: str, value: Tensor, num_classes: int, *, background: bool | None
) -> Tensor:
    """Return the rows of a detector's last layer that are classes.

    Args:
        name: in the file.
        value: (rows, ...), weight or bias.
        num_classes: of the model.
        background: whether the first row is a background class, as far as the file says.

    Returns:
        (num_classes, ...), or as many rows as are left where that does not fit.
    """
    if not PUBLISHED.fullmatch(name):
        return value
    if background is None:
        background = value.shape[0] == num_classes + 1
    return value[1:] if background else value


def row_mismatch(rows: int, num_classes: int, *, background: bool | None) -> str:
    """What does not fit, for people: the file's rows and the model's classes.

    Args:
        rows: of the last layer in the file.
        num_classes, background: as for ``drop_background``.
    """
    known = {
        None: f"{rows} classes, or {rows - 1} and a background row",
        False: f"{rows} classes, and the file says that none is a background class",
        True: f"{rows - 1} classes and a background row, as the file says",
    }[background]
    return f"its classifier has {rows} rows ({known}), but the model has {num_classes} classes"
