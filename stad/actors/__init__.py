"""Find the people in a video, give them ids, and interpolate their boxes.

``stad.actors.detectors`` describes how to add a detector, ``stad.actors.trackers`` a tracker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.actors.detectors.base import DetectorSetup, PersonDetector
    from stad.actors.detectors.precomputed import PrecomputedDetections
    from stad.actors.detectors.whole_frame import WholeFrame
    from stad.actors.interpolation import DenseTracks
    from stad.actors.tracker import ActorTracker, FollowCounts
    from stad.actors.tracker_options import (
        TrackerChoice,
        choose_tracker,
        parse_tracker_options,
    )
    from stad.actors.trackers import build_tracker, tracker_names, trackers_table

__all__ = [
    "ActorTracker",
    "DenseTracks",
    "DetectorSetup",
    "FollowCounts",
    "PersonDetector",
    "PrecomputedDetections",
    "TrackerChoice",
    "WholeFrame",
    "build_tracker",
    "choose_tracker",
    "parse_tracker_options",
    "tracker_names",
    "trackers_table",
]

# Modules, imported at the first use of a name: trackers and supervision take seconds.
_MODULES = {
    "ActorTracker": "tracker",
    "DenseTracks": "interpolation",
    "DetectorSetup": "detectors.base",
    "FollowCounts": "tracker",
    "PersonDetector": "detectors.base",
    "PrecomputedDetections": "detectors.precomputed",
    "TrackerChoice": "tracker_options",
    "WholeFrame": "detectors.whole_frame",
    "build_tracker": "trackers",
    "choose_tracker": "tracker_options",
    "parse_tracker_options": "tracker_options",
    "tracker_names": "trackers",
    "trackers_table": "trackers",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
