"""`sealer cert check`: for CI, whether the committed certificates will do for a while."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sealer_keys.generate import KeyOptions, generate_key_pair
from tests.support import vectors
from tests.support.program import run, write_all

KEYS = vectors.KEYS
PIN = vectors.key_pair("rsa2048").fingerprint
OTHER = vectors.key_pair("peer-a").fingerprint


def policy(fingerprint: str = PIN, context: str = "") -> str:
    """Return a policy with one cluster."""
    settings = f"certificate: rsa2048.crt.pem, fingerprint: '{fingerprint}'"
    return f"version: 1\nclusters: {{prod: {{{settings}, context: '{context or 'ctx'}'}}}}\n"


@pytest.fixture
def cluster(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a kubectl on the path that answers with `live.pem`."""
    (folder / "bin").mkdir()
    program = folder / "bin" / "kubectl"
    program.write_text(
        '#!/bin/sh\ncase "$*" in *services/http*) cat live.pem ;; *config*) exit 1 ;;\n'
        '*) echo \'{"spec": {"ports": [{"name": "web"}]}}\' ;; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}/bin:/usr/bin:/bin")
    shutil.copy(KEYS / "rsa2048.crt.pem", folder / "live.pem")
    write_all(folder, {".sealer.yaml": policy()})
    return folder


def test_check_of_good_certificates_says_so(cluster: Path) -> None:
    """Code 0, and a line for each."""
    assert cluster.is_dir()
    done = run("cert", "check")
    assert done.code == 0, done.err
    assert done.out.decode().startswith("prod: rsa2048.crt.pem: key ")
    assert b", the newest\n" in done.out
    assert b"newest" not in run("cert", "check", "--offline").out


def test_check_when_the_cluster_seals_with_another_key_is_no(cluster: Path) -> None:
    """Code 1, with the command that puts it right; not asked when offline."""
    shutil.copy(KEYS / "peer-a.crt.pem", cluster / "live.pem")
    done = run("cert", "check")
    assert done.code == 1
    assert f"the cluster seals with {OTHER} since" in done.out.decode()
    assert b"sealer cert fetch --cluster prod --pin --force" in done.out
    assert run("cert", "check", "--offline").code == 0


def test_check_when_the_cluster_cannot_be_asked_says_so(cluster: Path) -> None:
    """CI without a login checks the rest."""
    (cluster / "bin" / "kubectl").write_text("#!/bin/sh\necho 'error: no login' >&2; exit 1\n")
    done = run("cert", "check")
    assert done.code == 0
    assert "is not asked: " in done.err
    assert "no login" in done.err


def test_check_asks_no_cluster_that_may_be_another(cluster: Path) -> None:
    """Without a context the current one may be any; naming the cluster says that it is this one."""
    shutil.copy(KEYS / "peer-a.crt.pem", cluster / "live.pem")
    text = policy().replace(", context: 'ctx'", "")
    write_all(cluster, {".sealer.yaml": text})
    assert run("cert", "check").code == 0
    assert run("cert", "check", "--cluster", "prod").code == 1


def test_check_of_another_key_than_the_pinned_is_a_key_error(cluster: Path) -> None:
    """Code 4, as when sealing."""
    write_all(cluster, {".sealer.yaml": policy(OTHER)})
    done = run("cert", "check", "--offline")
    assert done.code == 4
    assert PIN in done.err
    assert OTHER in done.err


def test_check_ahead(folder: Path) -> None:
    """Who expires within --days is told with code 1, who has expired with code 4."""
    start = datetime.now(UTC) - timedelta(days=5)
    pair = generate_key_pair(start, KeyOptions(2048, timedelta(days=15)))
    assert pair.certificate is not None
    write_all(folder, {"soon.pem": pair.certificate.pem})
    done = run("cert", "check", "soon.pem")
    assert done.code == 1
    assert b"soon.pem: it expires in 9 days, on " in done.out
    assert run("cert", "check", "soon.pem", "--days", "5").code == 0
    done = run("cert", "check", "soon.pem", str(KEYS / "expired.crt.pem"), "missing.pem")
    assert done.code == 4
    assert f"error: {KEYS / 'expired.crt.pem'}: the certificate expired on" in done.err
    assert "error: missing.pem: cannot be read" in done.err
    assert b"soon.pem: it expires" in done.out


def test_check_without_anything_to_check_is_wrong_usage(folder: Path) -> None:
    """A check of nothing must not pass in CI."""
    assert run("cert", "check").code == 2
    write_all(folder, {".sealer.yaml": "version: 1\n"})
    assert run("cert", "check").code == 2
    write_all(folder, {".sealer.yaml": policy()})
    done = run("cert", "check", "--cluster", "stage")
    assert done.code == 2
    assert "known are prod" in done.err


def test_check_as_json_has_a_stable_shape(cluster: Path) -> None:
    """What is not known is null."""
    write_all(cluster, {".sealer.yaml": policy() + "  \n"})
    (facts,) = json.loads(run("cert", "check", "--json").out)["certificates"]
    assert facts == {
        "cluster": "prod",
        "source": "rsa2048.crt.pem",
        "fingerprint": PIN,
        "notAfter": facts["notAfter"],
        "newest": True,
        "findings": [],
    }
    (facts,) = json.loads(run("cert", "check", "--json", "none.pem").out)["certificates"]
    assert facts["fingerprint"] is None
    assert facts["newest"] is None
    assert facts["findings"] == ["cannot be read: No such file or directory"]


def test_check_as_json_tells_why_a_certificate_is_unusable(cluster: Path) -> None:
    """Each reason stands with its certificate, the pin that does not match included."""
    write_all(cluster, {".sealer.yaml": policy(OTHER), "bad.pem": "no"})
    done = run("cert", "check", "--json")
    (facts,) = json.loads(done.out)["certificates"]
    assert done.code == 4
    assert any("pinned" in finding for finding in facts["findings"])
    done = run("cert", "check", "--json", "bad.pem", "rsa2048.crt.pem")
    bad, good = json.loads(done.out)["certificates"]
    assert (done.code, len(bad["findings"]), good["findings"]) == (4, 1, [])


def test_check_of_a_cluster_without_a_file_asks_it(cluster: Path) -> None:
    """Its validity and its pin; offline there is nothing to look at."""
    write_all(cluster, {".sealer.yaml": policy().replace("certificate: rsa2048.crt.pem, ", "")})
    done = run("cert", "check")
    assert done.code == 0
    assert b"prod: kube-system/sealed-secrets-controller in cluster ctx: key " in done.out
    assert b"not checked" in run("cert", "check", "--offline").out
    shutil.copy(KEYS / "peer-a.crt.pem", cluster / "live.pem")
    assert run("cert", "check").code == 4


def test_check_warns_of_a_key_that_clusters_share(cluster: Path) -> None:
    """It names both clusters and the key, and is no reason to fail: it may be meant."""
    shutil.copy(KEYS / "peer-a.crt.pem", cluster / "peer-a.crt.pem")
    shared = f"certificate: rsa2048.crt.pem, fingerprint: '{PIN}'"
    other = f"certificate: peer-a.crt.pem, fingerprint: ['{OTHER}', '{PIN}']"
    clusters = f"{{prod: {{{shared}}}, stage: {{{other}}}, dev: {{certificate: peer-a.crt.pem}}}}"
    write_all(cluster, {".sealer.yaml": f"version: 1\nclusters: {clusters}\n"})
    done = run("cert", "check", "--offline")
    assert done.code == 0
    assert f"prod, stage have the key {PIN} in common" in done.err
    assert f"stage, dev have the key {OTHER} in common" in done.err
    alone = run("cert", "check", "--offline", "--cluster", "prod")
    assert "in common" not in alone.err
