"""`sealer reseal` without keys: the controller does it, asked through kubectl and a stand-in."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sealer_keys.fingerprint import short
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair
from tests.cli.reseal.conftest import OLD, changed_keys, seal, sealers, secret
from tests.support import vectors
from tests.support.program import run, snapshot, write_all
from tests.support.standin import Answer, StandIn, status

ROTATE = "/v1/rotate"
TEMPLATE = "  template:\n    data: {a: '{{ .password }}'}\n"


def hinted(folder: Path, target: str, certificate: str) -> Path:
    """Seal a Secret with hints which key sealed it; return the file."""
    options = ("--cert", certificate, "-w", target)
    done = run("seal", "-", *options, stdin=secret(Path(target).stem).encode())
    assert done.code == 0, done.err
    return folder / target


@pytest.mark.parametrize("is_original", [False, True])
def test_reseal_lets_the_controller_seal_what_is_outdated(
    repository: Path, cluster: StandIn, both: Keyring, new: KeyPair, *, is_original: bool
) -> None:
    """It asks for outdated items only; of the answer it takes ciphertexts and nothing else."""
    cluster.is_original = is_original
    before = snapshot(repository / "m")
    done = run("reseal", "m")
    assert done.code == 0, done.err
    assert "sealed anew: 6 items of 3 objects in 2 files" in done.err
    assert cluster.asked.count(f"{ROTATE}?only-outdated=1") == 3
    for name, old in before.items():
        file = repository / "m" / name
        assert sealers(file, both) == {new.fingerprint}
        assert set(changed_keys(old, file.read_bytes())) == {"    password", "    user"}


def test_reseal_changes_nothing_that_is_up_to_date(repository: Path, cluster: StandIn) -> None:
    """Without hints the controller tells; it leaves such items byte for byte."""
    assert run("reseal", "m").code == 0
    before = snapshot(repository)
    done = run("reseal", "m")
    assert (done.code, snapshot(repository)) == (0, before)
    assert cluster.asked.count(f"{ROTATE}?only-outdated=1") == 6


@pytest.mark.parametrize("scope", ["strict", "namespace-wide", "cluster-wide"])
def test_reseal_sends_items_and_identity_only(
    repository: Path, cluster: StandIn, both: Keyring, new: KeyPair, scope: str
) -> None:
    """No template leaves for a controller that would render it; the scope is kept."""
    run("seal", "secret.yaml", "--scope", scope, "--cert", "old.pem", "-w", "s.yaml")
    file = repository / "s.yaml"
    file.write_text(file.read_text().replace("  template:\n", TEMPLATE))
    assert "{{ .password }}" in file.read_text()
    done = run("reseal", "s.yaml")
    assert done.code == 0, done.err
    (body,) = cluster.bodies
    assert body["spec"].keys() == {"template", "encryptedData"}
    assert body["spec"]["template"] == {"metadata": body["metadata"]}
    assert body["metadata"].keys() == {"name", "namespace", "annotations"}
    assert "{{ .password }}" in file.read_text()
    assert sealers(file, both) == {new.fingerprint}
    assert short(new.fingerprint) in file.read_text()  # the hint is kept right


def test_reseal_does_not_send_what_hints_say_is_up_to_date(
    repository: Path, cluster: StandIn
) -> None:
    """So that the original, which seals everything anew, changes nothing."""
    cluster.is_original = True
    file = hinted(repository, "new.yaml", "new.pem")
    before = file.read_bytes()
    assert run("reseal", "new.yaml").code == 0
    assert file.read_bytes() == before
    assert not [path for path in cluster.asked if path.startswith(ROTATE)]


def test_reseal_check_through_our_controller_knows(repository: Path, cluster: StandIn) -> None:
    """1 as long as something is to do, and nothing is written."""
    before = snapshot(repository)
    done = run("reseal", "m", "--check")
    assert (done.code, snapshot(repository)) == (1, before)
    assert len(done.out.splitlines()) == 3
    assert "warning" not in done.err
    assert run("reseal", "m/a.yaml").code == 0
    assert run("reseal", "m/a.yaml", "--check").code == 0
    assert run("reseal", "m", "--check").code == 1
    assert cluster.asked


def test_reseal_check_through_the_original_says_what_it_cannot_know(
    repository: Path, cluster: StandIn
) -> None:
    """Unknown is not outdated; hints tell."""
    cluster.is_original = True
    done = run("reseal", "m", "--check", "--json")
    assert done.code == 0
    report = json.loads(done.out)
    assert (report["resealed"], report["kept"], report["unknown"]) == (0, 0, 6)
    done = run("reseal", "m", "--check")
    assert "warning: of 6 items nobody can tell which key sealed them" in done.err
    assert b"shop/a: sealed with nobody knows which key: password, user" in done.out
    hinted(repository, "old-one.yaml", "old.pem")
    assert run("reseal", "m", "old-one.yaml", "--check").code == 1


def test_reseal_waits_for_a_busy_controller(
    repository: Path, cluster: StandIn, pauses: list[float]
) -> None:
    """429 is waited out, longer each time."""
    cluster.plan(ROTATE, *[Answer(429, b"limit exceeded", retry_after=1)] * 3)
    done = run("reseal", "m/a.yaml")
    assert done.code == 0, done.err
    assert len(pauses) == 3
    assert pauses == sorted(pauses)
    assert (repository / "m").is_dir()


def test_reseal_does_not_wait_for_ever(
    repository: Path, cluster: StandIn, pauses: list[float]
) -> None:
    """A controller that stays busy ends the run (5); nothing is half done."""
    before = snapshot(repository)
    cluster.plan(ROTATE, *[Answer(429)] * 100)
    done = run("reseal", "m/a.yaml")
    assert (done.code, snapshot(repository)) == (5, before)
    assert 10 < sum(pauses) < 120


def test_reseal_without_the_right_names_the_role(repository: Path, cluster: StandIn) -> None:
    """403 is 5, with what to ask for, said once; nothing else is tried for long."""
    before = snapshot(repository)
    for number in range(30):
        write_all(repository, {f"many/{number}.yaml": before["m/a.yaml"]})
    cluster.plan(ROTATE, *[status(403, "Forbidden", "you may not create services/proxy")] * 99)
    done = run("reseal", "many")
    assert done.code == 5
    assert done.err.count("error: ") == 1
    assert "sealed-secrets-operator" in done.err
    assert len([path for path in cluster.asked if path.startswith(ROTATE)]) < 25


def test_reseal_of_what_does_not_open_names_it_and_does_the_others(
    repository: Path, cluster: StandIn, both: Keyring, new: KeyPair
) -> None:
    """The controller says 500 and no more; verify tells that it does not open: the answer no, 1."""
    file = repository / "m" / "a.yaml"
    moved = file.read_bytes().replace(b"name: a", b"name: q")
    file.write_bytes(moved)
    done = run("reseal", "m")
    assert done.code == 1
    assert "error: m/a.yaml:3:1: shop/q: the controller has no key that opens it" in done.err
    assert file.read_bytes() == moved
    assert sealers(repository / "m" / "sub" / "b.yaml", both) == {new.fingerprint}
    assert "/v1/verify" in cluster.asked


def test_reseal_that_the_controller_refuses_otherwise_is_told_with_its_place(
    repository: Path, cluster: StandIn
) -> None:
    """500 for an object that opens: 5, the others are done."""
    cluster.plan(ROTATE, Answer(500))
    done = run("reseal", "m")
    assert done.code == 5
    assert "the controller can open it and does not seal it anew" in done.err
    assert "error: m/a.yaml:3:1: shop/" in done.err or "error: m/sub/b.yaml:" in done.err
    assert "sealed anew: 4 items" in done.err
    assert run("reseal", "m").code == 0
    assert (repository / "m").is_dir()


def _renamed(answer: dict[str, Any]) -> None:
    answer["metadata"]["name"] = "other"


def _widened(answer: dict[str, Any]) -> None:
    answer["metadata"]["annotations"] = {"sealedsecrets.bitnami.com/cluster-wide": "true"}


def _lacking(answer: dict[str, Any]) -> None:
    del answer["spec"]["encryptedData"]["user"]


def _adding(answer: dict[str, Any]) -> None:
    answer["spec"]["encryptedData"]["more"] = answer["spec"]["encryptedData"]["user"]


def _swapped(answer: dict[str, Any]) -> None:
    items = answer["spec"]["encryptedData"]
    items["user"], items["password"] = items["password"], items["user"]


def _junk(answer: dict[str, Any]) -> None:
    answer["spec"]["encryptedData"]["user"] = "AAAA"


def _not_text(answer: dict[str, Any]) -> None:
    answer["spec"]["encryptedData"]["user"] = 1


def _other_kind(answer: dict[str, Any]) -> None:
    answer["kind"] = "Secret"


@pytest.mark.parametrize("cluster", ["stand-in"], indirect=True)
@pytest.mark.parametrize(
    "spoil",
    [_renamed, _widened, _lacking, _adding, _swapped, _junk, _not_text, _other_kind],
)
def test_reseal_believes_no_answer_that_is_another_object(
    repository: Path, cluster: StandIn, spoil: Callable[[dict[str, Any]], None]
) -> None:
    """Nothing of it is written (5)."""
    before = snapshot(repository)
    assert run("reseal", "m/a.yaml").code == 0
    answer = {**cluster.bodies[0], "spec": dict(cluster.bodies[0]["spec"])}
    after = vectors.load_manifest(repository / "m" / "a.yaml")["spec"]["encryptedData"]
    answer["spec"]["encryptedData"] = after
    write_all(repository, {"m/a.yaml": before["m/a.yaml"]})
    spoil(answer)
    cluster.plan(ROTATE, Answer(body=json.dumps(answer).encode()))
    done = run("reseal", "m/a.yaml")
    assert (done.code, snapshot(repository)) == (5, before), done.err
    assert "error: m/a.yaml:3:1: shop/a: the controller" in done.err


@pytest.mark.parametrize("cluster", ["stand-in"], indirect=True)
@pytest.mark.parametrize("body", [b"", b"no object", b"[]", b"{}", b'{"a": 1}\n{"b": 2}'])
def test_reseal_believes_no_answer_that_is_no_object(
    repository: Path, cluster: StandIn, body: bytes
) -> None:
    """Whatever comes, nothing is written (5)."""
    before = snapshot(repository)
    cluster.plan(ROTATE, Answer(body=body))
    done = run("reseal", "m/a.yaml")
    assert (done.code, snapshot(repository)) == (5, before), done.err
    assert "error: m/a.yaml:3:1: shop/a: the controller" in done.err


def test_reseal_obeys_the_pin_of_a_file(repository: Path, cluster: StandIn) -> None:
    """A controller with another newest key than the pinned one is not used (4)."""
    before = snapshot(repository)
    policy = f"version: 1\nclusters: {{a: {{fingerprint: '{OLD.fingerprint}'}}}}\ndefault: a\n"
    write_all(repository, {".sealer.yaml": policy})
    done = run("reseal", "m")
    assert done.code == 4
    assert not [path for path in cluster.asked if path.startswith(ROTATE)]
    (repository / ".sealer.yaml").unlink()
    assert snapshot(repository) == before


def test_reseal_without_a_cluster_says_so_once(
    repository: Path, cluster: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """5; what needs no cluster is not asked of one."""
    nowhere = (repository / "kubeconfig").read_text().replace(cluster.url, "http://127.0.0.1:9")
    (repository / "nowhere").write_text(nowhere)
    monkeypatch.setenv("KUBECONFIG", str(repository / "nowhere"))
    done = run("reseal", "m")
    assert done.code == 5
    assert done.err.count("error: ") == 1
    assert run("reseal", "config.yaml").code == 0


def test_reseal_of_the_old_format_is_not_sent(repository: Path, cluster: StandIn) -> None:
    """The controller would turn it into another object."""
    case = next(each for each in vectors.objects() if each.name == "v1-data")
    write_all(repository, {"v1.json": json.dumps(vectors.load_manifest(case.steps[-1]))})
    done = run("reseal", "v1.json")
    assert done.code == 3
    assert "spec.data of the format before 2019 cannot be sealed anew" in done.err
    assert cluster.bodies == []


def test_reseal_takes_items_of_a_folded_style(repository: Path, cluster: StandIn) -> None:
    """Line ends in a value are no difference; its style is kept where nothing changes."""
    file = seal(repository, "n.yaml", secret("late"), certificate="new.pem")
    lines = file.read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("    user: "))
    text = lines[at].removeprefix("    user: ")
    lines[at : at + 1] = ["    user: |-", f"      {text[:80]}", f"      {text[80:]}"]
    file.write_text("\n".join(lines) + "\n")
    before = file.read_bytes()
    assert run("reseal", "n.yaml").code == 0
    assert file.read_bytes() == before
    assert len(cluster.bodies) == 1


def test_reseal_with_keys_asks_a_cluster_only_where_it_is_named(
    repository: Path, cluster: StandIn, both: Keyring
) -> None:
    """A policy's default does not make offline work depend on a cluster; `--cluster` does."""
    policy = "version: 1\nclusters: {live: {context: test}}\ndefault: live\n"
    write_all(repository, {".sealer.yaml": policy})
    assert run("reseal", "m/a.yaml", "--keys", "old.yaml", "--check").code == 0
    assert cluster.asked == []
    done = run("reseal", "m/a.yaml", "--keys", "old.yaml", "--cluster", "live")
    assert done.code == 0, done.err
    assert "/v1/cert.pem" in cluster.asked
    assert sealers(repository / "m" / "a.yaml", both) == {both.active.fingerprint}
