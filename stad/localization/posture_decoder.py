"""Decode the posture of every person from all scores so far and the next one.

A hidden Markov model: postures change at the rates of ``posture_rates``, for whatever time lies
between two keyframes, and the scores of a keyframe are evidence for each posture. What comes out
for a keyframe is the probability of each posture given the keyframes before it, itself and the
one after it (forward-backward with a fixed lag of one keyframe). A live stream and a file give the
same numbers, because neither looks further ahead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.linalg import expm

from stad.localization.posture_rates import change_rates
from stad.structures import Keyframe

# Windows overlap, and a network errs in one as in the next: they count less than independent ones.
EVIDENCE = 0.6
# No posture is impossible because of one keyframe.
MIN_SCORE = 1e-4
# After a longer time without scores, a person may be in any posture.
MAX_AWAY_SEC = 2.0
# Who comes into the frame is cut off at first, and scores of such a body are wrong: at an edge,
# within this ratio of the frame, people are upright until they have come in, for at most this
# time. Other postures are this likely.
EDGE_RATIO, ENTERING_SEC, NOT_UPRIGHT = 0.02, 3.0, 0.05
UPRIGHT = ("stand", "walk", "run/jog")


@dataclass(frozen=True)
class _Chain:
    """The (N,) probabilities of the postures of one actor at a time, seconds."""

    time_sec: float
    belief: np.ndarray
    # Until when the person may still be coming in.
    entering_sec: float = -np.inf


class PostureDecoder:
    """Replace the scores of postures that exclude each other by decoded ones.

    Memory: one keyframe, and the probabilities of the actors of the last ``MAX_AWAY_SEC``.

    Timestamps: an actor may miss some keyframes, and keyframes may come at any times. After more
    than ``MAX_AWAY_SEC`` without scores an actor begins again. A keyframe that is not later than
    the one before means that the stream was restarted: everybody begins again. Actors without a
    track (id -1), ids that occur twice in one keyframe, and scores that are not finite are left
    as they are.

    Args:
        names: of the N postures, the first N classes of the model; with fewer than two, keyframes
            come back at once and unchanged.
        evidence: the power of the scores of a keyframe, in (0, 1]; 1 takes keyframes as
            independent of each other.

    >>> from stad.structures import Actors
    >>> decoder = PostureDecoder(("stand", "walk"))
    >>> person = Actors.from_arrays([[0, 0, 9, 9]], ids=[1])
    >>> first = Keyframe(0.0, person, np.array([[0.8, 0.2]]))
    >>> decoder.update(first), decoder.finish()[0].scores.tolist()
    ([], [[0.8, 0.2]])
    """

    def __init__(self, names: Sequence[str], *, evidence: float = EVIDENCE) -> None:
        self._num_postures = len(names)
        self._evidence = evidence
        self._entry = np.array([1.0 if name in UPRIGHT else NOT_UPRIGHT for name in names])
        self._knows_entry = set(UPRIGHT) <= set(names)
        # Changes in 1, 2, 4, ... milliseconds: together they make any time, without expm.
        self._changes = [expm(change_rates(names) * 0.001)]
        while 2 ** len(self._changes) <= MAX_AWAY_SEC * 1000:
            self._changes.append(self._changes[-1] @ self._changes[-1])
        self._change = lru_cache(maxsize=64)(self._compute_change)
        self._waiting: Keyframe | None = None
        self._chains: dict[int, _Chain] = {}

    @property
    def lag(self) -> int:
        """Number of keyframes that a final one waits for: 1, or 0 where nothing is decoded."""
        return int(self._num_postures > 1)

    def update(
        self, keyframe: Keyframe, *, frame_size: tuple[int, int] | None = None
    ) -> list[Keyframe]:
        """Take the next keyframe and return those that are final now.

        Args:
            keyframe: boxes in pixels of the frame.
            frame_size: (width, height) in pixels, to know who comes in at an edge; None for not.
        """
        if not self.lag:
            return [keyframe]
        time_sec = float(keyframe.time_sec)
        final = []
        if self._waiting is not None and not time_sec > self._waiting.time_sec:
            final = self.finish()
        chains, later = {}, {}
        at_edge = self._at_edge(keyframe, frame_size)
        for actor_id, scores in self._known_scores(keyframe).items():
            chains[actor_id] = self._follow(
                actor_id, time_sec, scores, later=later, at_edge=actor_id in at_edge
            )
        if self._waiting is not None:
            final = [self._decode(self._waiting, later)]
        kept = {
            actor_id: chain
            for actor_id, chain in self._chains.items()
            if time_sec - chain.time_sec <= MAX_AWAY_SEC
        }
        self._waiting, self._chains = keyframe, kept | chains
        return final

    def finish(self) -> list[Keyframe]:
        """Return the keyframe that is left; later ones are a new stream."""
        final = [] if self._waiting is None else [self._decode(self._waiting, {})]
        self._waiting, self._chains = None, {}
        return final

    def _at_edge(self, keyframe: Keyframe, frame_size: tuple[int, int] | None) -> set[int]:
        """Return the ids of the actors whose boxes touch the left, right or lower edge."""
        if frame_size is None or not self._knows_entry:
            return set()
        width, height = frame_size
        x1, _, x2, y2 = keyframe.actors.boxes.T
        margin = EDGE_RATIO * min(width, height)
        touches = (x1 <= margin) | (x2 >= width - margin) | (y2 >= height - margin)
        return set(keyframe.actors.ids[touches].tolist())

    def _known_scores(self, keyframe: Keyframe) -> dict[int, np.ndarray]:
        """Return the (N,) scores of the actors that can be followed, by id."""
        scores = np.asarray(keyframe.scores[:, : self._num_postures], np.float64)
        ids, first, count = np.unique(keyframe.actors.ids, return_index=True, return_counts=True)
        is_good = (ids >= 0) & (count == 1) & np.isfinite(scores[first]).all(axis=1)
        rows = np.clip(scores, MIN_SCORE, 1.0)[first]
        return {int(ids[i]): rows[i] for i in np.flatnonzero(is_good)}

    def _follow(
        self,
        actor_id: int,
        time_sec: float,
        scores: np.ndarray,
        *,
        later: dict[int, np.ndarray],
        at_edge: bool,
    ) -> _Chain:
        """Return what is known of an actor with the scores at a time.

        What they say about the keyframe that waits is added to ``later``.
        """
        chain = self._chains.get(actor_id)
        if chain is None or time_sec - chain.time_sec > MAX_AWAY_SEC:
            # At the beginning no person comes in: one who is there may lie at the edge.
            if at_edge and self._waiting is not None:
                belief = self._entry * scores**self._evidence
                return _Chain(time_sec, belief / belief.sum(), time_sec + ENTERING_SEC)
            # Nothing came before that these scores could repeat.
            return _Chain(time_sec, scores / scores.sum())
        is_entering = at_edge and time_sec <= chain.entering_sec
        if is_entering:
            scores = self._entry * scores**self._evidence
        change = self._change(round((time_sec - chain.time_sec) * 1000))
        evidence = scores**self._evidence
        if self._waiting is not None and chain.time_sec == self._waiting.time_sec:
            later[actor_id] = change @ evidence
        belief = (chain.belief @ change) * evidence
        until_sec = chain.entering_sec if is_entering else -np.inf
        return _Chain(time_sec, belief / belief.sum(), until_sec)

    def _compute_change(self, step_ms: int) -> np.ndarray:
        """Return (N, N) probabilities of the posture after a time, given the one before it."""
        change = np.eye(self._num_postures)
        for bit, part in enumerate(self._changes):
            if step_ms >> bit & 1:
                change = change @ part
        return change

    def _decode(self, keyframe: Keyframe, later: dict[int, np.ndarray]) -> Keyframe:
        """Return the keyframe that waits with the probabilities of its postures."""
        scores = np.array(keyframe.scores)
        for row, actor_id in enumerate(keyframe.actors.ids.tolist()):
            chain = self._chains.get(actor_id)
            # Those that are left as they are have no chain here.
            if chain is not None and chain.time_sec == keyframe.time_sec:
                belief = chain.belief * later.get(actor_id, 1.0)
                scores[row, : self._num_postures] = belief / belief.sum()
        return replace(keyframe, scores=scores)
