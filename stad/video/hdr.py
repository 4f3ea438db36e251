"""Tone-map HDR (PQ and HLG in BT.2020) to SDR (BT.709), with a table that FFmpeg applies."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
from av.filter import Graph
from av.video.reformatter import ColorPrimaries, ColorTrc, Interpolation, VideoReformatter

TRANSFERS = {int(ColorTrc.SMPTE2084): "PQ", int(ColorTrc.ARIB_STD_B67): "HLG"}
RGB48 = "gbrp16le"
TABLE_SIZE = 33
# ITU-R BT.2408, section 2.1: reference white of HDR, here the brightest SDR white.
REFERENCE_WHITE_NITS = 203.0
# Peak of the display for which most HDR video is graded; files seldom state another one.
PEAK_NITS = 1000.0
# Primaries -> BT.709, linear light (ITU-R BT.2087, section 2.1, inverted; SMPTE EG 432-1). Files
# that do not state their primaries are in BT.2020, as HDR standards require.
TO_BT709 = {
    int(ColorPrimaries.BT2020): np.array(
        [
            [1.660491, -0.587641, -0.072850],
            [-0.124550, 1.132900, -0.008349],
            [-0.018151, -0.100579, 1.118730],
        ]
    ),
    int(ColorPrimaries.SMPTE432): np.array(
        [
            [1.224940, -0.224940, 0.0],
            [-0.042057, 1.042057, 0.0],
            [-0.019638, -0.078636, 1.098274],
        ]
    ),
    int(ColorPrimaries.BT709): np.eye(3),
}
BT2020_LUMA = np.array([0.2627, 0.6780, 0.0593])
SDR_GAMMA = 2.4  # ITU-R BT.1886


class ToneMapper:
    """Converts frames in PQ or HLG to 8-bit RGB in BT.709.

    Args:
        transfer: 'PQ' or 'HLG'.
        primaries: number of the primaries in FFmpeg.
        size: (width, height) of the result, pixels.
    """

    def __init__(self, transfer: str, primaries: int, size: tuple[int, int]) -> None:
        self._size = size
        self._reformatter = VideoReformatter()
        graph = Graph()
        source = graph.add_buffer(
            width=size[0],
            height=size[1],
            format=av.VideoFormat(RGB48, *size),
            time_base=Fraction(1, 1000),
        )
        table = graph.add("lut3d", file=str(table_file(transfer, primaries)), interp="tetrahedral")
        graph.link_nodes(source, table, graph.add("buffersink")).configure()
        self._graph = graph

    def convert(self, frame: av.VideoFrame) -> np.ndarray:
        """Return a frame as (height, width, 3) uint8 RGB."""
        # Here, not in the graph: this follows the colour matrix and range of each frame.
        rgb = self._reformatter.reformat(
            frame, *self._size, format=RGB48, interpolation=Interpolation.BILINEAR
        )
        self._graph.vpush(rgb)
        mapped = self._graph.vpull()
        return mapped.to_ndarray(format="rgb24")


@cache
def table_file(transfer: str, primaries: int) -> Path:
    """Write the table of a kind of HDR as a .cube file, which is kept while the program runs."""
    folder = _folder()
    path = Path(folder.name) / f"{transfer}-{primaries}.cube"
    steps = np.linspace(0.0, 1.0, TABLE_SIZE)
    # In .cube files red changes fastest.
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    colors = to_sdr(np.stack([red, green, blue], axis=-1).reshape(-1, 3), transfer, primaries)
    lines = [f"LUT_3D_SIZE {TABLE_SIZE}", *(" ".join(f"{c:.6f}" for c in row) for row in colors)]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return path


@cache
def _folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="stad-hdr-")


def to_sdr(
    colors: np.ndarray, transfer: str, primaries: int = int(ColorPrimaries.BT2020)
) -> np.ndarray:
    """Tone-map HDR colours to BT.709.

    Up to about half of the reference white brightness stays as it is; above that it is
    compressed (ITU-R BT.2390, section 5.4.1), by the same factor for red, green and blue.

    Args:
        colors: (N, 3) float64 non-linear RGB, in [0, 1].
        transfer: 'PQ' or 'HLG'.
        primaries: number of the primaries in FFmpeg.

    Returns:
        (N, 3) float64 non-linear RGB in BT.709, in [0, 1].

    >>> to_sdr(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]), "PQ").round(2).tolist()
    [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    """
    nits = pq_to_nits(colors) if transfer == "PQ" else hlg_to_nits(colors)
    matrix = TO_BT709.get(primaries, TO_BT709[int(ColorPrimaries.BT2020)])
    linear = np.maximum(nits @ matrix.T, 0.0)
    peak = linear.max(axis=1, keepdims=True)
    mapped = pq_to_nits(_compress(nits_to_pq(peak)))
    linear *= mapped / np.maximum(peak, 1e-9)
    return np.clip(linear / REFERENCE_WHITE_NITS, 0.0, 1.0) ** (1 / SDR_GAMMA)


def _compress(signal: np.ndarray) -> np.ndarray:
    """Compress PQ signals of up to ``PEAK_NITS`` below that of the reference white (BT.2390)."""
    source = float(nits_to_pq(np.array(PEAK_NITS)))
    target = float(nits_to_pq(np.array(REFERENCE_WHITE_NITS))) / source
    knee = 1.5 * target - 0.5
    value = np.clip(signal / source, 0.0, 1.0)
    t = (value - knee) / (1 - knee)
    spline = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (-2 * t**3 + 3 * t**2) * target
    )
    return np.where(value < knee, value, spline) * source


def pq_to_nits(signal: np.ndarray) -> np.ndarray:
    """Return the light of PQ signals in [0, 1], cd/m2 (SMPTE ST 2084, ITU-R BT.2100 table 4)."""
    m1, m2, c1, c2, c3 = _pq_constants()
    root = np.clip(signal, 0.0, 1.0) ** (1 / m2)
    return 10000.0 * (np.maximum(root - c1, 0.0) / (c2 - c3 * root)) ** (1 / m1)


def nits_to_pq(nits: np.ndarray) -> np.ndarray:
    """Return the PQ signal, in [0, 1], of light in cd/m2.

    >>> nits_to_pq(np.array([0.0, 203.0, 10000.0])).round(3).tolist()
    [0.0, 0.581, 1.0]
    """
    m1, m2, c1, c2, c3 = _pq_constants()
    power = (np.maximum(nits, 0.0) / 10000.0) ** m1
    return ((c1 + c2 * power) / (1 + c3 * power)) ** m2


def _pq_constants() -> tuple[float, float, float, float, float]:
    return 2610 / 16384, 2523 / 4096 * 128, 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32


def hlg_to_nits(signal: np.ndarray) -> np.ndarray:
    """Return the light of HLG signals on a display of 1000 cd/m2 (ITU-R BT.2100, table 5).

    >>> float(hlg_to_nits(np.full((1, 3), 0.75))[0, 0].round())
    203.0
    """
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    signal = np.clip(signal, 0.0, 1.0)
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    luma = (scene @ BT2020_LUMA)[..., None]
    return PEAK_NITS * np.maximum(luma, 1e-12) ** 0.2 * scene
