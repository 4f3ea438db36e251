"""Frames are upright, square in their pixels and right in colour, whatever is stored."""

from __future__ import annotations

import gc
import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from stad.errors import InputError
from stad.video.clip_source import VideoFiles
from stad.video.hdr import TO_BT709, hlg_to_nits, nits_to_pq, to_sdr
from stad.video.source import VideoSource
from tests.video_kinds import KINDS, Kind, joined, read_number, write_kind
from tests.videos import set_matrix, write_audio_only, write_video

# Display matrices a, b, c, d, and what they do to a stored image.
MATRICES = {
    "upright": ((1, 0, 0, 1), lambda image: image),
    "mirrored": ((-1, 0, 0, 1), lambda image: image[:, ::-1]),
    "upside down": ((1, 0, 0, -1), lambda image: image[::-1]),
    "half turn": ((-1, 0, 0, -1), lambda image: image[::-1, ::-1]),
    "clockwise": ((0, 1, -1, 0), lambda image: np.rot90(image, -1)),
    "counter-clockwise": ((0, -1, 1, 0), lambda image: np.rot90(image)),
    "transposed": ((0, 1, 1, 0), lambda image: image.transpose(1, 0, 2)),
    "other diagonal": ((0, -1, -1, 0), lambda image: np.rot90(image, 2).transpose(1, 0, 2)),
}


def same_for_every_reader(path: Path) -> np.ndarray:
    """Return the first image, after checking that clips have it, too."""
    source = VideoSource(path)
    image = next(source.frames()).image
    assert image.shape == (source.info.height_px, source.info.width_px, 3)
    clip = VideoFiles(path.parent).read_at(path.name, np.array([0.0]))
    np.testing.assert_array_equal(clip.frames[0], image)
    return image


@pytest.mark.parametrize("name", MATRICES)
def test_display_matrices(tmp_path, name):
    path = write_video(tmp_path / "a.mp4", num_frames=3)
    plain = next(VideoSource(path).frames()).image
    matrix, turn = MATRICES[name]
    set_matrix(path, matrix)
    np.testing.assert_array_equal(same_for_every_reader(path), turn(plain))


@pytest.mark.parametrize("matrix", [None, (0, 1, -1, 0)])
def test_frames_do_not_wait_for_the_garbage_collector(tmp_path, matrix):
    path = write_video(tmp_path / "a.mp4", num_frames=10)
    if matrix:
        set_matrix(path, matrix)
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        source = VideoSource(path)
        assert len(list(source.frames())) == 10
        source.images_at([0.1])
        gc.collect()
        assert not [one for one in gc.garbage if isinstance(one, (av.VideoFrame, np.ndarray))]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


@pytest.mark.parametrize(("ratio", "width_px"), [("2/1", 320), ("4/3", 214), ("8/9", 142)])
@pytest.mark.parametrize("is_turned", [False, True])
def test_pixels_become_square(tmp_path, ratio, width_px, is_turned):
    """A square that is stored 20 pixels wide is shown as wide as the pixels say."""
    path = write_video(tmp_path / "a.mp4", num_frames=3, pixel_ratio=Fraction(ratio))
    if is_turned:
        set_matrix(path, (0, 1, -1, 0))
    image = same_for_every_reader(path)
    assert image.shape == ((width_px, 120, 3) if is_turned else (120, width_px, 3))
    red = np.argwhere(image[..., 0] > 150)
    height, width = np.ptp(red, axis=0) + 1
    expected = (20 * Fraction(ratio), 40)
    assert (height, width) == pytest.approx(expected if is_turned else expected[::-1], abs=2)


@pytest.mark.parametrize("matrix", ["ITU709", "ITU601", "BT2020"])
@pytest.mark.parametrize("levels", ["MPEG", "JPEG"])
@pytest.mark.parametrize("pix_fmt", ["yuv444p", "yuv420p10le", "yuv444p12le"])
def test_matrix_range_and_depth_are_followed(tmp_path, matrix, levels, pix_fmt):
    colors = np.array([(200, 40, 40), (40, 200, 40), (40, 40, 200), (12, 12, 12), (240, 240, 240)])
    image = np.repeat(colors.astype(np.uint8), 32, axis=0)[None].repeat(64, axis=0)
    tags = {"ITU709": 1, "ITU601": 6, "BT2020": 9}
    path = write_tagged(
        tmp_path / "a.mkv", image, pix_fmt, matrix=tags[matrix], levels=levels, name=matrix
    )
    found = same_for_every_reader(path)
    np.testing.assert_allclose(found[32, 16::32], colors, atol=4)


