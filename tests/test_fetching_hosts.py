"""What the web client promises of hosts: no machine that is not public is asked, unless it was allowed by name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web_servers import fetcher_for, reply, web_server

from index.fetching import Fetcher, FetchError
from index.fetching.address import read_address, without_login
from index.fetching.hosts import is_public
from index.fetching.lookup import MAX_LOOKUPS


@pytest.mark.parametrize(
    "ip",
    ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "100.128.0.1"],
)
def test_machines_of_the_open_internet_are_public(ip: str) -> None:
    assert is_public(ip)


@pytest.mark.parametrize(
    "ip",
    [
        *(
            "127.0.0.1",
            "127.255.0.9",
            "0.0.0.0",  # noqa: S104
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
        ),
        *("100.64.0.1", "100.127.255.255", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("198.51.100.1", "203.0.113.1", "192.88.99.1", "192.0.0.8"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "fec0::1", "2001:db8::1"),
        *("3fff::1", "2001::1", "::127.0.0.1", "100::1", "5f00::1"),
        *("::ffff:127.0.0.1", "::ffff:a00:1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::"),
        *("not an address", "", "127.1", "2130706433"),
    ],
)
def test_all_others_are_not(ip: str) -> None:
    assert not is_public(ip)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "2130706433", "0x7f000001"),
        *("0177.0.0.1", "127.1", "0", "127.0.0.1.", "%31%32%37.0.0.1", "１２７.0.0.1", "[::]", "017700000001"),
    ],
)
def test_no_way_to_write_this_machine_leads_to_it(host: str) -> None:
    with web_server({"/": reply("secret")}) as server:
        port = server.server_address[1]
        with Fetcher(sleep=lambda _: None) as fetcher, pytest.raises(FetchError):
            fetcher.get(f"http://{host}:{port}/")
        assert (server.asked, server.connections) == ([], 0)


def test_a_host_is_allowed_by_name_with_or_without_its_port() -> None:
    with web_server({"/": reply("hello")}) as server:
        port = server.server_address[1]
        for name in ("127.0.0.1", f"127.0.0.1:{port}", "LOCALHOST"):
            host = "localhost" if name == "LOCALHOST" else "127.0.0.1"
            with fetcher_for(allowed=[name]) as fetcher:
                assert fetcher.get(f"http://{host}:{port}/").body == b"hello"
        with fetcher_for(allowed=["127.0.0.1:1"]) as fetcher, pytest.raises(FetchError, match="fetch_allow"):
            fetcher.get(server.url)


def test_an_allowed_name_allows_no_other_name_of_the_same_machine() -> None:
    with (
        web_server({"/": reply("hello")}) as server,
        fetcher_for(server) as fetcher,
        pytest.raises(FetchError, match="not a public one"),
    ):
        fetcher.get(server.url.replace("127.0.0.1", "localhost"))


def test_a_name_that_changes_its_answer_gains_nothing() -> None:
    """The name is looked up once for a connection, and what was checked is what is connected to."""
    answers = iter([["192.0.2.1"], ["127.0.0.1"], ["127.0.0.1"]])
    looked_up: list[str] = []

    def resolve(host: str, _: int) -> Sequence[str]:
        looked_up.append(host)
        return next(answers)

    with web_server({"/": reply("secret")}) as server:
        address = f"http://rebind.example:{server.server_address[1]}/"
        with fetcher_for(resolve=resolve, robots=False) as fetcher:
            for _ in range(3):
                with pytest.raises(FetchError, match="not a public one"):
                    fetcher.get(address)
        assert looked_up == ["rebind.example"] * 3
        assert server.connections == 0


def test_the_checked_address_is_connected_to_without_another_look_up() -> None:
    looked_up: list[str] = []

    def resolve(host: str, _: int) -> Sequence[str]:
        looked_up.append(host)
        return ["127.0.0.1"] if len(looked_up) == 1 else ["203.0.113.77"]

    with web_server({"/": reply("hello")}) as server:
        address = f"http://named.example:{server.server_address[1]}/"
        with fetcher_for(allowed=["named.example"], resolve=resolve, robots=False) as fetcher:
            assert fetcher.get(address).body == b"hello"
        assert server.asked[0].headers["host"] == address.split("/")[2]
        assert looked_up == ["named.example"]


def test_of_several_addresses_only_the_public_ones_are_tried() -> None:
    with web_server({"/": reply("secret")}) as server:
        address = f"http://mixed.example:{server.server_address[1]}/"
        with (
            fetcher_for(resolve=lambda *_: ["127.0.0.1", "10.0.0.1"], robots=False) as fetcher,
            pytest.raises(FetchError, match=r"127\.0\.0\.1, 10\.0\.0\.1"),
        ):
            fetcher.get(address)
        assert server.connections == 0


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with web_server({"/": reply("direct")}) as server, web_server({}) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        with fetcher_for(server) as fetcher:
            assert fetcher.get(server.url).body == b"direct"
        assert proxy.connections == 0


# --- addresses


@pytest.mark.parametrize(
    "url",
    ["http://editor:tr0ub4dor@site.example/", "https://tr0ub4dor@site.example/x?y#z", "http:///editor:tr0ub4dor@x/",
     "http://a:tr0ub4dor@\\b/", "ftp://a:tr0ub4dor@b/"],
)  # fmt: skip
def test_a_login_in_an_address_is_refused_and_shown_nowhere(url: str) -> None:
    with Fetcher() as fetcher, pytest.raises(FetchError) as caught:
        fetcher.get(url)
    assert "tr0ub4dor" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["", "http://", "http://:80/", "ftp://site.example/", "http://site.example:99999/", "http://site.example:0/",
     "http://[::1/", "http://si te.example/", "http://site.example/\nx", "http://a..b/", "http://" + "a" * 300 + "/",
     "file:///etc/passwd", "http://site.example/" + "x" * 9000, "gopher://site.example", "http://a\\b/", "//x/"],
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    with Fetcher(resolve=lambda *_: ["127.0.0.1"]) as fetcher, pytest.raises(FetchError):
        fetcher.get(url)


def test_an_address_is_written_as_servers_want_it() -> None:
    address = read_address("HTTP://Bücher.Example:80/straße/a%20b/(x)?q=ä&r=%26#part")
    assert address.url == "http://xn--bcher-kva.example/stra%C3%9Fe/a%20b/(x)?q=%C3%A4&r=%26"


@given(st.text(max_size=60), st.sampled_from(["http://", "https://", "http://user:pass@", ""]))
def test_any_text_is_an_address_or_a_reason(text: str, beginning: str) -> None:
    try:
        address = read_address(beginning + text)
    except FetchError:
        return
    assert read_address(address.url) == address
    assert address.target.isascii()


@given(st.text(max_size=40), st.text(max_size=20))
def test_no_address_shows_its_login(host: str, path: str) -> None:
    assert "s3cr3t-word" not in without_login(f"https://me:s3cr3t-word@{host.replace('@', '')}/{path}")


# --- names that take their time


@contextmanager
def stuck() -> Iterator[Callable[[str, int], Sequence[str]]]:
    """A resolver that finds nothing before the end of the block; by then all its threads have ended."""
    go = threading.Event()
    threads: list[threading.Thread] = []

    def resolve(_: str, __: int) -> Sequence[str]:
        threads.append(threading.current_thread())
        go.wait()
        return ["127.0.0.1"]

    try:
        yield resolve
    finally:
        go.set()
        for thread in threads:
            thread.join()


def test_a_name_that_is_not_found_in_time_does_not_hold_up_the_rest() -> None:
    with web_server({"/": reply("here")}) as server, stuck() as resolve:

        def slow_for_one(host: str, port: int) -> Sequence[str]:
            return resolve(host, port) if host == "slow.example" else ["127.0.0.1"]

        with fetcher_for(server, resolve=slow_for_one, seconds=0.05) as fetcher:
            with pytest.raises(
                FetchError, match=r"slow\.example cannot be found \(looking it up takes longer"
            ) as raised:
                fetcher.get("http://slow.example/")
            assert raised.value.is_lasting
            assert fetcher.get(f"{server.url}/").body == b"here"


def test_only_so_many_names_are_looked_up_at_once() -> None:
    with stuck() as resolve, fetcher_for(resolve=resolve, seconds=0.05, robots=False) as fetcher:
        reasons = []
        for number in range(MAX_LOOKUPS + 2):
            with pytest.raises(FetchError) as raised:
                fetcher.get(f"http://{number}.example/")
            reasons.append(raised.value.reason)
        assert ["still being looked up" in reason for reason in reasons] == [False] * MAX_LOOKUPS + [True] * 2
    with web_server({"/": reply("here")}) as server, fetcher_for(server) as fetcher:
        assert fetcher.get(f"{server.url}/").body == b"here", "whoever is done makes room for others"


def test_what_a_resolver_raises_is_a_reason() -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        raise OSError(f"no server knows {host}:{port}")

    with fetcher_for(resolve=resolve) as fetcher, pytest.raises(FetchError, match=r"no server knows x\.example:80"):
        fetcher.get("http://x.example/")
