"""The audio of a source in an mp4, in time with its frames: copied where players can play it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

import av

from stad.video.file_clock import AudioClock, FileClock
from stad.video.opening import failure_reason, open_video
from stad.video.streams import choose_audio, may_jump, origin_sec

# What an mp4 holds and browsers play; anything else is encoded as AAC.
COPIED_CODECS = frozenset({"aac", "mp3", "opus", "flac"})
AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
AAC_LAYOUTS = frozenset({"mono", "stereo", "5.1"})
AAC_FRAME = 1024
# Encoded audio follows the stamps of the source by filling and cutting once they differ by more.
MAX_DRIFT_SEC = 0.02
# Copied packets of which one begins this much before the last has ended are still in time.
MAX_OVERLAP_SEC = 0.04
# A longer gap is filled piece by piece, so that memory stays flat.
MAX_SILENCE_SEC = 1.0
# A packet that begins this much before the output still fills the decoder of a player.
PREROLL_SEC = 0.05
# Packets that are read ahead: they tell a damaged stamp from a jump of the clock.
LOOKAHEAD = 8
DAMAGED = (av.error.InvalidDataError, av.error.PatchWelcomeError)
BROKEN = (av.error.FFmpegError, OSError, ValueError)


class AudioTrack:
    """The audio stream of a source, added to an output as its video advances.

    Args:
        path: of the source.
        output: a PyAV container that is being written.
        start_sec: time of the source that is 0 in the output.
        clock: of the frames of the source, as they are read; None where nothing tells of jumps.

    Attributes:
        warnings: what happened to the audio, for people.
    """

    def __init__(
        self, path: str, output, *, start_sec: float, clock: FileClock | None = None
    ) -> None:
        self.warnings: list[str] = []
        self._num_damaged = 0
        self._output, self._start_sec = output, start_sec
        self._input = open_video(path)
        self._from = choose_audio(self._input)
        if self._from is None:
            self.warnings.append("the audio is left out: its codec is not known here")
            return
        origin = origin_sec(self._input)
        self._clock = AudioClock(
            clock or FileClock(origin_sec=origin, frame_sec=1 / 30, may_jump=may_jump(self._input))
        )
        self._writer = self._open_writer()
        if start_sec and not may_jump(self._input):
            self._input.seek(int((start_sec + origin) * av.time_base), backward=True)
        self._packets = self._demuxed()
        # The next packets, and the time of the first of them once it is known.
        self._ahead = deque(islice(self._packets, LOOKAHEAD))
        self._begin_sec: float | None = None

    def _open_writer(self) -> _Copier | _Encoder:
        codec = self._from.codec_context.codec.canonical_name
        if codec in COPIED_CODECS:
            return _Copier(self._output, self._from)
        self.warnings.append(f"the audio is encoded as AAC: browsers do not play {codec} in an mp4")
        return _Encoder(self._output, self._from)

    def _demuxed(self) -> Iterator[av.Packet]:
        """Yield packets until the file ends or breaks."""
        packets = self._input.demux(self._from)
        while True:
            try:
                packet = next(packets, None)
            except DAMAGED:
                self._num_damaged += 1
                continue
            except BROKEN as error:
                self.warnings.append(f"the audio stops early: {failure_reason(error)}")
                return
            if packet is None:
                return
            if packet.size:
                yield packet

    def copy_until(self, time_sec: float, *, is_last: bool = False) -> None:
        """Add the packets that begin before ``time_sec`` of the source.

        Args:
            time_sec: seconds.
            is_last: the video has ended there.
        """
        while self._from is not None and self._ahead:
            if self._begin_sec is None:
                self._begin_sec = self._clock.take(
                    _stamp_sec(self._ahead[0]),
                    _duration_sec(self._ahead[0]),
                    later_sec=[_stamp_sec(packet) for packet in islice(self._ahead, 1, None)],
                    is_last_chance=is_last,
                )
            if self._begin_sec is None or self._begin_sec >= time_sec:
                return
            self._write(self._ahead.popleft(), self._begin_sec - self._start_sec)
            self._begin_sec = None
            self._ahead.extend(islice(self._packets, 1))

    def _write(self, packet: av.Packet, begin_sec: float) -> None:
        if begin_sec + _duration_sec(packet) < -PREROLL_SEC:
            return
        try:
            self._writer.write(packet, begin_sec)
        except DAMAGED:
            self._num_damaged += 1

    def close(self) -> None:
        """Finish the stream and let go of the source."""
        if self._from is not None:
            self._writer.finish()
            # Reading it whole would only count damage behind the end.
            if self._num_damaged:
                self.warnings.append(
                    f"{self._num_damaged} damaged packets of the audio are left out"
                )
        self._input.close()

    def abort(self) -> None:
        """Let go of the source."""
        self._input.close()


class _Copier:
    """Packets as they are."""

    def __init__(self, output, stream) -> None:
        self._output = output
        self._to = output.add_stream_from_template(stream)
        self._end: int | None = None

    def write(self, packet: av.Packet, begin_sec: float) -> None:
        """Add a packet that begins at a time of the output.

        One that overlaps the last a little follows it at once; one that lies behind it altogether
        is left out.
        """
        begin = round(begin_sec / packet.time_base)
        pts = begin if self._end is None else max(begin, self._end)
        if float((pts - begin) * packet.time_base) > MAX_OVERLAP_SEC:
            return
        self._end = pts + max(packet.duration or 0, 1)
        packet.pts = packet.dts = pts
        packet.stream = self._to
        self._output.mux(packet)

    def finish(self) -> None:
        """Nothing is held back."""


class _Encoder:
    """Packets decoded and encoded as AAC, silence where some are missing."""

    def __init__(self, output, stream) -> None:
        context = stream.codec_context
        rate = context.sample_rate or 48000
        layout = context.layout.name if context.layout is not None else ""
        self._rate = rate if rate in AAC_RATES else 48000
        self._layout = layout if layout in AAC_LAYOUTS else "stereo"
        self._output = output
        self._to = output.add_stream("aac", rate=self._rate, layout=self._layout)
        self._resampler: av.AudioResampler | None = None
        self._shape: tuple | None = None
        self._end_sec = 0.0

    def write(self, packet: av.Packet, begin_sec: float) -> None:
        """Decode a packet and add what it gives, from a time of the output on."""
        raw_sec = None if packet.pts is None else float(packet.pts * packet.time_base)
        for frame in packet.decode():
            time_sec = begin_sec
            if frame.time is not None and raw_sec is not None:
                time_sec += frame.time - raw_sec
            self._fill_until(frame, time_sec)
            self._add(frame, time_sec)
            begin_sec = time_sec + frame.samples / frame.sample_rate
            raw_sec = None

    def _fill_until(self, like: av.AudioFrame, time_sec: float) -> None:
        """Add silence up to a frame that comes late."""
        while time_sec - self._end_sec > MAX_SILENCE_SEC:
            silence = av.AudioFrame(like.format.name, like.layout.name, like.sample_rate)
            silence.sample_rate = like.sample_rate
            middle = 0x80 if like.format.name.startswith("u8") else 0
            for plane in silence.planes:
                plane.update(bytes([middle]) * plane.buffer_size)
            self._add(silence, self._end_sec)

    def _add(self, frame: av.AudioFrame, time_sec: float) -> None:
        frame.time_base = Fraction(1, frame.sample_rate)
        frame.pts = round(time_sec * frame.sample_rate)
        self._end_sec = max(self._end_sec, time_sec + frame.samples / frame.sample_rate)
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            self._flush()
            options = {"async": "1", "min_hard_comp": f"{MAX_DRIFT_SEC}"}
            if self._shape is None:
                options["first_pts"] = "0"
            self._resampler = av.AudioResampler(
                "fltp", self._layout, self._rate, frame_size=AAC_FRAME, options=options
            )
            self._shape = shape
        self._encode(self._resampler.resample(frame))

    def _encode(self, frames: list[av.AudioFrame]) -> None:
        for frame in frames:
            self._output.mux(self._to.encode(frame))

    def _flush(self) -> None:
        if self._resampler is not None:
            self._encode(self._resampler.resample(None))

    def finish(self) -> None:
        """Add what is held back."""
        self._flush()
        self._output.mux(self._to.encode(None))


def _stamp_sec(packet: av.Packet) -> float | None:
    stamp = packet.dts if packet.pts is None else packet.pts
    return None if stamp is None else float(stamp * packet.time_base)


def _duration_sec(packet: av.Packet) -> float:
    return float((packet.duration or 0) * packet.time_base)