def write_tagged(
    path: Path, image, pix_fmt: str, *, matrix: int, levels: str, name: str, transfer: int = 1
) -> Path:
    """Write four frames losslessly, with colour tags."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width = image.shape[:2]
        stream.pix_fmt = pix_fmt
        context = stream.codec_context
        context.colorspace, context.color_range = matrix, 2 if levels == "JPEG" else 1
        context.color_primaries, context.color_trc = (9 if matrix == 9 else 1), transfer
        form = "rgb48le" if image.dtype == np.uint16 else "rgb24"
        for place in range(4):
            frame = av.VideoFrame.from_ndarray(image, format=form).reformat(
                format=pix_fmt, dst_colorspace=name, dst_color_range=levels
            )
            frame.pts, frame.time_base = place, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


# Light of a display, cd/m2, and what an SDR screen shows of it: 255 (L / 203) ** (1 / 2.4), a
# little less from half the reference white (203) on.
GREYS = {0.0: 0, 1.0: 28, 5.0: 54, 20.0: 97, 50.0: 142, 203.0: 230, 1000.0: 255}


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_tone_mapped(tmp_path, transfer, name):
    nits = np.array(list(GREYS))
    signal = nits_to_pq(nits) if name == "PQ" else hlg_signal(nits)
    row = np.repeat((signal * 65535).round().astype(np.uint16), 32)
    image = np.ascontiguousarray(np.broadcast_to(row[None, :, None], (64, len(row), 3)))
    path = write_tagged(
        tmp_path / "a.mkv",
        image,
        "yuv444p10le",
        matrix=9,
        levels="MPEG",
        name="BT2020",
        transfer=transfer,
    )
    found = same_for_every_reader(path)[32, 16::32]
    np.testing.assert_allclose(found, np.array(list(GREYS.values()))[:, None] + [0, 0, 0], atol=4)
    source = VideoSource(path)
    list(source.frames())
    assert source.warnings == [f"HDR video ({name}) is tone-mapped to BT.709 (SDR)"]


@pytest.mark.parametrize("primaries", [9, 12, 1])
def test_primaries_of_hdr_are_followed(primaries):
    """BT.709's red at 50 cd/m2 stays pure red, whatever primaries it was stored in."""
    red = np.linalg.inv(TO_BT709[primaries]) @ [50.0, 0.0, 0.0]
    found = to_sdr(nits_to_pq(red)[None], "PQ", primaries)[0]
    np.testing.assert_allclose(found * 255, [142, 0, 0], atol=1.5)


def hlg_signal(nits: np.ndarray) -> np.ndarray:
    """The HLG signal of grey light, found by searching the table of all 10-bit signals."""
    signals = np.linspace(0, 1, 4096)
    light = hlg_to_nits(np.repeat(signals[:, None], 3, axis=1))[:, 0]
    return signals[np.abs(light[None] - nits[:, None]).argmin(axis=1)]


def test_a_size_that_changes_inside_the_file(tmp_path):
    parts = [
        write_kind(tmp_path / f"{width}.ts", KINDS["ts h264"], size=(width, 144))
        for width in (176, 352)
    ]
    path = joined(tmp_path / "both.ts", *parts)
    source = VideoSource(path)
    images = [frame.image for frame in source.frames()]
    assert len(images) == 200
    assert {image.shape for image in images} == {(144, 176, 3)}
    # 352x144 in 176x144: 72 rows of image, black above and below.
    assert images[150][:34].max() < 20
    assert images[150][-34:].max() < 20
    assert read_number(images[150][36:108]) == 50
    assert [text for text in source.warnings if "100 frames are fitted into 176x144" in text]


