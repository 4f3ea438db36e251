"""Write the audio of a source into an mp4, in time with its frames; copied where possible."""

from __future__ import annotations

import contextlib
import io
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError, InvalidDataError, PatchWelcomeError

from stad.video.file_clock import AudioClock, FileClock
from stad.video.opening import failure_reason, open_video
from stad.video.streams import choose_audio, decodes, may_jump, origin_sec, packets_of

# Codecs that an mp4 can hold and browsers play; others are encoded as AAC.
COPIED_CODECS = frozenset({"aac", "mp3", "opus", "flac"})
AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
AAC_LAYOUTS = frozenset({"mono", "stereo", "5.1"})
AAC_FRAME = 1024
# Encoded audio is filled or cut where it differs from the timestamps of the source by more.
MAX_DRIFT_SEC = 0.02
# A copied packet may begin this much before the end of the last one.
MAX_OVERLAP_SEC = 0.04
# Longer gaps are filled in pieces of this length, so that memory stays small.
MAX_SILENCE_SEC = 1.0
# Packets that begin this much before the output are kept: they prime the decoder of a player.
PREROLL_SEC = 0.05
# Packets that are read ahead, to tell a damaged timestamp from a jump of the clock.
LOOKAHEAD = 8
DAMAGED = (InvalidDataError, PatchWelcomeError)
BROKEN = (FFmpegError, OSError, ValueError)


class AudioTrack:
    """Adds the audio stream of a source to an output as its video advances.

    Args:
        path: the source.
        output: PyAV container that is being written.
        start_sec: time of the source that is 0 in the output, seconds.
        clock: clock of the frames of the source while they are read; None if jumps are unknown.

    Attributes:
        warnings: sentences for users about what happened to the audio.
    """

    def __init__(
        self,
        path: str,
        output: OutputContainer,
        *,
        start_sec: float,
        clock: FileClock | None = None,
    ) -> None:
        self.warnings: list[str] = []
        self._num_damaged = 0
        self._output, self._start_sec = output, start_sec
        self._input = open_video(path)
        self._stream = choose_audio(self._input)
        if self._stream is None:
            self.warnings.append("the audio is left out: FFmpeg cannot decode its codec")
            return
        if undecodable := [one.index for one in self._input.streams.audio if not decodes(one)]:
            numbers = ", ".join(map(str, undecodable))
            self.warnings.append(
                f"FFmpeg cannot decode audio stream {numbers}: stream {self._stream.index} is used"
            )
        origin = origin_sec(self._input)
        self._clock = AudioClock(
            clock or FileClock(origin_sec=origin, frame_sec=1 / 30, may_jump=may_jump(self._input))
        )
        try:
            self._writer = self._open_writer(self._stream)
        except (FFmpegError, ValueError) as error:
            self.leave_out(error)
            return
        if start_sec and not may_jump(self._input):
            self._input.seek(int((start_sec + origin) * av.time_base), backward=True)
        self._packets = self._demux(self._stream)
        # The next packets, and the time of the first of them once it is known.
        self._ahead = deque(islice(self._packets, LOOKAHEAD))
        self._begin_sec: float | None = None

    def _open_writer(self, stream: AudioStream) -> _Copier | _Encoder:
        codec = stream.codec_context.codec.canonical_name
        if codec in COPIED_CODECS and _fits_mp4(stream):
            return _Copier(self._output, stream)
        why = "its header is damaged"
        if codec not in COPIED_CODECS:
            why = f"browsers do not play {codec} in an mp4"
        self.warnings.append(f"the audio is encoded as AAC: {why}")
        return _Encoder(self._output, stream)

    def _demux(self, stream: AudioStream) -> Iterator[av.Packet[AudioStream]]:
        """Yield packets until the file ends or breaks."""
        packets = packets_of(self._input, stream)
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
            is_last: whether the video ends there.
        """
        while self._stream is not None and self._ahead:
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

    def _write(self, packet: av.Packet[AudioStream], begin_sec: float) -> None:
        if begin_sec + _duration_sec(packet) < -PREROLL_SEC:
            return
        with self._losing_damaged():
            self._writer.write(packet, begin_sec)

    @contextlib.contextmanager
    def _losing_damaged(self) -> Iterator[None]:
        """Count what cannot be decoded or has times that no file can hold; the video goes on."""
        try:
            yield
        except (FFmpegError, ValueError) as error:
            # The disk of the output.
            if isinstance(error, OSError):
                raise
            self._num_damaged += 1

    def leave_out(self, error: Exception) -> None:
        """Write no audio, and say why."""
        self._stream = None
        self.warnings[:] = [f"the audio is left out: {failure_reason(error)}"]

    def close(self) -> None:
        """Finish the stream and close the source."""
        if self._stream is not None:
            with self._losing_damaged():
                self._writer.finish()
            # Damage after the end of the video is not counted.
            if self._num_damaged:
                self.warnings.append(
                    f"{self._num_damaged} damaged packets of the audio are left out"
                )
        self._input.close()

    def abort(self) -> None:
        """Close the source."""
        self._input.close()


class _Copier:
    """Writes packets unchanged."""

    def __init__(self, output: OutputContainer, stream: AudioStream) -> None:
        self._output = output
        self._to = output.add_stream_from_template(stream)
        self._end: int | None = None

    def write(self, packet: av.Packet[AudioStream], begin_sec: float) -> None:
        """Add a packet that begins at a time of the output, seconds.

        A packet that overlaps the last one a little follows it directly; one that overlaps it by
        more is left out.
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
        """Do nothing: no packet is held back."""


class _Encoder:
    """Encodes decoded packets as AAC, with silence where some are missing."""

    def __init__(self, output: OutputContainer, stream: AudioStream) -> None:
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

    def write(self, packet: av.Packet[AudioStream], begin_sec: float) -> None:
        """Decode a packet and add its frames, from a time of the output on, seconds."""
        raw_sec = None if packet.pts is None else float(packet.pts * packet.time_base)
        for frame in packet.decode():
            time_sec = begin_sec
            if frame.time is not None and raw_sec is not None:
                # A frame far from its packet has a damaged time.
                ahead_sec = frame.time - raw_sec
                time_sec += ahead_sec if abs(ahead_sec) < MAX_SILENCE_SEC else 0.0
            self._fill_until(frame, time_sec)
            self._add(frame, time_sec)
            begin_sec = time_sec + frame.samples / frame.sample_rate
            raw_sec = None

    def _fill_until(self, like: av.AudioFrame, time_sec: float) -> None:
        """Add silence before a frame that begins late."""
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
        if self._resampler is None or shape != self._shape:
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
        """Write the frames that the encoder holds back."""
        self._flush()
        self._output.mux(self._to.encode(None))


def _fits_mp4(stream: AudioStream) -> bool:
    """Return whether an mp4 can state the codec; else it could not be finished."""
    options = {"movflags": "empty_moov"}
    try:
        with av.open(io.BytesIO(), "w", format="mp4", options=options) as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
    except (FFmpegError, ValueError):
        return False
    return True


def _stamp_sec(packet: av.Packet) -> float | None:
    stamp = packet.dts if packet.pts is None else packet.pts
    return None if stamp is None else float(stamp * packet.time_base)


def _duration_sec(packet: av.Packet) -> float:
    return float((packet.duration or 0) * packet.time_base)
