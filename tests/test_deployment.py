"""The files in `contrib/`: read by the programs that they are for, as far as these are installed."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
import yaml
from archives import fill
from command_calls import parse, words_of
from conftest import ARTICLES
from real_server import served
from steady import comes_true

from search.commands import main
from search.engines import open_engine
from search.results.exporting import FORMATS
from webui.server import MAX_WORKERS, THREADS

ROOT = Path(__file__).resolve().parents[1]
CONTRIB = ROOT / "contrib"
UNITS = sorted((CONTRIB / "systemd").glob("*.service"))
HOST = "archive.lantern.example"
WORST_EXPOSURE = 1.5
"""Of 10; what is below 2 is "OK"."""


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"there is no {name}")
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


# --- nginx -----------------------------------------------------------------------------------------------------------


@contextmanager
def proxied(folder: Path, site_port: int) -> Iterator[tuple[int, ssl.SSLContext]]:
    """The configuration in a running nginx, with other ports and places; the port of TLS and what trusts it."""
    nginx = program("nginx")
    authority, ports = trustme.CA(), {80: free_port(), 443: free_port()}
    certificate = authority.issue_cert(HOST)
    certificate.private_key_pem.write_to_path(folder / f"{HOST}.key")
    for number, part in enumerate(certificate.cert_chain_pems):
        part.write_to_path(folder / f"{HOST}.pem", append=number > 0)
    (folder / "backfile.htpasswd").write_text("anna:{PLAIN}secret\n")
    text = (CONTRIB / "nginx" / "backfile.conf").read_text("utf-8")
    text = text.replace("/etc/nginx/tls", str(folder)).replace("/etc/nginx", str(folder))
    text = text.replace("/var/log/nginx", str(folder)).replace("127.0.0.1:8080", f"127.0.0.1:{site_port}")
    for standard, port in ports.items():
        text = re.sub(rf"listen {standard}\b", f"listen 127.0.0.1:{port}", text)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(f"pid {folder}/pid; daemon off; events {{}} http {{ {temporary}\n{text} }}", "utf-8")
    command = [nginx, "-c", str(whole), "-p", str(folder), "-e", str(folder / "start.log"), "-g", user_of_workers()]
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
    assert "warn" not in tested.stderr
    context = ssl.create_default_context()
    authority.configure_trust(context)
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        assert comes_true(lambda: answers(ports[443]))
        yield ports[443], context
    finally:
        process.terminate()
        process.wait(60)


def user_of_workers() -> str:
    """In tests the folder is the user's own, and root's is nobody else's."""
    if sys.platform == "win32":
        return ""
    import getpass

    return "user root;" if getpass.getuser() == "root" else ""


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


class Tls(http.client.HTTPSConnection):
    """A connection to this machine under the name of the archive."""

    def connect(self) -> None:
        raw = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self._context.wrap_socket(raw, server_hostname=HOST)  # type: ignore[attr-defined]


def test_readers_reach_the_site_through_the_proxy_and_not_the_desk(tmp_path: Path) -> None:
    fill(open_engine(f"whoosh:{tmp_path / 'archive'}"), *ARTICLES)
    (tmp_path / "backfile.toml").write_text("desk = true\nworkers = 1\n")
    with served(tmp_path) as site, proxied(tmp_path, site.port) as (port, context):

        def status(path: str, **headers: str) -> int:
            connection = Tls(HOST, port, context=context, timeout=30)
            connection.request("GET", path, headers=headers)
            found = connection.getresponse()
            found.read()
            connection.close()
            assert re.fullmatch("[0-9a-f]{32}", found.headers.get("X-Request-ID", "0" * 32)), "named by another"
            return found.status

        for path in ("/", "/search?q=flood+secretword", "/article/a%2Fb", "/tr/search?q=flood", "/search.csv?q=flood"):
            assert status(path) == 200, path
        for path in ("/desk", "/desk/draft", "/tr/desk", "/api/v1/desk/choices", "/desk/"):
            assert status(path) == 401, path
        assert status("/desk", Authorization="Basic YW5uYTpzZWNyZXQ=") == 200
        assert status("/desktop") == status("/livez") == status("/readyz") == 404
        assert 429 in [status("/search?q=flood") for _ in range(200)]
    logs = "".join(path.read_text() for path in tmp_path.glob("backfile*.log"))
    assert "GET /search 200" in logs
    assert "secretword" not in logs


