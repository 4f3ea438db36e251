"""Find the folder that keeps downloads and measurements between runs."""

from __future__ import annotations

import os
from pathlib import Path


def cache_dir() -> Path:
    """Return the cache folder: STAD_HOME, else 'stad' in the user's cache folder."""
    if home := os.environ.get("STAD_HOME"):
        return Path(home).expanduser().absolute()
    # The XDG specification says to ignore a relative path.
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (cache if cache.is_absolute() else Path.home() / ".cache") / "stad"