def test_television_that_changes_its_shape_inside_the_file(tmp_path):
    """4:3 and 16:9 are stored alike: 176 pixels that are 12/11 or 16/11 wide."""
    parts = [
        write_kind(tmp_path / f"{n}.ts", KINDS["ts mpeg2"], pixel_ratio=Fraction(n, 11))
        for n in (12, 16)
    ]
    source = VideoSource(joined(tmp_path / "both.ts", *parts))
    images = [frame.image for frame in source.frames()]
    assert {image.shape for image in images} == {(144, 192, 3)}
    # 256x144 in 192x144: 108 rows of image.
    assert images[150][:16].max() < 20
    assert [read_number(images[50]), read_number(images[150][18:126])] == [50, 50]
    # The decoder's word may come with the last frame before the change.
    assert re.search("10[01] frames are fitted into 192x144", " ".join(source.warnings))


@pytest.mark.parametrize(
    ("suffix", "default", "width_px"),
    [("mkv", 0, 80), ("mkv", 1, 160), ("mkv", None, 160), ("mp4", 1, 160), ("ts", None, 160)],
)
def test_the_default_stream_is_read_else_the_largest(tmp_path, suffix, default, width_px):
    small = write_video(tmp_path / "small.mp4", num_frames=5, size=(80, 64))
    large = write_video(tmp_path / "large.mp4", num_frames=5)
    path = tmp_path / f"both.{suffix}"
    write_streams(path, small, large, default=default)
    assert same_for_every_reader(path).shape[1] == width_px


def write_streams(path: Path, *sources: Path, default: int | None) -> None:
    """Copy the videos of several files into one."""
    with av.open(str(path), "w") as output:
        for number, name in enumerate(sources):
            with av.open(str(name)) as source:
                stream = output.add_stream_from_template(source.streams.video[0])
                stream.disposition = Disposition.default if number == default else Disposition(0)
        for number, name in enumerate(sources):
            with av.open(str(name)) as source:
                for packet in source.demux(video=0):
                    if packet.dts is not None:
                        packet.stream = output.streams[number]
                        output.mux(packet)


def write_cover(path: Path, *, film: bool) -> Path:
    """Write an mp4 with audio, a cover image and, if asked, a film after it."""
    write_audio_only(path.with_name("audio.m4a"))
    with av.open(str(path), "w") as output, av.open(str(path.with_name("audio.m4a"))) as audio:
        track = output.add_stream_from_template(audio.streams.audio[0])
        cover = output.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 320, 320, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        stream = output.add_stream("libx264", rate=25) if film else None
        if stream is not None:
            stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        image = av.VideoFrame.from_ndarray(np.full((320, 320, 3), 99, np.uint8), format="rgb24")
        output.mux(cover.encode(image.reformat(format="yuvj420p")))
        output.mux(cover.encode(None))
        for packet in audio.demux(audio=0):
            if packet.dts is not None:
                packet.stream = track
                output.mux(packet)
        for place in range(10 if film else 0):
            frame = av.VideoFrame.from_ndarray(
                np.full((120, 160, 3), 200, np.uint8), format="rgb24"
            )
            frame.pts, frame.time_base = place, Fraction(1, 25)
            output.mux(stream.encode(frame))
        if film:
            output.mux(stream.encode(None))
    return path


def test_a_cover_image_is_not_a_video(tmp_path):
    path = write_cover(tmp_path / "film.mp4", film=True)
    assert same_for_every_reader(path).shape == (120, 160, 3)
    assert len(list(VideoSource(path).frames())) == 10
    with pytest.raises(InputError, match="holds only audio"):
        VideoSource(write_cover(tmp_path / "song.mp4", film=False))


@pytest.mark.parametrize("suffix", ["mkv", "flv", "mp4"])
def test_longer_audio_is_not_a_cut_file(tmp_path, suffix):
    kind = Kind(suffix, "libx264", audio="aac")
    path = write_kind(tmp_path / f"a.{suffix}", kind, audio_sec=12.0)
    source = VideoSource(path)
    assert len(list(source.frames())) == 100
    assert source.warnings == []
