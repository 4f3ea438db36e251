"""Damage media files: a seeded generator, and the small sources that it damages.

``python -m tests.robustness.damage FOLDER SEED COUNT`` writes COUNT damaged files. It runs in a
process of its own, because decord changes what FFmpeg's VP8 and VP9 encoders find.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.video_kinds import X264, Kind, bar_code, write_kind

NUM_FRAMES, SIZE = 50, (96, 64)
MPEG4 = {"g": "12", "bf": "2"}
VP9 = {"g": "12", "deadline": "realtime", "cpu-used": "8"}
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov"}
SOURCES = {
    "mp4": Kind("mp4", "libx264", X264),
    "mp4 audio": Kind("mp4", "libx264", X264, audio="aac"),
    "fragments": Kind("mp4", "libx264", X264, FRAGMENTED),
    "fragments audio": Kind("mp4", "libx264", X264, FRAGMENTED, audio="aac"),
    "mp4 hevc": Kind("mp4", "libx265", {"x265-params": "log-level=none:keyint=12"}),
    "mkv": Kind("mkv", "libx264", X264),
    "mkv audio": Kind("mkv", "mpeg4", {"g": "12"}, audio="ac3"),
    "webm": Kind("webm", "libvpx-vp9", VP9),
    "webm audio": Kind("webm", "libvpx", {"g": "12", "deadline": "realtime"}, audio="libopus"),
    "avi": Kind("avi", "mpeg4", {"g": "12"}),
    "avi audio": Kind("avi", "mpeg4", MPEG4, audio="mp3"),
    "avi mjpeg": Kind("avi", "mjpeg", pix_fmt="yuvj420p"),
    "ts": Kind("ts", "libx264", X264),
    "ts audio": Kind("ts", "mpeg2video", MPEG4, audio="mp2"),
    "mpg": Kind("mpg", "mpeg2video", MPEG4),
    "mpg audio": Kind("mpg", "mpeg2video", MPEG4, audio="mp2"),
}
# What stands before the numbers of a header: names of mp4 and AVI, ids of Matroska, MPEG codes.
MARKS = {
    "mp4": (
        *(b"moov", b"mvhd", b"tkhd", b"mdhd", b"elst", b"stts", b"ctts", b"stss", b"stsz", b"stco"),
        *(b"stsc", b"stsd", b"avc1", b"avcC", b"hev1", b"hvcC", b"mp4a", b"esds", b"hdlr", b"mdat"),
        *(b"moof", b"tfhd", b"tfdt", b"trun", b"trex", b"sidx", b"ftyp", b"trak", b"dref"),
    ),
    "mkv": (
        *(b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x15\x49\xa9\x66", b"\x2a\xd7\xb1"),
        *(b"\x44\x89", b"\x16\x54\xae\x6b", b"\xb0", b"\xba", b"\x23\xe3\x83", b"\x1f\x43\xb6\x75"),
        *(b"\xe7", b"\xa3", b"\x1c\x53\xbb\x6b", b"\x12\x54\xc3\x67", b"\x63\xa2", b"\x86"),
    ),
    "avi": (
        *(b"RIFF", b"avih", b"strh", b"strf", b"movi", b"idx1", b"00dc", b"01wb", b"vids"),
        b"indx",
    ),
    "ts": (
        *(b"\x47\x40\x00", b"\x47\x50\x00", b"\x47\x41\x00"),
        *(b"\x00\x00\x01\xe0", b"\x00\x00\x01\xc0"),
    ),
    "mpg": (b"\x00\x00\x01\xba", b"\x00\x00\x01\xbb", b"\x00\x00\x01\xb3", b"\x00\x00\x01\xe0"),
}
MARKS["webm"] = MARKS["mkv"]
ABSURD = (0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x00FFFFFF, 0x40000000)
SUFFIXES = ("mp4", "mkv", "webm", "avi", "ts", "mpg", "mov", "flv", "wmv", "txt", "jpg")

Damage = Callable[[bytearray, random.Random, str], None]


def truncated(data: bytearray, rng: random.Random, suffix: str) -> None:
    """Keep the begin of a file."""
    del data[max(1, int(len(data) * rng.uniform(0.02, 0.98))) :]


def tiny(data: bytearray, rng: random.Random, suffix: str) -> None:
    """Keep a few bytes."""
    del data[rng.choice((1, 8, 40, 200, 1000)) :]


def headless(data: bytearray, rng: random.Random, suffix: str) -> None:
    """Drop the begin of a file."""
    del data[: rng.choice((1, 4, 100, 188, len(data) // rng.randint(3, 20)))]


def flipped(data: bytearray, rng: random.Random, suffix: str) -> None:
    """Flip bits anywhere."""
    for _ in range(rng.choice((1, 5, 20, 100, 400))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def flipped_header(data: bytearray, rng: random.Random, suffix: str) -> None:
    """Flip bits in the first and last bytes, where headers and indexes are."""
    for _ in range(rng.choice((1, 3, 10, 40))):
        place = rng.randrange(min(len(data), 1500))
        data[place if rng.random() < 0.6 else -1 - place] ^= 1 << rng.randrange(8)


def zeroed(data: bytearray, rng: random.Random, suffix: str) -> None:
    """Overwrite a block with zeros."""
    begin, end = _block(data, rng)
    data[begin:end] = bytes(end - begin)


def randomized(data: bytearray, rng: random.Random, suffix: str) -> None:
    """Overwrite a block with noise."""
    begin, end = _block(data, rng)
    data[begin:end] = rng.randbytes(end - begin)


def removed(data: bytearray, rng: random.Random, suffix: str) -> None:
    """Take a block out."""
    begin, end = _block(data, rng)
    del data[begin:end]


def repeated(data: bytearray, rng: random.Random, suffix: str) -> None:
    """Write a block twice."""
    begin, end = _block(data, rng)
    data[end:end] = data[begin:end]


def swapped(data: bytearray, rng: random.Random, suffix: str) -> None:
    """Exchange two halves of a block."""
    begin, end = _block(data, rng)
    middle = (begin + end) // 2
    data[begin:end] = data[middle:end] + data[begin:middle]


def junk_before(data: bytearray, rng: random.Random, suffix: str) -> None:
    """Put noise, zeros or text before a file."""
    data[:0] = _junk(rng)


def junk_after(data: bytearray, rng: random.Random, suffix: str) -> None:
    """Put noise, zeros or text after a file."""
    data += _junk(rng)


def doubled(data: bytearray, rng: random.Random, suffix: str) -> None:
    """Append the file to itself, or a part of it."""
    data += data[rng.choice((0, len(data) // 2)) :]


def absurd(data: bytearray, rng: random.Random, suffix: str) -> None:
    """Write numbers that make no sense into a header."""
    for _ in range(rng.choice((1, 1, 2, 5))):
        mark = rng.choice(MARKS[suffix])
        places = [one.start() for one in re.finditer(re.escape(mark), bytes(data))]
        if not places:
            continue
        place, size = rng.choice(places[:20]), rng.choice((1, 2, 4))
        # An mp4 box has its size before its name.
        begin = place + len(mark) + rng.choice((-8, 0, 0, 4, 4, 8, 8, 12, 16, 20, 24, 28))
        number = rng.choice(ABSURD) & (256**size - 1)
        data[max(0, begin) : begin + size] = number.to_bytes(size, "big")


def renamed(data: bytearray, rng: random.Random, suffix: str) -> None:
    """Leave the bytes: only the name changes, see ``damaged``."""


DAMAGES: tuple[Damage, ...] = (
    *(truncated, truncated, tiny, headless, flipped, flipped, flipped_header, zeroed, randomized),
    *(removed, repeated, swapped, junk_before, junk_after, doubled, absurd, absurd, absurd),
    renamed,
)


def _block(data: bytearray, rng: random.Random) -> tuple[int, int]:
    length = max(1, int(len(data) * rng.choice((0.01, 0.05, 0.2, 0.5))))
    begin = rng.randrange(max(1, len(data) - length))
    return begin, begin + length


def _junk(rng: random.Random) -> bytes:
    length = rng.choice((1, 7, 188, 1000, 20_000))
    return rng.choice((rng.randbytes(length), bytes(length), b"GET / HTTP/1.1\r\n" * length))[
        :length
    ]


def _grainy(number: int, *, size: tuple[int, int]) -> np.ndarray:
    """Return a bar code with noise, so that packets are larger than headers."""
    noise = np.random.default_rng(number).integers(0, 30, (size[1], size[0], 3), np.uint8)
    return bar_code(number, size=size) + noise


def write_sources(folder: Path) -> dict[str, Path]:
    """Write every source; return the files by their names."""
    folder.mkdir(parents=True, exist_ok=True)
    return {
        name: write_kind(
            folder / f"{name.replace(' ', '_')}.{kind.suffix}",
            kind,
            numbers=range(NUM_FRAMES),
            size=SIZE,
            picture=_grainy,
        )
        for name, kind in SOURCES.items()
    }


def write_damaged(folder: Path, *, seed: int, count: int) -> list[Path]:
    """Write damaged files; the names say the number, the source and the damage."""
    sources, rng, paths = write_sources(folder / "sources"), random.Random(seed), []
    for number in range(count):
        # Each source gets each damage sooner or later.
        name = list(sources)[number % len(sources)]
        data, suffix = bytearray(sources[name].read_bytes()), sources[name].suffix[1:]
        kinds = [rng.choice(DAMAGES)]
        if rng.random() < 0.15:
            kinds.append(rng.choice(DAMAGES))
        for kind in kinds:
            # The junk before a truncated file may be all of it.
            if data:
                kind(data, rng, suffix)
        suffix = rng.choice(SUFFIXES) if renamed in kinds else suffix
        words = "-".join([name.replace(" ", "_"), *(kind.__name__ for kind in kinds)])
        path = folder / f"{number:04d}-{words}.{suffix}"
        path.write_bytes(data)
        paths.append(path)
    return paths


if __name__ == "__main__":
    write_damaged(Path(sys.argv[1]), seed=int(sys.argv[2]), count=int(sys.argv[3]))
