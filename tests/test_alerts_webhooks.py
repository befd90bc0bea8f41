"""Where alerts may be posted to: public hosts over verified TLS, no redirects, unless a setting says otherwise."""

from __future__ import annotations

import pytest
from receivers import http_receiver

from index.fetching.errors import FetchError
from index.fetching.posting import post

HEADERS = {"content-type": "text/plain"}


def refused(url: str, *addresses: str, allowed: tuple[str, ...] = ()) -> str:
    """Why nothing is posted there; the host has those addresses."""
    with pytest.raises(FetchError) as caught:
        post(url, b"x", HEADERS, allowed=allowed, setting="alert_allow", resolve=lambda *_: addresses)
    return str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0",  # noqa: S104 - refused
     "127.0.0.1", "10.0.0.7", "172.16.4.4", "192.168.1.1", "169.254.169.254", "::1", "fe80::1", "fd00::1",
     "::ffff:127.0.0.1", "64:ff9b::7f00:1", "224.0.0.1", "100.64.0.1"],
)  # fmt: skip
def test_no_host_of_an_inner_network_is_posted_to(address: str) -> None:
    said = refused("https://hook.example/", address)
    assert "not a public one" in said
    assert "alert_allow" in said


def test_an_address_without_tls_is_not_posted_to_unless_it_is_allowed() -> None:
    assert "alert_allow" in refused("http://hook.example/", "93.184.216.34")


def test_a_host_that_is_allowed_is_posted_to() -> None:
    with http_receiver() as hook:
        assert post(f"{hook.address}/x", b"body", HEADERS, allowed=("127.0.0.1",), setting="alert_allow") == 200
        assert [(each.path, each.body) for each in hook.posted] == [("/x", b"body")]


def test_the_address_that_was_checked_is_the_one_connected_to() -> None:
    """A name that is looked up a second time may stand for another machine."""
    with http_receiver() as hook:
        asked: list[str] = []

        def resolve(host: str, _port: int) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"]

        place = hook.address.replace("127.0.0.1", "hook.example")
        post(place, b"x", HEADERS, allowed=(place.removeprefix("http://"),), setting="alert_allow", resolve=resolve)
        assert asked == ["hook.example"]
        assert len(hook.posted) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with http_receiver() as other, http_receiver() as hook:
        hook.answers["/"] = [status]
        hook.headers["location"] = f"{other.address}/"
        with pytest.raises(FetchError, match=f"answered {status}"):
            post(f"{hook.address}/", b"x", HEADERS, allowed=("127.0.0.1",), setting="alert_allow")
        assert other.posted == []


def test_tls_is_verified() -> None:
    """A server that speaks no TLS has no certificate either."""
    with http_receiver() as hook:
        said = hook.address.replace("http://", "https://")
        with pytest.raises(FetchError, match="no secure connection"):
            post(said, b"x", HEADERS, allowed=("127.0.0.1",), setting="alert_allow")
        assert hook.posted == []
