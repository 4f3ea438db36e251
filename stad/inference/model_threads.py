"""Run the two models of a run, each in a thread of its own."""

from __future__ import annotations

from stad.utils.workers import Worker


class ModelThreads:
    """One thread for the detector and one for the scorer; each gets its calls in order."""

    def __init__(self) -> None:
        self.detector, self.scorer = Worker("detector"), Worker("scorer")

    def close(self) -> None:
        """Wait for the work that has begun, drop the rest and end the threads."""
        try:
            self.detector.close()
        finally:
            self.scorer.close()
