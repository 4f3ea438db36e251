"""Bound what a file may make stad allocate; environment variables raise the bounds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from stad.errors import InputError

GIB = 2**30


@dataclass(frozen=True)
class Limit:
    """A bound that users can raise.

    Attributes:
        variable: of the environment, which replaces the default.
        default: in the unit of the variable.
    """

    variable: str
    default: float

    @property
    def value(self) -> float:
        """The bound.

        Raises:
            InputError: the variable is not a number above 0.
        """
        text = os.environ.get(self.variable, "")
        if not text:
            return self.default
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if not value > 0:
            raise InputError(f"{self.variable} must be a number above 0, got {text!r}.")
        return value

    @property
    def advice(self) -> str:
        """The sentence that ends a message."""
        return f"Check where the file is from; {self.variable} sets another limit."


# Text in memory takes about ten times the space of its file: JSON, CSV, XML.
TEXT_GB = Limit("STAD_MAX_TEXT_GB", 0.5)
# What compressed arrays and weights take, beyond the size of their file.
UNPACKED_GB = Limit("STAD_MAX_UNPACKED_GB", 4.0)
# People in a frame: each takes about 10 MB while it is scored.
ACTORS = Limit("STAD_MAX_ACTORS", 300)
# Rows of a file of boxes.
BOXES = Limit("STAD_MAX_BOXES", 5_000_000)
# Pixels of a frame: 16K video has 133 million.
MEGAPIXELS = Limit("STAD_MAX_MEGAPIXELS", 140)
# Seconds for a frame of a clip, with the frames since its key frame.
DECODE_SEC = Limit("STAD_MAX_DECODE_SEC", 60)


def check_text_size(path: str | Path, num_bytes: int) -> None:
    """Raise InputError for text that is too large to be read into memory."""
    if num_bytes > TEXT_GB.value * GIB:
        raise InputError(
            f"{path} has more than {TEXT_GB.value:g} GiB of text, the limit. {TEXT_GB.advice}"
        )


def check_unpacked(path: str | Path, num_bytes: int) -> None:
    """Raise InputError for content that takes much more memory than its file has bytes.

    Args:
        path: of the file.
        num_bytes: of everything in it, as it is in memory.
    """
    limit = UNPACKED_GB.value * GIB
    if num_bytes > max(limit, Path(path).stat().st_size):
        raise InputError(
            f"{path} would take {num_bytes / GIB:.1f} GiB of memory, more than its own size and "
            f"the limit of {UNPACKED_GB.value:g} GiB. {UNPACKED_GB.advice}"
        )


def check_frame_size(path: str | Path, width_px: int, height_px: int) -> None:
    """Raise InputError for frames or images of more pixels than the limit."""
    if width_px * height_px > MEGAPIXELS.value * 1e6:
        raise frames_too_large(path, f"a size of {width_px}x{height_px} pixels")


def frames_too_large(path: str | Path, stated: str) -> InputError:
    """Return the error of a file that states a size above the limit."""
    return InputError(
        f"{path} states {stated}, more than the limit of {MEGAPIXELS.value:g} million pixels. "
        f"{MEGAPIXELS.advice}"
    )
