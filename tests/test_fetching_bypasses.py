"""Ways that are known to lead past a check of addresses, each tried as a source, as a redirect and as a webhook."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator, Sequence
from urllib.parse import quote

import pytest
from web_servers import fetcher_for, redirect, reply, web_server

from index.fetching import Fetcher, FetchError
from index.fetching.address import read_address
from index.fetching.hosts import choose_addresses, is_public
from index.fetching.posting import post

INTERNAL = ("127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1", "172.16.0.1", "100.64.0.1", "0.0.0.0")  # noqa: S104
"""Loopback, private networks, the metadata of cloud machines, carrier networks, and this host."""
OTHER_DIGITS = ("０１２３４５６７８９", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "⓪①②③④⑤⑥⑦⑧⑨", "⁰¹²³⁴⁵⁶⁷⁸⁹")
"""Digits that IDNA takes for the ASCII ones (RFC 3491)."""
OTHER_DOTS = "。．｡"
"""Full stops that IDNA takes for the ASCII one (RFC 3490, 3.1)."""


def numbers(ip: str) -> Iterator[str]:
    """An IPv4 address as `inet_aton` reads it: of one to four numbers, in bases 8, 10 and 16."""
    whole = int(ipaddress.IPv4Address(ip))
    for parts in (1, 2, 3, 4):
        kept = [whole >> shift & 0xFF for shift in (24, 16, 8)[: parts - 1]]
        rest = whole & (1 << 8 * (5 - parts)) - 1
        for form in ("{}", "0x{:x}", "0X{:X}", "0{:o}", "0x{:010x}", "000{:o}"):
            yield ".".join(form.format(number) for number in (*kept, rest))
    first, *others = ip.split(".")
    yield ".".join((f"0x{int(first):x}", f"0{int(others[0]):o}", *others[1:]))
    yield ".".join((f"0{int(first):o}", *others))
    yield ip + "."


def letters(ip: str) -> Iterator[str]:
    """An IPv4 address in characters that are read as digits and dots."""
    yield from (ip.translate(str.maketrans("0123456789", digits)) for digits in OTHER_DIGITS)
    yield from (ip.replace(".", dot) for dot in OTHER_DOTS)
    yield "".join(f"%{ord(character):02x}" for character in ip)
    yield quote(ip.translate(str.maketrans("0123456789", OTHER_DIGITS[0])))


def within_ipv6(ip: str) -> Iterator[str]:
    """The ways in which an IPv4 address stands in an IPv6 one."""
    number = int(ipaddress.IPv4Address(ip))
    high, low = number >> 16, number & 0xFFFF
    yield from (f"::ffff:{ip}", f"::ffff:{high:x}:{low:x}", f"0:0:0:0:0:FFFF:{high:04X}:{low:04X}")  # RFC 4291, 2.5.5.2
    yield from (f"::{ip}", f"::ffff:0:{ip}")  # RFC 4291, 2.5.5.1; RFC 2765
    yield from (f"64:ff9b::{ip}", f"64:ff9b::{high:x}:{low:x}", f"64:ff9b:1::{ip}")  # NAT64: RFC 6052, 8215
    yield f"2002:{high:x}:{low:x}::1"  # 6to4: RFC 3056
    yield f"2001:0:808:808:0:ffff:{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}"  # Teredo: RFC 4380
    yield from (f"2606:4700::5efe:{ip}", f"2606:4700::200:5efe:{ip}")  # ISATAP: RFC 5214


SPELLINGS = sorted({
    *(spelling for ip in INTERNAL for spelling in (*numbers(ip), *letters(ip))),
    *(f"[{spelling}]" for ip in INTERNAL for spelling in within_ipv6(ip)),
    *("localhost", "LOCALHOST", "localhost.", "ｌｏｃａｌｈｏｓｔ", "loc%61lhost", "0", "0x0", "00", "127.1"),
    *("[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::1]", "[::1%25lo]", "[fe80::1%25eth0]", "[fd00:ec2::254]"),
    *("[ff02::1]", "[fec0::1]", "4294967297", "127.0.0.1.", "127.0.0.1..", "256.0.0.1", "0x100000001"),
})  # fmt: skip


def test_the_list_has_every_way_to_write_each_address() -> None:
    assert len(SPELLINGS) > 200
    assert {"2130706433", "0x7f000001", "0177.0.0.1", "127.0.1", "[::ffff:a9fe:a9fe]", "１２７.０.０.１"} <= {
        *SPELLINGS
    }


def test_no_spelling_of_a_machine_that_is_not_public_is_asked() -> None:
    with web_server({"/": reply("secret")}) as secret, Fetcher(sleep=lambda _: None, robots=False) as fetcher:
        port = secret.server_address[1]
        for host in SPELLINGS:
            with pytest.raises(FetchError):
                fetcher.get(f"http://{host}:{port}/")
        assert (secret.asked, secret.connections) == ([], 0)


def test_no_redirect_leads_to_one() -> None:
    with web_server({"/": reply("secret")}) as secret:
        port = secret.server_address[1]
        targets = [f"{scheme}//{host}:{port}/" for host in SPELLINGS for scheme in ("http:", "")]
        table = {f"/{number}": redirect(target, 302) for number, target in enumerate(targets)}
        with web_server(table) as public, fetcher_for(public, robots=False) as fetcher:
            for number in range(len(targets)):
                with pytest.raises(FetchError):
                    fetcher.get(f"{public.url}/{number}")
        assert len(public.paths()) == len(targets)
        assert secret.connections == 0


def test_no_webhook_is_posted_to_one() -> None:
    context = ssl.create_default_context()
    with web_server({"/": reply("secret")}) as secret:
        for host in SPELLINGS:
            with pytest.raises(FetchError):
                post(f"https://{host}:{secret.server_address[1]}/", b"x", {}, setting="alert_allow", context=context)
        assert secret.connections == 0


@pytest.mark.parametrize("ip", INTERNAL)
def test_a_name_that_stands_for_one_is_refused_however_its_address_is_written(ip: str) -> None:
    for written in (ip, *within_ipv6(ip)):
        assert not is_public(written)
        with pytest.raises(FetchError, match="not a public one"):
            choose_addresses(read_address("http://named.example/"), (), lambda *_, one=written: [one])  # type: ignore[misc]


def test_of_a_name_with_both_kinds_of_addresses_the_public_one_is_left() -> None:
    found = ["127.0.0.1", "8.8.8.8", "::1", "::ffff:10.0.0.1", "2606:4700::1111"]
    assert choose_addresses(read_address("http://a.example/"), (), lambda *_: found) == ["8.8.8.8", "2606:4700::1111"]


def test_a_name_that_turns_into_a_private_one_after_the_redirect_is_not_asked() -> None:
    """DNS rebinding: public when it is first looked up, this machine the second time."""
    answers: list[Sequence[str]] = [["203.0.113.9"], ["127.0.0.1"], ["::1"], ["::ffff:7f00:1"]]
    with web_server({"/": reply("secret")}) as secret:
        with fetcher_for(resolve=lambda *_: answers.pop(0), robots=False) as fetcher:
            for _ in range(4):
                with pytest.raises(FetchError, match="not a public one"):
                    fetcher.get(f"http://rebind.example:{secret.server_address[1]}/")
        assert secret.connections == 0


TRICKS = {
    "http://public.example@127.0.0.1/": None,
    "http://127.0.0.1@public.example/": None,
    "http://public.example:80@127.0.0.1:80/": None,
    "http://:@127.0.0.1/": None,
    "http://@127.0.0.1/": None,
    "http://public.example%40127.0.0.1/": None,
    "http://public.example%2f@127.0.0.1/": None,
    "http://public.example\\@127.0.0.1/": None,
    "http://public.example\\.127.0.0.1/": None,
    "http://127.0.0.1%2f.public.example/": None,
    "http://127.0.0.1%23.public.example/": None,
    "http://127.0.0.1%00.public.example/": None,
    "http://127.0.0.1\x00.public.example/": None,
    "http://127.0.0.1\t.public.example/": None,
    "http://127.0.0.1 .public.example/": None,
    "http://[::1].public.example/": None,
    "http://public.example[::1]/": None,
    "http://[public.example]/": None,
    "http://[v1.fe80::a]/": None,
    "http://public.example../": None,
    "http://b../": None,
    "http:127.0.0.1/": None,
    "http:/127.0.0.1/": None,
    "http:///127.0.0.1/": None,
    "//127.0.0.1/": None,
    "127.0.0.1": None,
    " http://public.example/": None,
    "http\u200b://public.example/": None,
    "http://public.example:0/": None,
    "http://public.example:65536/": None,
    "http://public.example:-80/": None,
    "http://public.example:0x50/": None,
    "http://public.example:80:22/": None,
    "http://public.example%0d%0aX-Injected:%20yes/": None,
    "http://public.example/\r\nX-Injected: yes": None,
    "http://public.example/#@127.0.0.1/": "http://public.example/",
    "http://public.example#@127.0.0.1/": "http://public.example/",
    "http://public.example?@127.0.0.1/": "http://public.example/?@127.0.0.1/",
    "http://public.example/@127.0.0.1/": "http://public.example/@127.0.0.1/",
    "http://public.example;@127.0.0.1/": None,
    "http://public.example&@127.0.0.1/": None,
    "http://public.example/%0d%0aX-Injected:%20yes": "http://public.example/%0d%0aX-Injected:%20yes",
    "http://public.example/?a\u2028b\u0085c": "http://public.example/?a%E2%80%A8b%C2%85c",
    "http://public.example./": "http://public.example/",
    "HTTP://PUBLIC。EXAMPLE/": "http://public.example/",
}
"""Addresses that programs read in different ways, and what is asked for: nothing where two readings lead apart."""


@pytest.mark.parametrize(("written", "asked"), TRICKS.items())
def test_an_address_that_can_be_read_in_two_ways_is_refused_or_read_as_browsers_do(
    written: str, asked: str | None
) -> None:
    if asked is None:
        with pytest.raises(FetchError):
            read_address(written)
    else:
        assert read_address(written).url == asked


SCHEMES = (
    *("file:///etc/passwd", "file://localhost/etc/passwd", "FILE:/etc/passwd", "gopher://127.0.0.1:6379/_INFO"),
    *(
        "dict://127.0.0.1:11211/stats",
        "ftp://127.0.0.1/",
        "sftp://127.0.0.1/",
        "tftp://127.0.0.1/x",
        "ldap://127.0.0.1/",
    ),
    *("ldapi://%2ftmp%2fx", "jar:http://127.0.0.1!/x", "netdoc:///etc/passwd", "data:text/html,x", "javascript:1"),
    *("ws://127.0.0.1/", "unix:/run/docker.sock", "http+unix://%2frun%2fdocker.sock/", "view-source:http://127.0.0.1/"),
    *("about:blank", "blob:http://127.0.0.1/", "url:http://127.0.0.1/", "php://input", "expect://id", "http2://a/"),
)


@pytest.mark.parametrize("written", SCHEMES)
def test_nothing_but_the_web_is_read_neither_at_once_nor_after_a_redirect(written: str) -> None:
    with pytest.raises(FetchError, match="http"):
        read_address(written)
    with (
        web_server({"/": redirect(written)}) as server,
        fetcher_for(server, robots=False) as fetcher,
        pytest.raises(FetchError),
    ):
        fetcher.get(f"{server.url}/")


@pytest.mark.parametrize("port", [21, 22, 25, 110, 143, 389, 465, 587, 993, 2049, 5060, 6000, 6667])
def test_a_port_of_another_service_is_not_asked_for_pages(port: int) -> None:
    looked_up: list[str] = []

    def resolve(host: str, _: int) -> Sequence[str]:
        looked_up.append(host)
        return ["8.8.8.8"]

    for scheme in ("http", "https"):
        address = read_address(f"{scheme}://public.example:{port}/")
        with pytest.raises(
            FetchError, match=rf"port {port} is not one of the web; .* 'public.example:{port}'"
        ) as raised:
            choose_addresses(address, (), resolve)
        assert raised.value.is_lasting
    assert looked_up == []
    assert choose_addresses(address, [f"public.example:{port}"], resolve) == ["8.8.8.8"]
    assert choose_addresses(address, ["public.example"], resolve) == ["8.8.8.8"]


@pytest.mark.parametrize("port", [80, 443, 591, 3000, 8000, 8080, 8443, 9200, 50_000])
def test_other_ports_are_asked(port: int) -> None:
    assert choose_addresses(read_address(f"http://public.example:{port}/"), (), lambda *_: ["8.8.8.8"]) == ["8.8.8.8"]


def test_no_header_can_be_put_into_a_request_by_an_address_or_a_redirect() -> None:
    table = {"/": redirect("/next%0d%0aX-Injected:%20yes?q=%0d%0aX-Injected:%20yes")}
    with web_server(table) as server, fetcher_for(server, robots=False) as fetcher:
        fetcher.get(f"{server.url}/")
        assert len(server.asked) == 2
        assert all("x-injected" not in asked.headers for asked in server.asked)
