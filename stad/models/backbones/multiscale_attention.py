"""torchvision's attention of MViT, in operators that other runtimes compute in little memory.

Li et al., "MViTv2: Improved Multiscale Vision Transformers for Classification and Detection",
CVPR 2022, section 4.1: positions relative to each other along time, height and width, and a
residual connection around the pooled queries. torchvision adds both to slices in place. Written as
an ONNX file, that makes index tensors of gigabytes.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.video.mvit import MultiscaleAttention

Size = tuple[int, int, int]


class TokenAttention(nn.Module):
    """Attention of tokens with a class token, whose queries, keys and values are pooled.

    Args:
        attention: its parts are taken over.
    """

    def __init__(self, attention: MultiscaleAttention) -> None:
        super().__init__()
        self._num_heads, self._scale = attention.num_heads, attention.scaler
        self._has_residual = attention.residual_pool
        self._residual_of_class_token = attention.residual_with_cls_embed
        self.qkv, self.project = attention.qkv, attention.project
        self.pool_q, self.pool_k, self.pool_v = attention.pool_q, attention.pool_k, attention.pool_v
        self.rel_pos_h, self.rel_pos_w = attention.rel_pos_h, attention.rel_pos_w
        self.rel_pos_t = attention.rel_pos_t

    def forward(self, x: Tensor, size: Size) -> tuple[Tensor, Size]:
        """Return tokens (N, 1 + t * h * w, C) and t, h and w after the pooling of the queries.

        Args:
            x: (N, 1 + T * H * W, C).
            size: T, H and W.
        """
        # Not unflatten: the number of clips would be a constant in an ONNX file.
        batch, count, _ = x.shape
        heads = self.qkv(x).reshape(batch, count, 3, self._num_heads, -1)
        q, k, v = heads.transpose(1, 3).unbind(dim=2)
        key_size = size
        if self.pool_k is not None:
            k, key_size = self.pool_k(k, size)
        if self.pool_v is not None:
            v, _ = self.pool_v(v, size)
        if self.pool_q is not None:
            q, size = self.pool_q(q, size)
        bias = self._bias(q[:, :, 1:].reshape(batch, self._num_heads, *size, -1), key_size)
        x = F.scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=self._scale)
        if self._has_residual:
            x = x + (q if self._residual_of_class_token else F.pad(q[:, :, 1:], (0, 0, 1, 0)))
        return self.project(x.transpose(1, 2).reshape(batch, x.shape[2], -1)), size

    def _bias(self, q: Tensor, key_size: Size) -> Tensor | None:
        """Return what relative positions add to the products, (N, heads, 1 + Q, 1 + K).

        Args:
            q: (N, heads, t, h, w, C), the queries without the class token.
            key_size: T, H and W of the keys.
        """
        if self.rel_pos_t is None or self.rel_pos_h is None or self.rel_pos_w is None:
            return None
        times, rows, columns = key_size
        of_time = relative_positions(self.rel_pos_t, q.shape[2], times)
        of_row = relative_positions(self.rel_pos_h, q.shape[3], rows)
        of_column = relative_positions(self.rel_pos_w, q.shape[4], columns)
        bias = (
            torch.einsum("nbthwc,tkc->nbthwk", q, of_time)[..., :, None, None]
            + torch.einsum("nbthwc,hkc->nbthwk", q, of_row)[..., None, :, None]
            + torch.einsum("nbthwc,wkc->nbthwk", q, of_column)[..., None, None, :]
        )
        # The class token has no place.
        num_queries, num_keys = math.prod(q.shape[2:5]), math.prod(key_size)
        bias = bias.reshape(q.shape[0], q.shape[1], num_queries, num_keys)
        return F.pad(bias, (1, 0, 1, 0))


def relative_positions(table: Tensor, num_queries: int, num_keys: int) -> Tensor:
    """Return the vectors of the distances between queries and keys along one axis.

    Args:
        table: (D, C), one vector a distance; interpolated if the axis has another length.
        num_queries: places of queries along the axis.
        num_keys: places of keys; if there are fewer, they lie further apart, as do queries.

    Returns:
        (num_queries, num_keys, C).
    """
    length = 2 * max(num_queries, num_keys) - 1
    if table.shape[0] != length:
        table = F.interpolate(table.T[None], size=length, mode="linear")[0].T
    query_step, key_step = max(num_keys / num_queries, 1.0), max(num_queries / num_keys, 1.0)
    queries = torch.arange(num_queries, device=table.device)[:, None] * query_step
    keys = (torch.arange(num_keys, device=table.device)[None] + (1.0 - num_keys)) * key_step
    return table[(queries - keys).long()]
