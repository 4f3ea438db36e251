"""Skip tests of mmdet's detectors, by name, where mmcv's compiled operators are not installed."""

import pytest

from stad.actors.detectors.operators import missing_for_mmdet

needs_operators = pytest.mark.skipif(
    bool(missing_for_mmdet()), reason="needs mmcv's compiled operators: make mmdet"
)
