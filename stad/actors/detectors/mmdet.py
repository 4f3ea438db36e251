"""Find people with the detectors of mmdet, which is imported in this module only."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from stad.actors.detectors.base import MINIMUM_SCORE, PERSON_CLASS, DetectorSetup
from stad.errors import InputError
from stad.structures import Actors, Frame
from stad.utils.text import shown


def mmdet_config(name: str) -> Path:
    """Return the file of a config that mmdet ships, by its path below mmdet's configs."""
    package = Path(_import_mmdet().__file__).parents[1]
    return package / ".mim" / "configs" / name


def open_detector(setup: DetectorSetup) -> MmdetDetector:
    """Open an mmdet detector; see ``stad.actors.detectors.KINDS``."""
    config = Path(setup.config)
    return MmdetDetector(
        config if config.is_file() else mmdet_config(setup.config),
        setup.read_weights(setup.weights),
        name=setup.name,
        origin=setup.weights,
        num_classes=setup.num_classes,
        device=setup.device,
    )


class MmdetDetector:
    """Find people with an mmdet detector whose class 0 is the person.

    Args:
        config: mmdet config file.
        state: its weights, tensors by name.
        name: name that users read.
        origin: file of the weights, for error messages.
        num_classes: set if the weights have fewer classes than the config.
        device: 'cpu', 'cuda:0', ...
        minimum_score: weaker boxes are left out, in [0, 1].
    """

    interval_sec = None
    gives_ids = False
    person_threshold = 0.5

    def __init__(
        self,
        config: Path,
        state: Mapping[str, Tensor],
        *,
        name: str,
        origin: str | Path = "",
        num_classes: int | None = None,
        device: str = "cpu",
        minimum_score: float = MINIMUM_SCORE,
    ) -> None:
        self.name = name
        self._minimum_score = minimum_score
        mmdet_apis = _import_mmdet()
        self._infer = mmdet_apis.inference_detector
        options = {"model.bbox_head.num_classes": num_classes} if num_classes else None
        with _quiet():
            self._model = mmdet_apis.init_detector(
                str(config), None, device=device, cfg_options=options
            )
        _load_mmdet_weights(self._model, state, origin)
        # Configs begin with a loader for files; ours are frames in memory.
        self._pipeline = _array_pipeline(self._model.cfg)

    def detect(self, frame: Frame) -> Actors:
        """Return the people in the frame."""
        # mmdet's pipelines expect BGR, as its file loader gives it.
        bgr = np.ascontiguousarray(frame.image[..., ::-1])
        with warnings.catch_warnings():
            # torch warns about how mmdet calls meshgrid.
            warnings.simplefilter("ignore")
            result = self._infer(self._model, bgr, test_pipeline=self._pipeline)
        found = result.pred_instances
        keep = (found.labels == PERSON_CLASS) & (found.scores >= self._minimum_score)
        return Actors.from_arrays(
            found.bboxes[keep].cpu().numpy(), found.scores[keep].cpu().numpy()
        )


@contextlib.contextmanager
def _quiet():
    """Hide what mmdet prints and logs while it loads."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


def _import_mmdet() -> Any:
    """Return ``mmdet.apis``; Any, as its attributes are set at run time."""
    logging.getLogger("mmengine").setLevel(logging.ERROR)
    with _quiet():
        try:
            import mmdet.apis
            from mmdet.utils import register_all_modules
        except ImportError as error:
            raise InputError(
                f"The detectors of mmdet cannot be used: mmdet cannot be imported ({error}). "
                "Run 'make mmdet' again, or choose --detector yolov4_tiny."
            ) from error
        register_all_modules(init_default_scope=False)
    return mmdet.apis


def _load_mmdet_weights(model, state: Mapping[str, Tensor], origin: str | Path) -> None:
    missing, leftover = model.load_state_dict(state, strict=False)
    missing = [key for key in missing if not key.endswith("num_batches_tracked")]
    if missing or leftover:
        raise InputError(
            f"The detector's weights {origin} do not fit its config: {len(missing)} keys missing "
            f"({shown(missing)}), {len(leftover)} left over ({shown(leftover)}). "
            "Use the weights that belong to this config."
        )


def _array_pipeline(cfg):
    from mmcv.transforms import Compose
    from mmdet.utils import get_test_pipeline_cfg

    steps = get_test_pipeline_cfg(cfg)
    steps[0].type = "mmdet.LoadImageFromNDArray"
    return Compose(steps)
