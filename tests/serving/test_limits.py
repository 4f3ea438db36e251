"""Tokens, rates, addresses and names: the parts that say no."""

from __future__ import annotations

import pytest

from stad.errors import InputError
from stad.serving import addresses
from stad.serving.addresses import allowed_addresses, is_public, split_url
from stad.serving.intake import MAX_NAME, shown_name
from stad.serving.rates import MAX_CLIENTS, RateLimit
from stad.serving.tokens import VARIABLE, Tokens, read_tokens


def test_a_client_may_ask_so_often_and_twice_that_at_once():
    now = [100.0]
    limit = RateLimit(5.0, now=lambda: now[0])
    assert [limit.ask("a") for _ in range(10)] == [0.0] * 10
    assert limit.ask("a") == pytest.approx(0.2)
    assert limit.ask("b") == 0.0
    now[0] += 0.2
    assert limit.ask("a") == 0.0
    assert limit.ask("a") > 0
    now[0] += 1000
    assert [limit.ask("a") > 0 for _ in range(11)] == [False] * 10 + [True]


def test_a_slow_rate_still_lets_one_request_in():
    now = [0.0]
    limit = RateLimit(0.1, now=lambda: now[0])
    assert limit.ask("a") == 0.0
    assert limit.ask("a") == pytest.approx(10.0)


def test_clients_are_forgotten_so_that_memory_is_bounded():
    limit = RateLimit(1.0, now=lambda: 0.0)
    for number in range(MAX_CLIENTS + 50):
        limit.ask(str(number))
    assert len(limit._clients) == MAX_CLIENTS


def test_tokens_come_from_a_file_and_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert not read_tokens(None).is_needed
    path = tmp_path / "tokens"
    path.write_text("# of the team\nabcdefgh-12345678\n\n  another-long-token-1 \n")
    monkeypatch.setenv(VARIABLE, "of-the-environment")
    tokens = read_tokens(path)
    for one in ("abcdefgh-12345678", "another-long-token-1", "of-the-environment"):
        assert tokens.accepts(one)
        assert tokens.accepts_session(tokens.session_of(one))
    for one in ("", "abcdefgh", "abcdefgh-123456789", "# of the team", "ü" * 20, "\udcff"):
        assert not tokens.accepts(one)
        assert not tokens.accepts_session(one)
    # The cookie does not give the token away, and another service has a cookie of another name.
    assert "abcdefgh" not in tokens.session_of("abcdefgh-12345678")
    assert tokens.cookie != Tokens(["abcdefgh-12345678"]).cookie


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no token"),
        ("short\n", "16 or more"),
        ("with spaces in it and long\n", "16 or more"),
        (b"\xff\xfe" * 20, "cannot be read"),
    ],
)
def test_tokens_that_cannot_be_used(tmp_path, monkeypatch, content, message):
    monkeypatch.delenv(VARIABLE, raising=False)
    path = tmp_path / "tokens"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=message) as caught:
        read_tokens(path)
    assert "short" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        *[(one, False) for one in ("127.0.0.1", "127.9.9.9", "0.0.0.0", "::", "::1")],
        *[(one, False) for one in ("10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1")],
        # The metadata of cloud machines.
        *[(one, False) for one in ("169.254.169.254", "fd00:ec2::254", "fe80::1%eth0")],
        *[(one, False) for one in ("224.0.0.1", "255.255.255.255", "ff02::1")],
        # IPv4 inside of IPv6.
        *[(one, False) for one in ("::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::")],
    ],
)
def test_public_addresses(address, is_allowed):
    assert is_public(address) is is_allowed


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/passwd", "ftp://a/b", "//a/b", "a.mp4", "http://", "http:///a"),
        *("http://a:99999/", "http://[::1", "http://a/\r\nX: y", "http://ä.de/", "concat:a|b", ""),
    ],
)
def test_urls_that_are_not_taken(url):
    with pytest.raises(InputError, match="must begin with http://"):
        split_url(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0", "2130706433", "0x7f.1", "[::1]"])
def test_other_spellings_of_loopback_are_found_out(host):
    host = split_url(f"http://{host}:80/a.mp4").hostname
    with pytest.raises(InputError, match="private address"):
        allowed_addresses(host, 80, allow_private=False)
    assert allowed_addresses(host, 80, allow_private=True)


def test_a_host_with_a_public_and_a_private_address_is_refused(monkeypatch):
    both = [(2, 1, 6, "", ("8.8.8.8", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(InputError, match="private address"):
        allowed_addresses("mixed.example", 80, allow_private=False)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("party.mp4", "party.mp4"),
        ("../../etc/passwd", "passwd"),
        ("C:\\videos\\a.mp4", "a.mp4"),
        ("a\x00b\n\x1b[31m.mp4", "ab[31m.mp4"),
        # It would show the rest of the line from right to left.
        ("a\u202e4pm.mp4", "a4pm.mp4"),
        ("<script>alert(1)</script>", "script>"),
        ("", "video"),
        ("..", ".."),
        ("/", "video"),
        ("x" * 500, "x" * MAX_NAME),
        ("\udcff.mp4", ".mp4"),
    ],
)
def test_names_are_shown_without_folders_and_control_characters(name, shown):
    assert shown_name(name) == shown