def test_the_proxy_streams_every_kind_of_file_with_every_hit() -> None:
    text = (CONTRIB / "nginx" / "backfile.conf").read_text("utf-8")
    blocks = dict(re.findall(r"location ~ (\S+) \{(.*?)\n    \}", text, re.DOTALL))
    streamed = [pattern for pattern, block in blocks.items() if "proxy_buffering off;" in block]
    addresses = ["/api/v1/export", "/tr/search.csv", *(f"/search.{kind.suffix}" for kind in FORMATS.values())]
    assert [path for path in addresses if not any(re.search(pattern, path) for pattern in streamed)] == []
    assert not any(re.search(pattern, "/search.json") for pattern in streamed), "a feed"


# --- systemd ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_understands_each_unit_and_finds_it_hardly_exposed(unit: Path, tmp_path: Path) -> None:
    analyze = program("systemd-analyze")
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text("utf-8").replace("/opt/backfile/bin/backfile", shutil.which("true") or "true"))
    verified = subprocess.run([analyze, "verify", copy], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    rated = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", copy], capture_output=True, text=True, check=False
    )
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", rated.stdout)
    assert exposure, rated.stderr
    assert float(exposure[1]) <= WORST_EXPOSURE


# --- commands --------------------------------------------------------------------------------------------------------


def test_every_command_in_the_files_exists() -> None:
    lines = [line for unit in UNITS for line in re.findall(r"^ExecStart=\S*/backfile (.+)$", unit.read_text(), re.M)]
    lines += re.findall(r"/bin/backfile ([^>\n]+)", (CONTRIB / "cron" / "backfile").read_text())
    compose = yaml.safe_load((CONTRIB / "container" / "compose.yaml").read_text())
    ours = [service for service in compose["services"].values() if service["image"] == "backfile:local"]
    lines += [" ".join(service["command"]) for service in ours]
    assert len(lines) == 12
    for line in lines:
        parse(main, words_of(line))


def test_each_line_of_cron_names_five_times_a_user_and_a_command() -> None:
    lines = (CONTRIB / "cron" / "backfile").read_text().splitlines()
    jobs = [line for line in lines if line and not line.startswith("#") and not re.match(r"[A-Z]+=", line)]
    assert len(jobs) == 4
    for job in jobs:
        assert re.fullmatch(r"(?:[\d*/]+ ){5}backfile cd /etc/backfile && /opt/backfile/bin/backfile .+", job), job


# --- the container ---------------------------------------------------------------------------------------------------


def test_the_containers_run_without_rights_on_a_root_that_they_cannot_write() -> None:
    compose = yaml.safe_load((CONTRIB / "container" / "compose.yaml").read_text())
    for service in compose["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    recipe = (CONTRIB / "container" / "Containerfile").read_text()
    assert re.findall(r"^USER (.+)$", recipe, re.M) == ["10001:10001"]
    assert "HEALTHCHECK" in recipe
    assert "--require-hashes" in recipe


def test_the_container_of_the_site_has_room_for_the_threads_of_all_workers() -> None:
    compose = yaml.safe_load((CONTRIB / "container" / "compose.yaml").read_text())
    assert compose["services"]["site"]["pids_limit"] > MAX_WORKERS * (THREADS + 20)


def test_what_the_container_copies_is_there_and_let_in() -> None:
    recipe = (CONTRIB / "container" / "Containerfile").read_text()
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert all((ROOT / name).exists() for name in let_in)
    copied = re.findall(r"^COPY (?!--from)(\S+) ", recipe, re.M)
    assert copied == [".", "contrib/container/requirements.txt"]
    assert {"contrib/container/requirements.txt", "pyproject.toml", "setup.py", "search", "index", "webui"} <= let_in


def test_every_library_of_the_container_is_pinned_by_its_hash_and_none_is_missing() -> None:
    text = (CONTRIB / "container" / "requirements.txt").read_text()
    blocks = re.findall(
        r"^([a-z0-9][\w.-]*)==([^\s;\\]+)[^\n]*\\\n((?:    --hash=sha256:[0-9a-f]{64}[^\n]*\n)+)", text, re.M
    )
    pinned = {name for name, _, _ in blocks}
    assert len(blocks) == len(re.findall(r"^[a-z0-9]", text, re.M))
    wanted = re.search(r"^dependencies = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.M | re.S)
    assert wanted
    names = re.findall(r'^    "([A-Za-z0-9._-]+)', wanted[1], re.M)
    assert {re.sub(r"[-_.]+", "-", name).lower() for name in (*names, "mcp", "opensearch-py", "brotli")} <= pinned
