"""The head of long context: each actor attends to the actors of the last minute.

After Wu et al., "Long-Term Feature Banks for Detailed Video Understanding", CVPR 2019, section 3,
with the relations between actors of Pan et al., "Actor-Context-Actor Relation Network", CVPR 2021,
in attention. Unlike there, the memory holds only what came before: a camera has no more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stad.models.heads.roi_head import RoIHead
from stad.models.memory import Memory
from stad.registry import MODELS

ACTORS = ("all", "marked", "own")
# Periods of the encoding of an age, the shortest in seconds.
NUM_PERIODS, MIN_PERIOD_SEC = 16, 1.0
# On the scores of the attention, before the softmax.
OWN_BIAS = 4.0


class AgeEncoding(nn.Module):
    """Encodes how long ago something was: sines and cosines, then a linear layer.

    Args:
        channels: of the encoding.
        span_sec: the longest age, seconds.
    """

    periods_sec: Tensor

    def __init__(self, channels: int, span_sec: float) -> None:
        super().__init__()
        last = max(2 * span_sec, 2 * MIN_PERIOD_SEC)
        periods = torch.logspace(math.log10(MIN_PERIOD_SEC), math.log10(last), NUM_PERIODS)
        self.register_buffer("periods_sec", periods, persistent=False)
        self.linear = nn.Linear(2 * NUM_PERIODS, channels, bias=False)

    def forward(self, ages_sec: Tensor) -> Tensor:
        """Return the encodings of ages, (...) -> (..., channels)."""
        turns = 2 * math.pi * ages_sec[..., None] / self.periods_sec
        return self.linear(torch.cat((turns.sin(), turns.cos()), dim=-1))


class MemoryBlock(nn.Module):
    """Lets actors attend to rows of memory, then a hidden layer; both are added to the input.

    Args:
        channels: of actors and rows.
        num_heads: of the attention.
        dropout: probability, in training.
        knows_own: whether a row of the actor itself counts more or less to each head. At first it
            does to a different degree: some heads see hardly any other person, some hardly
            anything of the actor.
    """

    def __init__(
        self, channels: int, num_heads: int, *, dropout: float, knows_own: bool = False
    ) -> None:
        super().__init__()
        bias = torch.linspace(-OWN_BIAS, OWN_BIAS, num_heads)
        self.own_bias = nn.Parameter(bias) if knows_own else None
        self.norm = nn.LayerNorm(channels)
        self.attention = nn.MultiheadAttention(channels, num_heads, dropout, batch_first=True)
        self.hidden = nn.Sequential(
            nn.LayerNorm(channels),
            nn.Linear(channels, 2 * channels),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * channels, channels),
            nn.Dropout(dropout),
        )

    def forward(self, actors: Tensor, rows: Tensor, is_hidden: Tensor, is_own: Tensor) -> Tensor:
        """Return actors that have seen their rows.

        Args:
            actors: (K, D) float32.
            rows: (K, M, D) float32, of each actor.
            is_hidden: (K, M) bool, rows that are not attended to.
            is_own: (K, M) bool, rows of the actor itself.

        Returns:
            (K, D) float32.
        """
        query = self.norm(actors)[:, None]
        bias = torch.zeros(rows.shape[:2], device=rows.device, dtype=rows.dtype)
        bias = bias.masked_fill(is_hidden, -torch.inf)[:, None]
        if self.own_bias is not None:
            bias = bias + is_own[:, None] * self.own_bias[:, None]
        bias = bias.expand(-1, self.attention.num_heads, -1).flatten(0, 1)[:, None]
        seen, _ = self.attention(query, rows, rows, attn_mask=bias, need_weights=False)
        actors = actors + seen[:, 0]
        return actors + self.hidden(actors)


@MODELS.register_module()
class LongContextHead(RoIHead):
    """A ``RoIHead`` whose logits also depend on the actors of the last seconds.

    What the memory adds begins at 0: with the weights of a ``RoIHead``, the head first gives the
    same logits. An actor always sees one learned row besides the memory, so that an empty memory
    has an answer of its own.

    Args:
        in_channels: channels of all maps of the backbone together.
        num_classes: outputs, exactly the classes.
        span_sec: how far back the memory goes, seconds.
        max_entries: the maximum number of actors in a memory; of more, the newest count.
        actors: whom an actor remembers: 'all', 'marked' (all, and knows which of them it was
            itself) or 'own' (only itself). The last two need ids of people.
        channels: of an actor in the memory.
        num_heads: of the attention, a divisor of ``channels``.
        num_layers: blocks of attention, one after the other.
        memory_dropout: probability in the memory and the attention, in training.
        dropout: probability in the features of the present, in training.
        **options: as for ``RoIHead``.
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        *,
        span_sec: float = 60.0,
        max_entries: int = 1024,
        actors: str = "all",
        channels: int = 512,
        num_heads: int = 8,
        num_layers: int = 2,
        memory_dropout: float = 0.2,
        dropout: float = 0.5,
        **options,
    ) -> None:
        # The memory takes features without dropout: it is for the classifier alone.
        super().__init__(in_channels, num_classes, dropout=0.0, **options)
        if actors not in ACTORS:
            raise ValueError(f"actors must be one of {ACTORS}, got {actors!r}")
        if span_sec <= 0 or max_entries < 1 or num_layers < 1 or channels % num_heads:
            raise ValueError(
                "LongContextHead needs span_sec above 0, max_entries and num_layers of 1 or more "
                f"and channels that num_heads divides, got {span_sec}, {max_entries}, "
                f"{num_layers}, {channels} and {num_heads}"
            )
        self.span_sec, self.max_entries, self.actors = span_sec, max_entries, actors
        self.channels = channels
        first = self.fc_cls[0] if isinstance(self.fc_cls, nn.Sequential) else self.fc_cls
        width = cast(nn.Linear, first).in_features
        self.feature_dropout = nn.Dropout(dropout)
        self.to_entry = nn.Sequential(nn.Linear(width, channels), nn.LayerNorm(channels))
        self.to_query = nn.Linear(width, channels)
        self.age = AgeEncoding(channels, span_sec)
        self.nothing = nn.Parameter(torch.zeros(channels))
        self.memory_dropout = nn.Dropout(memory_dropout)
        self.blocks = nn.ModuleList(
            MemoryBlock(channels, num_heads, dropout=memory_dropout, knows_own=actors == "marked")
            for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(channels)
        self.fc_memory = nn.Linear(channels, num_classes, bias=False)
        nn.init.zeros_(self.fc_memory.weight)

    @property
    def needs_ids(self) -> bool:
        """True if the logits depend on who is who."""
        return self.actors != "all"

    @property
    def pooling(self) -> str:
        """Everything besides weights that features of actors depend on, as text."""
        return repr(
            (
                *(self._feature_stride, self._roi_size, self._aligned, self._temporal_pool),
                *(self._spatial_pool, self._context, self._enlarge),
            )
        )

    def forward(
        self, maps: Sequence[Tensor], boxes: Sequence[Tensor], size_px: tuple[int, int]
    ) -> list[Tensor]:
        """Return the logits of actors with an empty memory; see ``RoIHead``."""
        counts = [len(one) for one in boxes]
        if not sum(counts):
            return super().forward(maps, boxes, size_px)
        features = self.pool_actors(maps, boxes, size_px)
        return self.classify(list(features.split(counts)))

    def entries(self, features: Tensor) -> Tensor:
        """Return what the memory keeps of actors, (K, C) -> (K, channels) float32."""
        return self.to_entry(features)

    def classify(
        self,
        features: Sequence[Tensor],
        memories: Sequence[Memory] | None = None,
        ids: Sequence[Tensor] | None = None,
    ) -> list[Tensor]:
        """Return the class logits of the actors of N clips.

        Args:
            features: N times (K_i, C) float32, of ``pool_actors``; one actor or more in all.
            memories: N memories of their clips, of ``entries``; None for empty ones.
            ids: N times (K_i,) int64 ids of the people, negative where they are not known; None
                if none is.

        Returns:
            N times (K_i, num_classes) float32.
        """
        counts = [len(one) for one in features]
        present = self.feature_dropout(torch.cat(list(features)).to(self.to_query.weight))
        clip = torch.arange(len(counts), device=present.device)
        clip = clip.repeat_interleave(torch.tensor(counts, device=present.device))
        rows, is_hidden, is_own = self._rows(features, memories, ids, clip=clip)
        found = self.to_query(present)
        for block in self.blocks:
            found = block(found, rows, is_hidden, is_own)
        logits = self.fc_cls(present) + self.fc_memory(self.norm(found))
        return list(logits.float().split(counts))

    def _rows(
        self,
        features: Sequence[Tensor],
        memories: Sequence[Memory] | None,
        ids: Sequence[Tensor] | None,
        *,
        clip: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the rows that actors see, which are hidden, and which are their own.

        The learned row is the first; memories of fewer than M entries are filled up.

        Returns:
            (K, M + 1, D) float32 and twice (K, M + 1) bool.
        """
        nothing = self.nothing.expand(len(clip), 1, -1)
        shown = torch.zeros((len(clip), 1), dtype=torch.bool, device=clip.device)
        longest = max((len(one.ids) for one in memories or ()), default=0)
        if memories is None or not longest:
            return nothing, shown, shown
        pads = [longest - len(one.ids) for one in memories]
        pairs = list(zip(memories, pads, strict=True))
        kept = torch.stack([F.pad(one.entries, (0, 0, 0, pad)) for one, pad in pairs])
        ages = torch.stack([F.pad(one.ages_sec, (0, pad)) for one, pad in pairs])
        lengths = torch.tensor([len(one.ids) for one in memories], device=clip.device)
        is_pad = torch.arange(longest, device=clip.device) >= lengths[:, None]
        rows = self.memory_dropout(kept + self.age(ages))[clip]
        is_hidden = is_pad[clip]
        is_own = torch.zeros_like(is_hidden)
        if self.needs_ids:
            known = [F.pad(one.ids.to(clip), (0, pad), value=-1) for one, pad in pairs]
            is_own = _same(features, ids, torch.stack(known), clip=clip)
        if self.actors == "own":
            is_hidden = is_hidden | ~is_own
        hidden, own = (torch.cat((shown, one), dim=1) for one in (is_hidden, is_own))
        return torch.cat((nothing, rows), dim=1), hidden, own


def _same(
    features: Sequence[Tensor], ids: Sequence[Tensor] | None, known: Tensor, *, clip: Tensor
) -> Tensor:
    """Return (K, M) bool: whether an entry is of the actor; people without an id are not."""
    if ids is None:
        mine = torch.full((sum(map(len, features)),), -1, device=clip.device)
    else:
        mine = torch.cat(list(ids)).to(clip)
    return (mine[:, None] == known[clip]) & (mine[:, None] >= 0)
