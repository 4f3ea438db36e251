"""Match the rows of a published classifier with the classes of a model.

mmaction2's AVA detectors have a first row for the background, which is never used; its MultiSports
detectors (``background_class=False``), PySlowFast's and PyTorchVideo's have none. If the file
records it, that counts, see ``stad.zoo.recorded``. Otherwise the numbers decide: with one row more
than classes, the first is the background. One ambiguity remains for files without a record: a
classifier of 66 real classes fits a model of 65, and its first class is taken for the background.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

# The last layer of a detector in mmaction2, PySlowFast, its Caffe2 models and PyTorchVideo.
# stad's own (roi_head.fc_cls) never has a background row.
PUBLISHED = re.compile(
    r"roi_head\.bbox_head\.fc_cls(\.\d+)?\.(weight|bias)"
    r"|head\.projection\.(weight|bias)|pred_[wb]"
    r"|(model\.)?(detection_head|blocks\.\d+)\.proj\.(weight|bias)"
)


def last_layer(names: Mapping[str, object], prefix: str) -> str:
    """Return the name of the last layer: 'p' for p.weight, 'p.2' for p.0.weight and p.2.weight."""
    layers = [re.match(rf"{re.escape(prefix)}\.(\d+)\.", name) for name in names]
    numbers = [int(match[1]) for match in layers if match]
    return f"{prefix}.{max(numbers)}" if numbers else prefix


def drop_background(
    name: str, value: Tensor, num_classes: int, *, background: bool | None
) -> Tensor:
    """Return the rows of a detector's last layer that are classes.

    Args:
        name: the name in the file.
        value: (rows, ...), weight or bias.
        num_classes: the model's number of classes.
        background: whether the first row is a background class; None if the file does not say.

    Returns:
        (num_classes, ...), or another number of rows if the file does not fit the model.
    """
    if not PUBLISHED.fullmatch(name):
        return value
    if background is None:
        background = value.shape[0] == num_classes + 1
    return value[1:] if background else value


def row_mismatch(rows: int, num_classes: int, *, background: bool | None) -> str:
    """Return a description of the file's rows and the model's classes, which do not match.

    Args:
        rows: the number of rows of the last layer in the file.
        num_classes: as in ``drop_background``.
        background: as in ``drop_background``.
    """
    known = {
        None: f"{rows} classes, or {rows - 1} and a background row",
        False: f"{rows} classes, and the file says that none is a background class",
        True: f"{rows - 1} classes and a background row, as the file says",
    }[background]
    return f"its classifier has {rows} rows ({known}), but the model has {num_classes} classes"
