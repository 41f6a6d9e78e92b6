"""`sealer cert fetch`: the controller's certificate, to commit and to pin."""

from pathlib import Path

import pytest

from sealer.policy import read_policy
from tests.support import vectors
from tests.support.program import run, snapshot, write_all

KEYS = vectors.KEYS
PEM = (KEYS / "rsa2048.crt.pem").read_bytes()
PIN = vectors.key_pair("rsa2048").fingerprint
OTHER = vectors.key_pair("peer-a").fingerprint
POLICY = f"""\
version: 1 # ours
clusters:
  prod:
    certificate: keys/prod.pem
    fingerprint: {OTHER} # see the wiki
    context: prod-admin
default: prod
"""


@pytest.fixture
def cluster(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a kubectl on the path that notes its arguments and answers like a cluster."""
    (folder / "bin").mkdir()
    program = folder / "bin" / "kubectl"
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {folder}/bin/calls\n'
        f'case "$*" in *cert.pem*) cat {folder}/rsa2048.crt.pem ;;\n'
        '*config*) echo \'{"server": "https://a"}\' ;;\n'
        '*) echo \'{"spec": {"ports": [{"name": "web"}]}}\' ;; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}/bin:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "bin" / "cache"))
    return folder


def test_fetch_prints_the_certificate(cluster: Path) -> None:
    """The PEM alone: what stands around it stays out."""
    (cluster / "rsa2048.crt.pem").write_bytes(b"# a comment\n" + PEM)
    done = run("cert", "fetch")
    assert done.code == 0, done.err
    assert done.out.startswith(b"-----BEGIN CERTIFICATE-----\n")
    assert done.out.strip().endswith(b"-----END CERTIFICATE-----")


def test_fetch_of_what_is_no_certificate_prints_nothing(cluster: Path) -> None:
    """A login page, such as a proxy gives: code 4."""
    (cluster / "rsa2048.crt.pem").write_bytes(b"<html>log in</html>")
    done = run("cert", "fetch", "-w", "new.pem")
    assert (done.code, done.out) == (4, b"")
    assert not (cluster / "new.pem").exists()


def test_fetch_writes_a_file(cluster: Path) -> None:
    """Folders are made; fingerprint and validity are said."""
    done = run("cert", "fetch", "-w", "keys/public/prod.pem")
    assert (done.code, done.out) == (0, b"")
    assert (cluster / "keys/public/prod.pem").read_bytes().split() == PEM.split()
    assert f"key {PIN}, valid until" in done.err


def test_fetch_asks_the_cluster_of_the_policy(cluster: Path) -> None:
    """With its context, although it has a file: that is what is being renewed."""
    write_all(cluster, {".sealer.yaml": POLICY.replace(OTHER, PIN)})
    assert run("cert", "fetch", "--cluster", "prod").code == 0
    assert "--context=prod-admin" in (cluster / "bin/calls").read_text().splitlines()[0]
    assert run("cert", "fetch").code == 0


def test_fetch_of_an_unknown_cluster_is_wrong_usage(cluster: Path) -> None:
    """With the ones that are known."""
    write_all(cluster, {".sealer.yaml": POLICY})
    done = run("cert", "fetch", "--cluster", "stage")
    assert done.code == 2
    assert "known are prod" in done.err


def test_fetch_without_the_cluster_does_not_use_the_cache(cluster: Path) -> None:
    """What is to be committed is what the cluster says now."""
    assert run("cert", "fetch").code == 0
    (cluster / "bin/kubectl").write_text("#!/bin/sh\necho 'Unable to connect to it' >&2; exit 1\n")
    done = run("cert", "fetch")
    assert (done.code, done.out) == (5, b"")


def test_pin_makes_a_policy(cluster: Path) -> None:
    """From nothing to a repository that seals with one command."""
    done = run("cert", "fetch", "--cluster", "prod", "--pin")
    assert done.code == 0, done.err
    policy = read_policy((cluster / ".sealer.yaml").read_bytes())
    assert policy.clusters["prod"].fingerprints == (PIN,)
    assert policy.clusters["prod"].certificate == "prod.pem"
    assert "commit both" in done.err
    assert run("seal", "secret.yaml").code == 0


def test_pin_into_a_policy_keeps_everything_else(cluster: Path) -> None:
    """Comments and settings; a file of the policy keeps its place."""
    write_all(cluster, {".sealer.yaml": POLICY.replace(f" {OTHER}", f" {PIN}")})
    before = (cluster / ".sealer.yaml").read_bytes()
    assert run("cert", "fetch", "--pin").code == 0
    assert (cluster / ".sealer.yaml").read_bytes() == before
    assert (cluster / "keys/prod.pem").exists()
    assert run("cert", "fetch", "--pin", "-w", "other.pem").code == 0
    text = (cluster / ".sealer.yaml").read_text()
    assert text == before.decode().replace("keys/prod.pem", "other.pem")


def test_pin_of_another_key_is_refused_without_force(cluster: Path) -> None:
    """Both fingerprints are told, and nothing is written."""
    write_all(cluster, {".sealer.yaml": POLICY})
    before = snapshot(cluster)
    for arguments in (("--pin",), ("-w", "new.pem"), ()):
        done = run("cert", "fetch", *arguments)
        assert (done.code, done.out) == (4, b"")
        assert PIN in done.err
        assert OTHER in done.err
        assert "--pin --force" in done.err
    after = snapshot(cluster)
    assert {name: after[name] for name in before if name != "bin/calls"} == {
        name: data for name, data in before.items() if name != "bin/calls"
    }


def test_pin_of_another_key_with_force_takes_its_place(cluster: Path) -> None:
    """The comment beside the old one stays."""
    write_all(cluster, {".sealer.yaml": POLICY})
    done = run("cert", "fetch", "--pin", "--force")
    assert done.code == 0
    assert "warning: the certificate from" in done.err
    assert (cluster / ".sealer.yaml").read_text() == POLICY.replace(OTHER, f'"{PIN}"')


def test_pin_without_a_cluster_is_wrong_usage(cluster: Path) -> None:
    """A pin belongs to one."""
    assert cluster.is_dir()
    done = run("cert", "fetch", "--pin")
    assert done.code == 2
    assert "--cluster prod" in done.err


def test_pin_from_within_a_folder_goes_into_the_policy_above(
    cluster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths stay relative to the policy."""
    write_all(cluster, {".sealer.yaml": "version: 1\n", "deep/er/x": ""})
    monkeypatch.chdir(cluster / "deep" / "er")
    assert run("cert", "fetch", "--cluster", "a", "--pin", "-w", "a.pem").code == 0
    policy = read_policy((cluster / ".sealer.yaml").read_bytes())
    assert policy.clusters["a"].certificate == "deep/er/a.pem"


def test_pin_into_a_policy_that_cannot_be_used_is_refused(cluster: Path) -> None:
    """Its line is told, and the cluster is not asked."""
    write_all(cluster, {".sealer.yaml": "version: 1\nclusterz: {}\n"})
    done = run("cert", "fetch", "--cluster", "a", "--pin")
    assert done.code == 3
    assert ".sealer.yaml:2:1" in done.err
    assert not (cluster / "bin/calls").exists()


def test_pin_takes_a_file_or_url(folder: Path) -> None:
    """For those who got the certificate otherwise."""
    assert run("cert", "fetch", "rsa2048.crt.pem", "--cluster", "a", "--pin").code == 0
    assert (folder / "a.pem").read_bytes().split() == PEM.split()
    done = run("cert", "fetch", str(KEYS / "expired.crt.pem"))
    assert done.code == 0
    assert "the certificate expired on" in done.err
