"""Receive an upload: piece by piece onto the disk, bounded while it comes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from stad.serving.errors import ServiceError, too_many
from stad.utils.files import writing

# Written in a thread when this much has come: the memory of an upload.
BUFFER_BYTES = 1 << 20
# A client that sends nothing for so long is not waited for.
SILENCE_SEC = 30.0
# Space on the disk that uploads leave to the results.
SPARE_BYTES = 500_000_000
MAX_NAME = 200
UNNAMED = "video"
FORM = "multipart/form-data"
FORM_BYTES = 1 << 20


@dataclass(frozen=True)
class Received:
    """A file that has come.

    Attributes:
        name: of the client, to be shown.
        size_bytes: of the file.
    """

    name: str
    size_bytes: int


class UploadSlots:
    """Limits the number of uploads at once.

    Args:
        limit: maximum number.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self.num_taken = limit, 0

    @contextlib.contextmanager
    def slot(self) -> Iterator[None]:
        """Take part.

        Raises:
            ServiceError: there are too many.
        """
        if self.num_taken >= self._limit:
            raise too_many(f"{self._limit} uploads are running. Wait a little.", retry_sec=2)
        self.num_taken += 1
        try:
            yield
        finally:
            self.num_taken -= 1


async def receive(request: Request, path: Path, *, max_bytes: int, free_bytes: int) -> Received:
    """Write the video of a request into a new file; without success, none is left.

    The body is the video itself, or a form whose first file is the video.

    Args:
        request: whose body has not been read.
        path: of the file.
        max_bytes: maximum size.
        free_bytes: free space on the disk.

    Raises:
        ServiceError: it is too large, empty, not complete, or not such a form.
        InputError: the file cannot be written.
    """
    length = int(request.headers.get("content-length", "0") or 0)
    if length > max_bytes + FORM_BYTES:
        raise _too_large(max_bytes)
    if length + SPARE_BYTES > free_bytes:
        raise ServiceError(HTTPStatus.INSUFFICIENT_STORAGE, "The disk of the service is full.")
    kind, options = parse_options_header(request.headers.get("content-type"))
    # A form has some more bytes than its file.
    pieces = _bounded(_pieces(request), max_bytes=max_bytes)
    form = None
    if kind.decode("latin-1") == FORM:
        form = _Form(options.get(b"boundary", b""))
        pieces = form.file_pieces(pieces)
    try:
        with writing(path):
            size = await _write(pieces, path, max_bytes=max_bytes)
        if form is not None:
            form.check()
        if size == 0:
            raise ServiceError(HTTPStatus.BAD_REQUEST, "The video is empty (0 bytes).")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    name = form.name if form is not None else request.query_params.get("name", "")
    return Received(shown_name(name), size)


def shown_name(name: str) -> str:
    r"""Return the name of a video as it is shown: its last part, without control characters.

    >>> shown_name("C:\\videos\\a\x1b[31m.mp4"), shown_name("../../etc/passwd"), shown_name(" ")
    ('a[31m.mp4', 'passwd', 'video')
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    plain = "".join(letter for letter in last if letter.isprintable()).strip()
    return plain.encode(errors="replace").decode()[:MAX_NAME] or UNNAMED


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """Yield the body as it comes."""
    stream = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(SILENCE_SEC):
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise ServiceError(
                HTTPStatus.REQUEST_TIMEOUT, f"Nothing came for {SILENCE_SEC:.0f} s."
            ) from error
        except ClientDisconnect as error:
            raise ServiceError(HTTPStatus.BAD_REQUEST, "The upload was interrupted.") from error
        if piece:
            yield piece


async def _bounded(pieces: AsyncIterator[bytes], *, max_bytes: int) -> AsyncIterator[bytes]:
    """Yield pieces; other parts of a form count, too."""
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > max_bytes + FORM_BYTES:
            raise _too_large(max_bytes)
        yield piece


async def _write(pieces: AsyncIterator[bytes], path: Path, *, max_bytes: int) -> int:
    """Write pieces to a file, in a thread; return their size in all."""
    size, buffer = 0, bytearray()
    with path.open("xb") as file:
        async for piece in pieces:
            size += len(piece)
            if size > max_bytes:
                raise _too_large(max_bytes)
            buffer += piece
            if len(buffer) >= BUFFER_BYTES:
                await run_in_threadpool(file.write, bytes(buffer))
                buffer.clear()
        await run_in_threadpool(_finish, file, bytes(buffer))
    return size


def _finish(file: IO[bytes], rest: bytes) -> None:
    file.write(rest)
    file.flush()


def _too_large(max_bytes: int) -> ServiceError:
    return ServiceError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"The video is larger than {max_bytes / 1e6:g} MB, the limit here.",
    )


class _Form:
    """Finds the first file in a form.

    Args:
        boundary: between the parts of the form.

    Raises:
        ServiceError: there is none.
    """

    def __init__(self, boundary: bytes) -> None:
        if not boundary:
            raise _no_form()
        self.name, self._is_found, self._is_inside, self._is_over = "", False, False, False
        self._header, self._value, self._found = b"", b"", bytearray()
        self._parser = MultipartParser(
            boundary,
            {
                "on_header_field": self._on_header,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header_end,
                "on_part_data": self._on_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    async def file_pieces(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the content of the file in the pieces of the form."""
        async for piece in pieces:
            try:
                self._parser.write(piece)
            except MultipartParseError as error:
                raise _no_form() from error
            if self._found:
                yield bytes(self._found)
                self._found.clear()

    def check(self) -> None:
        """Raise ServiceError unless the form is complete and has a file."""
        if not self._is_over:
            raise ServiceError(HTTPStatus.BAD_REQUEST, "The upload was interrupted.")
        if not self._is_found:
            raise _no_form()

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition" and not self._is_found:
            _, options = parse_options_header(self._value)
            name = options.get(b"filename")
            if name is not None:
                self._is_found = self._is_inside = True
                # Browsers encode quotes and line ends only.
                self.name = unquote(name.decode(errors="replace"))
        self._header = self._value = b""

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_inside:
            self._found += data[start:end]

    def _on_part_end(self) -> None:
        self._is_inside = False

    def _on_end(self) -> None:
        self._is_over = True


def _no_form() -> ServiceError:
    return ServiceError(
        HTTPStatus.BAD_REQUEST,
        "The form has no file. Send one, as curl -F video=@FILE does, or the video as the body.",
    )
