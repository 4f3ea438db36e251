"""Choose one colour per actor id, the same in the video and on the timeline page."""

from __future__ import annotations

Color = tuple[int, int, int]

# Picked so that each colour lies far, in CIELAB, from those before it: the first actors of a
# video differ the most.
PALETTE: tuple[Color, ...] = (
    (0xF0, 0x96, 0x1E),  # orange
    (0xB0, 0x3C, 0xFF),  # violet
    (0x14, 0xB8, 0xF5),  # sky
    (0x3D, 0xDC, 0x3D),  # green
    (0xF0, 0x28, 0x7D),  # rose
    (0x00, 0x96, 0x6A),  # sea
    (0xC8, 0x98, 0xF5),  # lilac
    (0xF5, 0x28, 0x2D),  # red
    (0xB9, 0xD2, 0x3C),  # lime
    (0xB4, 0x64, 0x4F),  # clay
    (0xFF, 0x4F, 0xD8),  # magenta
    (0x14, 0xE6, 0x9B),  # mint
    (0x00, 0xD7, 0xCD),  # turquoise
    (0xA0, 0x8C, 0x3C),  # olive
    (0x2F, 0x72, 0xFF),  # blue
    (0xFF, 0xA0, 0xC8),  # pink
    (0xA8, 0xDC, 0x96),  # pale green
    (0xFF, 0xBA, 0x8C),  # apricot
)
UNTRACKED: Color = (0xC8, 0xC8, 0xC8)
# Black, not nearly black: one of the two then has contrast 4.5 on every ground.
DARK_TEXT: Color = (0x00, 0x00, 0x00)
LIGHT_TEXT: Color = (0xFF, 0xFF, 0xFF)


def actor_color(actor_id: int) -> Color:
    """Return the RGB 0..255 colour of an actor; grey for a negative id, which no track has.

    >>> actor_color(3) == actor_color(3 + len(PALETTE))
    True
    """
    return UNTRACKED if actor_id < 0 else PALETTE[actor_id % len(PALETTE)]


def text_color(ground: Color) -> Color:
    """Return dark or white, whichever has more contrast with ``ground`` (RGB 0..255).

    >>> text_color((255, 255, 0)), text_color((0, 0, 120))
    ((0, 0, 0), (255, 255, 255))
    """
    return max((DARK_TEXT, LIGHT_TEXT), key=lambda text: contrast(text, ground))


def contrast(first: Color, second: Color) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, 'contrast ratio')."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def hex_color(color: Color) -> str:
    """Return a colour as style sheets write it.

    >>> hex_color((255, 0, 10))
    '#ff000a'
    """
    return "#{:02x}{:02x}{:02x}".format(*color)


def _luminance(color: Color) -> float:
    """Return the relative luminance in [0, 1] (WCAG 2.2)."""
    parts = [channel / 255 for channel in color]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
