"""Open connections to the addresses that a client may make the service call, and to no others."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from urllib.parse import SplitResult, urlsplit

from stad.errors import InputError

SCHEMES = ("http", "https")
CONNECT_SEC = 10.0


def split_url(url: str, *, schemes: tuple[str, ...] = SCHEMES) -> SplitResult:
    """Return the parts of a URL.

    Raises:
        InputError: it is not a URL of one of these schemes.
    """
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_valid = False
    if not is_valid or any(not 32 < ord(letter) < 127 for letter in url):
        shown = ", ".join(f"{one}://" for one in schemes)
        raise InputError(
            f"The URL must begin with {shown}, name a host, and be of plain characters: encode "
            "others with %."
        )
    return parts


def allowed_addresses(host: str, port: int, *, allow_private: bool) -> list[tuple]:
    """Return where a host can be reached: what ``socket.getaddrinfo`` returns.

    Raises:
        InputError: the host is not known, or one of its addresses is not public.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise InputError(f"The host {host} cannot be found. Check the URL.") from error
    if not allow_private:
        for one in found:
            if not is_public(str(one[4][0])):
                raise InputError(
                    f"The host {host} is at a private address, which this service does not call."
                )
    return found


def is_public(address: str) -> bool:
    """Return whether an address is one of the Internet.

    >>> [is_public(one) for one in ("8.8.8.8", "10.0.0.1", "::1", "::ffff:127.0.0.1", "224.0.0.1")]
    [True, False, False, False, False]
    """
    number = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(number, ipaddress.IPv6Address):
        # IPv4 addresses inside of IPv6 ones: mapped, and by the tunnels 6to4 and Teredo.
        inner = number.ipv4_mapped or number.sixtofour or (number.teredo or (None, None))[1]
        # The prefix of NAT64.
        if inner is None and number in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
        if inner is not None:
            number = inner
    return number.is_global and not number.is_multicast


def open_connection(
    parts: SplitResult, *, allow_private: bool, timeout_sec: float
) -> http.client.HTTPConnection:
    """Connect to the host of a URL, at an address that was checked: no second look-up can differ.

    Args:
        parts: of the URL.
        allow_private: the address may be a private one.
        timeout_sec: of each read.

    Raises:
        InputError: the host is not known, not public, or cannot be reached.
    """
    host, is_safe = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_safe else 80)
    found = allowed_addresses(host, port, allow_private=allow_private)
    failure: OSError | None = None
    for family, kind, protocol, _, place in found:
        channel = socket.socket(family, kind, protocol)
        channel.settimeout(CONNECT_SEC)
        try:
            channel.connect(place)
            if is_safe:
                channel = ssl.create_default_context().wrap_socket(channel, server_hostname=host)
        except OSError as error:
            channel.close()
            failure = error
            continue
        channel.settimeout(timeout_sec)
        kinds = (http.client.HTTPConnection, http.client.HTTPSConnection)
        connection = kinds[is_safe](host, port, timeout=timeout_sec)
        connection.sock = channel
        return connection
    raise InputError(f"The host {host} cannot be reached ({failure}). Check the URL.") from failure


def send_request(
    connection: http.client.HTTPConnection,
    method: str,
    parts: SplitResult,
    *,
    headers: dict[str, str],
    body: bytes | None = None,
) -> http.client.HTTPResponse:
    """Ask for what a URL names and return the answer, whose body is not read yet.

    Args:
        connection: to the host of the URL.
        method: of HTTP.
        parts: of the URL; a name and a password in it are not sent on.
        headers: besides that of the host.
        body: of the request.
    """
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    connection.request(method, target, body, {"Host": host, **headers})
    return connection.getresponse()
