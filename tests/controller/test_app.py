"""What the settings make of the program: filters, owners, keys, and life without a cluster."""

import json
import os
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml

from sealer.manifest import SealedSecret
from sealer_controller.app import own_namespace
from sealer_keys.certificate import load_certificate
from tests.controller.folders import Folders, make_folders, sealed
from tests.controller.process import finished, started

SHOP = {"POD_NAMESPACE": "shop"}


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Folders with a key."""
    return make_folders(tmp_path)


def labelled(name: str, **labels: str) -> SealedSecret:
    """Return a SealedSecret whose own labels are these."""
    plain = sealed(name=name)
    return SealedSecret(
        plain.namespace, plain.name, plain.encrypted_data, plain.template, labels=labels
    )


def fetch(address: str, path: str) -> tuple[int, bytes]:
    """Return status and body of an answer."""
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.mark.parametrize(
    ("arguments", "environ", "wanted"),
    [
        (["--label-selector=tier=back"], {}, ["shop/b"]),
        (["--label-selector=!tier"], {}, ["rival/a", "shop/a"]),
        (["--all-namespaces=false"], {"POD_NAMESPACE": "rival"}, ["rival/a"]),
        (["--additional-namespaces=rival"], SHOP, ["rival/a", "shop/a", "shop/b"]),
        (["--additional-namespaces=rival"], {}, ["rival/a"]),
    ],
)
def test_folders_obey_selector_and_namespaces(
    folders: Folders, arguments: list[str], environ: dict[str, str], wanted: list[str]
) -> None:
    """As in a cluster; what is left out is not even mentioned in the status."""
    folders.put("a.yaml", labelled("a"), labelled("b", tier="back"))
    folders.put("b.yaml", sealed(name="a", namespace="rival"))
    done = finished(*folders.arguments, "--once", *arguments, environ=environ)
    assert done.returncode == 0, done.stderr
    made = sorted(f"{path.parent.name}/{path.stem}" for path in folders.target.glob("[!.]*/*.yaml"))
    assert made == wanted
    assert len(folders.status()["objects"]) == len(wanted)


def test_selector_that_leaves_an_object_out_leaves_its_secret(folders: Folders) -> None:
    """A narrower selector removes nothing."""
    folders.put("a.yaml", sealed())
    assert finished(*folders.arguments, "--once").returncode == 0
    done = finished(*folders.arguments, "--once", "--label-selector=tier")
    assert done.returncode == 0
    assert folders.secret() is not None


def test_new_key_is_as_the_settings_want_it(tmp_path: Path) -> None:
    """Prefix, labels, annotations, size, name, validity, and our own namespace."""
    folders = Folders(tmp_path / "source", tmp_path / "target", tmp_path / "keys")
    folders.source.mkdir()
    done = finished(
        *folders.arguments,
        *("--once", "--key-size=2048", "--key-prefix=mine-", "--my-cn=sealing", "--key-ttl=24h"),
        *("--privatekey-labels=team=ops", "--privatekey-annotations=example.com/why=a=b"),
        environ={"POD_NAMESPACE": "secrets"},
    )
    assert done.returncode == 0, done.stderr
    (file,) = folders.keys.glob("mine-*")
    metadata = yaml.safe_load(file.read_text())["metadata"]
    assert metadata["namespace"] == "secrets"
    assert metadata["labels"]["team"] == "ops"
    assert metadata["annotations"] == {"example.com/why": "a=b"}
    certificate = load_certificate((folders.target / ".sealer" / "certificate.pem").read_bytes())
    assert certificate.bits == 2048
    assert certificate.subject == "CN=sealing"
    assert (certificate.not_after - certificate.not_before).total_seconds() == 24 * 3600


def test_old_format_can_be_refused(folders: Folders) -> None:
    """`--accept-deprecated-v1-data=false` is the original's switch."""
    plain = sealed()
    old = SealedSecret("shop", "db", {}, plain.template, legacy_data="AgA=")
    manifest = old.to_object()
    manifest["spec"] = {"data": "AgA="}
    folders.put("a.yaml", json.dumps(manifest))
    done = finished(*folders.arguments, "--once", "--accept-deprecated-v1-data=false")
    assert done.returncode == 1
    assert "deprecated" in folders.entry()["message"]


def test_status_is_left_alone_where_asked(folders: Folders) -> None:
    """`--update-status=false`: the Secret is made, and nothing is said about it."""
    folders.put("a.yaml", sealed())
    assert finished(*folders.arguments, "--once", "--update-status=false").returncode == 0
    assert folders.entry()["synced"] is None
    assert folders.secret() is not None


@pytest.mark.parametrize("owner", ["no-such-user-here", ":no-such-group-here", "0:no-such-group"])
def test_owner_that_does_not_exist_is_misuse(folders: Folders, owner: str) -> None:
    """Nothing is written for nobody."""
    done = finished(*folders.arguments, "--once", "--target-owner", owner)
    assert done.returncode == 2
    assert f"argument --target-owner: '{owner}' names no user or group" in done.stderr
    assert not folders.target.exists()


def test_owner_is_given_to_what_is_written(folders: Folders) -> None:
    """Our own numbers can always be given, by whoever runs the test."""
    folders.put("a.yaml", sealed())
    owner = f"{os.getuid()}:{os.getgid()}"
    assert finished(*folders.arguments, "--once", "--target-owner", owner).returncode == 0
    found = (folders.target / "shop" / "db.yaml").stat()
    assert (found.st_uid, found.st_gid) == (os.getuid(), os.getgid())


def test_start_names_the_settings_without_effect(folders: Folders) -> None:
    """One warning, with the values."""
    with started(*folders.arguments, "--max-unseal-retries=7") as running:
        line = running.until("settings_without_effect")
        assert line["settings"] == "--max-unseal-retries=7"
        running.until("listed")
        assert running.stop() == 0


def test_cluster_that_is_away_makes_us_not_ready_and_not_unhealthy(tmp_path: Path) -> None:
    """HTTP comes first; an API server that is down restarts nobody; SIGTERM ends us anyway."""
    token = tmp_path / "token"
    token.write_text("t0ken")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody listens, and nobody else can
        server = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with started(
            *("--server", server, "--token-file", token),
            *("--listen-addr", "127.0.0.1:0", "--listen-metrics-addr", "127.0.0.1:0"),
        ) as running:
            address = running.until("listening")["address"]
            metrics = running.until("listening")["address"]
            running.until("watch_interrupted")
            assert fetch(address, "/healthz") == (200, b"ok\n")
            assert fetch(address, "/readyz")[0] == 503
            assert fetch(address, "/v1/cert.pem") == (500, b"cannot get certificate\n")
            assert b'watch_restarts_total{kind="sealedsecrets"' in fetch(metrics, "/metrics")[1]
            assert running.stop() == 0
            assert "t0ken" not in str(running.lines)


@pytest.mark.parametrize(
    ("environ", "content", "wanted"),
    [
        ({"POD_NAMESPACE": "pod"}, "account", "pod"),
        ({"POD_NAMESPACE": ""}, "account\n", "account"),
        ({}, "", "default"),
        ({}, None, "default"),
    ],
)
def test_own_namespace_is_the_pods(
    tmp_path: Path, environ: dict[str, str], content: str | None, wanted: str
) -> None:
    """The variable, else the service account's file, else `default` (compat.md 3.1)."""
    file = tmp_path / "namespace"
    if content is not None:
        file.write_text(content)
    assert own_namespace(environ, file) == wanted
