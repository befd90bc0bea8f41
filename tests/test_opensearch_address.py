"""The URL of an archive on a cluster: what it may say, what is wrong with it, and that it keeps its secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from search.commands import main
from search.engines.opensearch.transport.address import MAX_NAME_BYTES, OPTIONS, Address, Host
from search.engines.opensearch.transport.credentials import Credentials, variable
from search.errors import ConfigError
from search.loaded_settings import load_settings
from search.settings import HIDDEN, Settings, without_login

SECRET = "s3cr3t-Käse"
WRITTEN = "s3cr3t-K%C3%A4se"


def parse(text: str) -> Address:
    return Address.parse(text)


def test_a_url_states_all_of_it() -> None:
    address = parse("opensearchs://One.example:9201,two/archive?shards=3&replicas=2&keep=60&timeout=2.5&partial=allow")
    assert address == Address(
        (Host("one.example", 9201), Host("two", 9200)), "archive", True, 3, 2, 60.0, 2.5, True
    )  # fmt: skip
    assert address.scheme == "opensearchs"
    assert parse(address.url) == address
    assert str(address) == address.url


def test_what_a_url_leaves_out_has_a_default() -> None:
    address = parse("opensearch://node/archive")
    assert address == Address((Host("node"),), "archive")
    assert (address.shards, address.replicas, address.keep_seconds, address.partial) == (1, 1, 600.0, False)
    assert address.url == "opensearch://node:9200/archive"
    assert parse("opensearch://node/archive/?shards=1&partial=refuse") == address


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("[::1]", Host("::1", 9200)),
        ("[2001:DB8::0:1]:9300", Host("2001:db8::1", 9300)),
        ("10.0.0.1:80", Host("10.0.0.1", 80)),
        ("node-1.news_room.example.", Host("node-1.news_room.example.", 9200)),
    ],
)
def test_a_host_is_a_name_or_an_ip_address(text: str, host: Host) -> None:
    address = parse(f"opensearch://{text}/archive")
    assert address.hosts == (host,)
    assert parse(address.url) == address


def test_a_host_that_stands_twice_is_asked_once() -> None:
    assert parse("opensearch://one,One:9200,two/a").hosts == (Host("one"), Host("two"))


@pytest.mark.parametrize("name", ["a", "the-gazette_1890.2", "архив", "新聞", "a%62c", "x" * MAX_NAME_BYTES])
def test_names_that_opensearch_takes_are_taken(name: str) -> None:
    address = parse(f"opensearch://node/{name}")
    assert parse(address.url) == address


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("opensearch:node/a", "write for example opensearch://localhost:9200/archive"),
        ("opensearch://", "write for example"),
        ("opensearch:///a", "names no host"),
        ("opensearch://node", "names no archive"),
        ("opensearch://node/", "names no archive"),
        ("opensearch://node,/a", "names a host that is none"),
        ("opensearch://no de/a", "names a host that is none"),
        ("opensearch://::1/a", "in brackets"),
        ("opensearch://[::g]/a", "no IPv6 address"),
        ("opensearch://node:0/a", "from 1 to 65535"),
        ("opensearch://node:65536/a", "from 1 to 65535"),
        ("opensearch://node:/a", "from 1 to 65535"),
        ("opensearch://node:٣/a", "from 1 to 65535"),
        ("opensearch://" + ",".join(f"n{i}" for i in range(65)) + "/a", "more than 64 hosts"),
        ("opensearch://node/a#b", "no part behind a #"),
        ("opensearch://node/a\n", "printable"),
        ("opensearch://node/" + "a" * 2_000, "at most 2,000"),
        ("opensearch://node/a?shard=3", "unknown option 'shard' in the index URL; did you mean shards?"),
        ("opensearch://node/a?zzz", "valid are shards, replicas, keep, timeout, partial"),
        ("opensearch://node/a?shards=0", "shards=0: must be a whole number from 1 to 1024"),
        ("opensearch://node/a?shards=", "must be a whole number"),
        ("opensearch://node/a?shards=３", "must be a whole number"),
        ("opensearch://node/a?shards=1e2", "must be a whole number"),
        ("opensearch://node/a?replicas=-1", "from 0 to 64"),
        ("opensearch://node/a?keep=nan", "must be a number of seconds from 0 to 604800"),
        ("opensearch://node/a?timeout=0", "must be a number of seconds from 0.1 to 600"),
        ("opensearch://node/a?partial=yes", "must be allow or refuse"),
        ("opensearch://node/a?shards=1&shards=2", "stands twice"),
        ("opensearch://node/Archive", "did you mean archive?"),
        ("opensearch://node/a/b", "and no path"),
        ("opensearch://node/a%5Cb", "holds no '\\\\'"),
        ("opensearch://node/a*", "holds no '*'"),
        ("opensearch://node/a%3Fb", "holds no '?'"),
        ("opensearch://node/a%22b", "holds no '\"'"),
        ("opensearch://node/%3Ca%3E", "holds no '<'"),
        ("opensearch://node/a%7Cb", "holds no '|'"),
        ("opensearch://node/a%20b", "holds no ' '"),
        ("opensearch://node/a,b", "holds no ','"),
        ("opensearch://node/a%23b", "holds no '#'"),
        ("opensearch://node/a:b", "holds no ':'"),
        ("opensearch://node/a%40b", "holds no '@'"),
        ("opensearch://node/-a", "begins with '-'"),
        ("opensearch://node/_all", "begins with '_'"),
        ("opensearch://node/+a", "begins with '+'"),
        ("opensearch://node/..", "begins with '.'"),
        ("opensearch://node/a%00", "control characters"),
        ("opensearch://node/a%FF", "not UTF-8"),
        ("opensearch://node/" + "x" * (MAX_NAME_BYTES + 1), "longer than 240 bytes"),
        ("opensearch://node/" + "%E6%96%B0" * 81, "longer than 240 bytes"),
        ("opensearch://node/a-lease", "own indices"),
        ("opensearch://node/a-000001", "own indices"),
    ],
)
def test_what_is_wrong_with_a_url_is_said(url: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(url)
    assert complaint in str(caught.value)
    assert str(caught.value)[0].islower() or str(caught.value).startswith("[")


# --- secrets -------------------------------------------------------------------------------------------------------


def test_a_user_and_a_password_are_read_and_not_shown() -> None:
    address = parse(f"opensearch://alice%3Ab:{WRITTEN}@node/archive?shards=2")
    assert (address.user, address.password) == ("alice:b", SECRET)
    assert address.url == "opensearch://node:9200/archive?shards=2"
    for shown in (str(address), repr(address), f"{address}"):
        assert "alice" not in shown
        assert "s3cr3t" not in shown


@pytest.mark.parametrize(
    "url",
    [
        "opensearch://u:{}@node/Bad",
        "opensearch://u:{}@no de/a",
        "opensearch://u:{}@node:x/a",
        "opensearch://u:{}@node/a?x=1",
        "opensearch://u:{}",
        "opensearch://u:{}/a",
        "opensearch://u:{}@",
        "opensearch://u:pa/{}@node/a",
        "opensearch://u:pa?{}@node/a",
        "opensearch://u:pa#{}@node/a",
        "opensearch://u:pa@{}@node/a",
        "opensearch://:{}@node/a",
        "opensearch:u:{}@node/a",
        "opensearch:/u:{}@node/a",
        "opensearch://node/a?password={}",
        "opensearch://u:{}@node/a\x00",
    ],
)
def test_no_complaint_shows_a_password(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(url.format("hunter2"))
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value)


@given(st.text(st.characters(min_codepoint=33, exclude_categories=["Cs"]), min_size=1), st.sampled_from(["", "s"]))
def test_whatever_a_password_is_its_url_is_shown_without_it(password: str, tls: str) -> None:
    url = f"opensearch{tls}://uuuuuuuu:pppp{password}pppp@node:9200/archive"
    assert without_login(url) == f"opensearch{tls}://{HIDDEN}@node:9200/archive"
    settings = Settings.model_construct(index=url)
    assert "pppp" not in json.dumps(settings.shown())
    assert "pppp" not in repr(settings)
    try:
        said = repr(parse(url))
    except ConfigError as error:
        said = str(error)
    assert "pppp" not in said


@pytest.mark.parametrize("url", ["whoosh:/data/a@b", "whoosh:archive", "a@b/c", "memory:", "opensearch://node/a"])
def test_what_has_no_login_is_shown_as_it_is(url: str) -> None:
    assert without_login(url) == url


def test_a_hidden_login_is_not_taken_for_one() -> None:
    with pytest.raises(ConfigError, match="BACKFILE_OPENSEARCH_USER"):
        parse(without_login("opensearch://u:p@node/a"))


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_config_shows_no_password(flags: list[str], tmp_path: Path) -> None:
    file = tmp_path / "backfile.toml"
    file.write_text('index = "opensearch://u:hunter2@node/archive"\n', "utf-8")
    result = CliRunner().invoke(main, ["--config", str(file), "config", *flags])
    assert "hunter2" not in result.output


def test_a_setting_that_is_refused_does_not_show_its_password() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings({"index": "opensearch://u:hunter2@node/a\x07"}, environ={})
    assert "hunter2" not in str(caught.value)
    assert HIDDEN in str(caught.value)


# --- credentials ---------------------------------------------------------------------------------------------------


def environment(**values: str) -> dict[str, str]:
    return {variable(name): value for name, value in values.items()}


def test_a_user_with_a_password_is_basic_authentication_in_utf8() -> None:
    own = Credentials.from_environment(environment(user="Zoë", password="p:ä"))
    assert own.authorization == "Basic Wm/DqzpwOsOk"
    assert "p:ä" not in repr(own)


def test_an_api_key_goes_as_it_is() -> None:
    own = Credentials.from_environment(environment(api_key="aWQ6a2V5=="))
    assert own.authorization == "ApiKey aWQ6a2V5=="
    assert "aWQ6" not in repr(own)


def test_without_credentials_nothing_is_said() -> None:
    assert Credentials.from_environment({}).authorization is None


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"password": "hunter2"}, "set BACKFILE_OPENSEARCH_USER as well"),
        ({"user": "u", "api_key": "hunter2"}, "both a user and an API key"),
        ({"user": "u:v"}, "holds no colon"),
        ({"user": "u", "password": "hunter2\r\nX: y"}, "BACKFILE_OPENSEARCH_PASSWORD: must be"),
        ({"api_key": "hunter2 x"}, "without spaces"),
        ({"api_key": "hunter2é"}, "encoded key alone"),
        ({"user": "u", "password": "hunter2" * 2_000}, "at most 8,000"),
        ({"client_key": "key.pem"}, "set BACKFILE_OPENSEARCH_CLIENT_CERT"),
    ],
)
def test_credentials_that_do_not_fit_are_refused_unseen(values: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Credentials.from_environment(environment(**values))
    assert complaint in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("login", "own", "header"),
    [
        ("", Credentials("bob", "x"), Credentials("bob", "x")),
        ("alice:y@", Credentials("bob", "x"), Credentials("alice", "y")),
        ("alice@", Credentials("alice", "x"), Credentials("alice", "x")),
        ("alice@", Credentials("bob", "x"), Credentials("alice", "")),
        ("alice:y@", Credentials(api_key="k"), Credentials("alice", "y")),
    ],
)
def test_the_user_of_the_url_has_precedence(login: str, own: Credentials, header: Credentials) -> None:
    address = parse(f"opensearch://{login}node/a")
    assert own.for_address(address).authorization == header.authorization


def test_the_variables_are_known_to_the_settings() -> None:
    names = ("user", "password", "api_key", "ca_bundle", "client_cert", "client_key")
    loaded = load_settings(environ=dict.fromkeys(map(variable, names), "x"))
    assert loaded.settings == Settings()
    with pytest.raises(ConfigError, match="did you mean BACKFILE_OPENSEARCH_PASSWORD"):
        load_settings(environ={"BACKFILE_OPENSEARCH_PASWORD": "x"})


def test_every_option_is_in_the_reference() -> None:
    page = (Path(__file__).parents[1] / "docs/reference/configuration.md").read_text("utf-8")
    assert [name for name in OPTIONS if f"| `{name}=` |" not in page] == []
    names = Credentials.__dataclass_fields__
    assert [variable(name) for name in names if f"| `{variable(name)}` |" not in page] == []
