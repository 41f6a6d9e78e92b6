"""`sealer keys list`, `compromise` and `retire`: what a key opens, without and with a cluster."""

import base64
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sealer.documents.emit import emit_yaml
from sealer.keysecret import COMPROMISED, KEY_LABEL, STATE_ANNOTATION, key_secret
from sealer.sealing.recovery import find_sealed_secrets
from sealer_keys.fingerprint import short
from sealer_keys.generate import KeyOptions, generate_key_pair
from sealer_keys.private_key import KeyPair
from tests.cli.clusters import use_kubectl
from tests.cli.conftest import SECRET
from tests.support import vectors
from tests.support.canned import Answer, Canned, serving, status
from tests.support.program import run, snapshot, write_all

PAIR, OTHER = vectors.key_pair("rsa2048"), vectors.key_pair("peer-a")
KEY = ("--keys", "rsa2048.key.pem")
COMPROMISE = ("keys", "compromise", "rsa2048.crt.pem")
SECRETS = "/api/v1/namespaces/kube-system/secrets"


@pytest.fixture
def here(folder: Path) -> Path:
    """Return a folder with a value that notes its key, and one that does not."""
    for name, *options in (("noted",), ("bare", "--no-hints")):
        secret = SECRET.replace("name: db", f"name: {name}").encode()
        given = ("--cert", "rsa2048.crt.pem", "--no-cache", "-w", f"clusters/{name}.yaml")
        (folder / "clusters").mkdir(exist_ok=True)
        assert run("seal", *given, *options, stdin=secret).code == 0
    return folder


def stored(name: str, pair: Any, **metadata: object) -> dict[str, Any]:  # noqa: ANN401 - a KeyPair
    """Return a key Secret as the API server has it."""
    manifest: dict[str, Any] = key_secret(pair, namespace="kube-system", name=name).to_object()
    manifest["metadata"] |= {"creationTimestamp": "2027-01-01T00:00:00Z", **metadata}
    return manifest


@pytest.fixture
def server(
    here: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Canned]:
    """Return a cluster with two keys."""
    assert here.is_dir()
    with serving() as canned:
        use_kubectl(monkeypatch, tmp_path_factory.mktemp("kubectl"), canned.url)
        keep(canned, stored("one", PAIR), stored("two", OTHER))
        yield canned


def keep(canned: Canned, *secrets: dict[str, Any]) -> None:
    """Let the cluster have these key Secrets."""
    canned.answers[f"GET {SECRETS}"] = answer({"items": list(secrets)})
    for secret in secrets:
        path = f"{SECRETS}/{secret['metadata']['name']}"
        canned.answers |= {f"GET {path}": answer(secret), f"PUT {path}": answer(secret)}


def renew(canned: Canned) -> KeyPair:
    """Let the cluster have a third key, of the size of `PAIR` and newer than both; return it."""
    third = generate_key_pair(datetime.now(UTC), KeyOptions(bits=2048))
    keep(canned, stored("one", PAIR), stored("two", OTHER), stored("three", third))
    return third


def may_open(pair: KeyPair, file: Path) -> bool:
    """Tell whether the one value of a file can be of a key: its number is below the modulus."""
    (found,) = find_sealed_secrets(file.read_bytes())[1]
    (value,) = found.sealed.encrypted_data.values()
    wrapped = base64.b64decode(value)[2 : 2 + 2048 // 8]
    return int.from_bytes(wrapped) < pair.private_key.public_key().public_numbers().n


def commit(folder: Path) -> None:
    """Make a repository of a folder, with one commit."""
    for command in (
        ("init", "-q"),
        ("add", "clusters"),
        ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"),
    ):
        subprocess.run(["git", "-C", folder, *command], check=True, capture_output=True)


def answer(value: object) -> Answer:
    """Return an answer that holds JSON."""
    return Answer(body=json.dumps(value).encode(), kind="application/json")


def test_compromise_without_the_key_goes_by_notes_and_size(here: Path) -> None:
    """What has no note may be affected, and is called so."""
    done = run(*COMPROMISE, "clusters", "--dry-run")
    assert done.code == 0, done.err
    assert done.out.decode().splitlines() == [
        "clusters/bare.yaml: shop/bare: password (possible)",
        "clusters/noted.yaml: shop/noted: password (noted)",
    ]
    assert "opens 1 value, and possibly 1 other" in done.err
    assert here.is_dir()


def test_compromise_is_not_fooled_by_a_forged_note(here: Path) -> None:
    """The note of a committer who wants the value to stay: it is listed, and the other key told."""
    forged = here / "clusters" / "noted.yaml"
    other = short(OTHER.fingerprint)
    forged.write_text(forged.read_text().replace(short(PAIR.fingerprint), other))
    done = run(*COMPROMISE, "clusters/noted.yaml", "--dry-run")
    line = f"clusters/noted.yaml: shop/noted: password (possible; noted for {other})\n"
    assert done.out.decode() == line
    assert "opens 0 values, and possibly 1 other" in done.err
    assert "notes name another key for 1 of these" in done.err
    told = json.loads(run(*COMPROMISE, "clusters/noted.yaml", "--dry-run", "--json").out)
    (item,) = told["objects"][0]["items"]
    assert item == {"key": "password", "evidence": "possible", "noted": other}


@pytest.mark.cluster
def test_retire_is_not_fooled_by_a_forged_note(server: Canned, here: Path) -> None:
    """The key that the cluster keeps is tried, whatever the note says."""
    forged = here / "clusters" / "noted.yaml"
    forged.write_text(forged.read_text().replace(short(PAIR.fingerprint), short(OTHER.fingerprint)))
    done = run("keys", "retire", PAIR.fingerprint, "clusters/noted.yaml")
    assert done.code == 1
    assert "the key stays: 1 value needs it" in done.err
    assert not any(each.line.startswith("PUT") for each in server.requests)


def test_compromise_with_the_key_tries_it(here: Path) -> None:
    """Then there is nothing left to guess; the file with the key may also name it."""
    for name in ("rsa2048.crt.pem", PAIR.fingerprint, PAIR.fingerprint[7:23]):
        done = run("keys", "compromise", name, "clusters", "--dry-run", *KEY)
        assert done.code == 0, done.err
        assert done.out.count(b"(tried)") == 2
    assert here.is_dir()


def test_compromise_of_another_key_finds_nothing(here: Path) -> None:
    """It has another size."""
    certificate = str(vectors.KEYS / "peer-a.crt.pem")
    done = run("keys", "compromise", certificate, "clusters", "--dry-run")
    assert (done.code, done.out) == (0, b"")
    assert "opens 0 values\n" in done.err
    assert here.is_dir()


def test_compromise_of_a_key_that_nobody_knows_is_wrong_usage(here: Path) -> None:
    """A fingerprint alone says nothing about values without a note."""
    done = run("keys", "compromise", PAIR.fingerprint, "clusters", "--dry-run")
    assert done.code == 2
    assert "name the file of its certificate" in done.err
    assert here.is_dir()


def test_compromise_looks_at_history(here: Path) -> None:
    """What no commit shows any more; each value once, and what is there still not again."""
    commit(here)
    (here / "clusters" / "noted.yaml").unlink()
    done = run(*COMPROMISE, "clusters", "--dry-run", "--history", "--json", *KEY)
    assert done.code == 0, done.err
    objects = json.loads(done.out)["objects"]
    assert [(each["source"], each["name"]) for each in objects] == [
        ("file", "bare"),
        ("history", "noted"),
    ]
    assert objects[1]["place"].startswith("clusters/noted.yaml@")


def test_compromise_of_files_that_cannot_be_read_reports_the_rest(here: Path) -> None:
    """Code 3, with everything that was found."""
    write_all(here, {"clusters/broken.yaml": "kind: SealedSecret\na: [\n"})
    done = run(*COMPROMISE, "clusters", "--dry-run")
    assert done.code == 3
    assert b"clusters/noted.yaml" in done.out
    assert "clusters/broken.yaml" in done.err


def test_compromise_in_no_repository_has_no_history(here: Path) -> None:
    """Rather than nothing found."""
    assert here.is_dir()
    assert run(*COMPROMISE, "clusters", "--dry-run", "--history").code == 3


@pytest.mark.cluster
def test_compromise_marks_the_key_first(server: Canned) -> None:
    """The Secret goes back as it was, with one annotation more."""
    keep(server, stored("one", PAIR, annotations={"note": "kept"}))
    done = run(*COMPROMISE, "clusters", "--json")
    assert done.code == 0, done.err
    facts = json.loads(done.out)
    assert (facts["name"], facts["marked"]) == ("one", True)
    (put,) = [each for each in server.requests if each.line.startswith("PUT")]
    expected = stored("one", PAIR, annotations={"note": "kept", STATE_ANNOTATION: COMPROMISED})
    assert json.loads(put.body) == expected


@pytest.mark.cluster
def test_compromise_marks_only_once(server: Canned) -> None:
    """What is marked already is not written again."""
    keep(server, stored("one", PAIR, annotations={STATE_ANNOTATION: COMPROMISED}))
    done = run(*COMPROMISE, "clusters")
    assert done.code == 0
    assert "Secret one is marked already as compromised" in done.err
    assert not any(each.line.startswith("PUT") for each in server.requests)


@pytest.mark.cluster
@pytest.mark.parametrize("code", [403, 409])
def test_compromise_that_cannot_mark_reports_all_the_same(server: Canned, code: int) -> None:
    """Code 5, after the report; a Secret that changes all the time is given up on."""
    reason = {403: "Forbidden", 409: "Conflict"}[code]
    server.answers[f"PUT {SECRETS}/one"] = status(code, reason, "not now")
    done = run(*COMPROMISE, "clusters")
    assert done.code == 5
    assert "error: Secret one could not be marked: not now" in done.err
    assert b"clusters/noted.yaml" in done.out
    tries = sum(each.line.startswith("PUT") for each in server.requests)
    assert tries == (3 if code == 409 else 1)


@pytest.mark.cluster
def test_compromise_that_may_not_list_the_cluster_reports_the_rest(
    server: Canned, here: Path
) -> None:
    """Code 5, with what files and commits hold, and that the key is not marked either."""
    commit(here)
    (here / "clusters" / "noted.yaml").unlink()
    path = "GET /apis/bitnami.com/v1alpha1/sealedsecrets"
    server.answers[path] = status(403, "Forbidden", "not you")
    server.answers[f"PUT {SECRETS}/one"] = status(403, "Forbidden", "nor this")
    done = run(*COMPROMISE, "clusters", "--live", "--history")
    assert done.code == 5
    assert "Secret one could not be marked: nor this" in done.err
    assert "not you" in done.err
    assert b"clusters/bare.yaml: shop/bare: password (tried)" in done.out
    assert b"clusters/noted.yaml@" in done.out
    assert run("keys", "retire", PAIR.fingerprint, "clusters", "--live").code == 5


@pytest.mark.cluster
def test_compromise_of_a_key_that_the_cluster_does_not_have(server: Canned) -> None:
    """Code 5, before anything is looked at."""
    keep(server, stored("two", OTHER))
    done = run(*COMPROMISE, "clusters")
    assert (done.code, done.out) == (5, b"")
    assert f"the cluster has no key {PAIR.fingerprint}" in done.err


@pytest.mark.cluster
def test_live_reads_all_pages(server: Canned, here: Path) -> None:
    """And tells what cannot be read, which may need the key: it is not retired then."""
    path = "GET /apis/bitnami.com/v1alpha1/sealedsecrets"
    odd = {"metadata": {"name": "odd", "namespace": "a"}, "spec": {"encryptedData": {"a": 5}}}
    server.answers[path] = answer({"items": [odd], "metadata": {}})
    write_all(here, {"none.yaml": "kind: A\napiVersion: v1\nmetadata: {name: a}\n"})
    done = run("keys", "retire", PAIR.fingerprint, "none.yaml", "--live", "--json")
    assert done.code == 1
    assert json.loads(done.out)["unknown"] == 1
    assert "a/odd: cannot be read" in done.err
    assert "1 place could not be looked at" in done.err


@pytest.mark.cluster
def test_retire_refuses_while_something_needs_the_key(server: Canned) -> None:
    """With a note or without: the key that the cluster keeps tells."""
    done = run("keys", "retire", PAIR.fingerprint, "clusters")
    assert done.code == 1
    assert "2 values need it: sealer reseal renews them" in done.err
    assert not any(each.line.startswith("PUT") for each in server.requests)


@pytest.mark.cluster
def test_retire_is_not_held_up_by_values_of_other_keys(server: Canned, here: Path) -> None:
    """One of the same size, noted or not, is no reason to keep the key: it does not open it."""
    certificate = renew(server).certificate
    assert certificate is not None
    write_all(here, {"third.pem": certificate.pem})
    for options in ((), ("--no-hints",)):
        given = ("--cert", "third.pem", "--no-cache", "-w", f"other/{len(options)}.yaml")
        (here / "other").mkdir(exist_ok=True)
        assert run("seal", *given, *options, stdin=SECRET.encode()).code == 0
    done = run("keys", "retire", PAIR.fingerprint, "other")
    assert done.code == 0, done.err
    assert "Secret one is retired" in done.err


def based(here: Path, canned: Canned, *namespaces: str, file: str = "clusters/bare.yaml") -> None:
    """Keep a copy of a file without its namespace, and let the cluster have it in some."""
    own = (here / file).read_text()
    write_all(here, {"base/bare.yaml": own.replace("  namespace: shop\n", "")})
    live = []
    for namespace in namespaces:
        (found,) = find_sealed_secrets(own.replace(": shop\n", f": {namespace}\n").encode())[1]
        live.append(found.sealed.to_object())
    path = "GET /apis/bitnami.com/v1alpha1/sealedsecrets"
    canned.answers[path] = answer({"items": live, "metadata": {}})


@pytest.mark.cluster
@pytest.mark.parametrize("namespaces", [("shop",), ("shop", "dev"), ("dev", "shop")])
def test_what_the_cluster_proves_of_an_object_without_a_namespace_is_told(
    server: Canned, here: Path, namespaces: tuple[str, ...]
) -> None:
    """Whatever else the cluster holds: the key opens the value in one place, so it needs it."""
    renew(server)
    based(here, server, *namespaces)
    done = run("keys", "retire", PAIR.fingerprint, "base")
    assert done.code == 1
    assert "1 value may need it, in objects that name no namespace: --live" in done.err
    done = run("keys", "retire", PAIR.fingerprint, "base", "--live")
    assert done.code == 1
    assert "1 value needs it" in done.err
    assert "may need it" not in done.err
    done = run(*COMPROMISE, "base", "--live")
    assert done.out.decode() == "base/bare.yaml: /bare: password (tried)\n"
    assert "opens 1 value\n" in done.err


@pytest.mark.cluster
def test_copy_that_does_not_open_takes_no_value_away(server: Canned, here: Path) -> None:
    """Neither in the cluster nor in a file that somebody adds."""
    renew(server)
    based(here, server, "dev")
    bare = (here / "base" / "bare.yaml").read_text()
    write_all(here, {"base/copy.yaml": bare.replace("name: bare", "name: bare\n  namespace: dev")})
    done = run("keys", "retire", PAIR.fingerprint, "base", "--live")
    assert done.code == 1
    assert "1 value may need it" in done.err
    assert "what kustomize builds" in done.err
    done = run(*COMPROMISE, "base", "--live")
    assert done.out.decode() == "base/bare.yaml: /bare: password (possible)\n"


@pytest.mark.cluster
def test_object_without_a_namespace_that_another_key_opens_elsewhere_is_settled(
    server: Canned, here: Path
) -> None:
    """The cluster's other keys are tried where a copy says where it belongs."""
    certificate = renew(server).certificate
    assert certificate is not None
    write_all(here, {"third.pem": certificate.pem})
    given = ("--cert", "third.pem", "--no-cache", "-w", "third.yaml")
    assert run("seal", *given, stdin=SECRET.encode()).code == 0
    while not may_open(PAIR, here / "third.yaml"):
        assert run("seal", *given, stdin=SECRET.encode()).code == 0
    based(here, server, "shop", file="third.yaml")
    retire = ("keys", "retire", PAIR.fingerprint, "base", "--dry-run")
    assert run(*retire).code == 1
    assert run(*retire, "--live").code == 0
    assert run(*retire, "third.yaml").code == 0


@pytest.mark.cluster
def test_value_is_told_where_the_strongest_evidence_is(server: Canned, here: Path) -> None:
    """A copy elsewhere with the note of the first is a weaker one."""
    based(here, server, "dev", "shop", file="clusters/noted.yaml")
    write_all(here, {"none.yaml": "kind: A\napiVersion: v1\nmetadata: {name: a}\n"})
    done = run(*COMPROMISE, "none.yaml", "--live")
    assert done.out.decode() == "in the cluster: shop/noted: password (tried)\n"


@pytest.mark.cluster
def test_retire_tells_values_of_old_commits_apart(server: Canned, here: Path) -> None:
    """To seal files anew does not change them: they are in the way only if --history asks."""
    renew(server)
    commit(here)
    for name in ("noted", "bare"):
        (here / "clusters" / f"{name}.yaml").unlink()
    write_all(here, {"clusters/none.yaml": "kind: A\napiVersion: v1\nmetadata: {name: a}\n"})
    retire = ("keys", "retire", PAIR.fingerprint, "clusters")
    done = run(*retire, "--history")
    assert done.code == 1
    assert "the key stays: 2 values of old commits need it" in done.err
    assert "sealer reseal" not in done.err
    assert not any(each.line.startswith("PUT") for each in server.requests)
    assert run(*retire).code == 0


@pytest.mark.cluster
def test_retire_relabels(server: Canned, here: Path) -> None:
    """Everything else of the Secret stays."""
    write_all(here, {"none.yaml": "kind: A\napiVersion: v1\nmetadata: {name: a}\n"})
    old, new = sorted((PAIR, OTHER), key=lambda pair: pair.order_time)
    keep(server, stored("old", old), stored("new", new))
    done = run("keys", "retire", old.fingerprint, "none.yaml")
    assert done.code == 0, done.err
    (put,) = [json.loads(each.body) for each in server.requests if each.line.startswith("PUT")]
    assert put == stored("old", old, labels={KEY_LABEL: "retired"})


def test_list_of_files_counts_what_each_key_sealed(here: Path) -> None:
    """By the notes; what has none is counted as unknown."""
    keys = "---\n".join(emit_yaml(stored(name, pair)) for name, pair in (("a", PAIR), ("b", OTHER)))
    write_all(here, {"keys.yaml": keys})
    done = run("keys", "list", "clusters", "--keys", "keys.yaml")
    assert done.code == 0, done.err
    lines = done.out.decode().splitlines()
    assert lines[0].split()[-1] == "ITEMS"
    counted = {line.split()[1]: line.split()[-1] for line in lines[1:3]}
    assert counted == {"a": "1", "b": "0"}
    assert lines[-1] == "not known which key sealed them: 1"
    facts = json.loads(run("keys", "list", "clusters", "--keys", "keys.yaml", "--json").out)
    assert facts["unknown"] == 1
    assert "ITEMS" not in run("keys", "list", "--keys", "keys.yaml").out.decode()


@pytest.mark.cluster
def test_list_tells_states_and_what_cannot_be_used(server: Canned) -> None:
    """A key that is not loaded, one that only opens, and one that is broken."""
    broken = stored("broken", PAIR)
    broken["data"]["tls.key"] = "eA=="
    keep(
        server,
        stored("one", PAIR, labels={KEY_LABEL: "compromised"}),
        stored("two", OTHER, annotations={STATE_ANNOTATION: COMPROMISED}),
        broken,
    )
    done = run("keys", "list", "--json")
    assert done.code == 0, done.err
    rows = {row["name"]: row for row in json.loads(done.out)["keys"]}
    assert {name: row["state"] for name, row in rows.items()} == {
        "one": "not loaded",
        "two": "compromised",
        "broken": "unusable",
    }
    assert not any(row["newest"] for row in rows.values())
    assert rows["broken"]["fault"] == "no private key found"


def test_nothing_is_written_by_reports(here: Path) -> None:
    """Neither files nor keys."""
    before = snapshot(here)
    run(*COMPROMISE, "clusters", "--dry-run", *KEY)
    run("keys", "list", "clusters", *KEY)
    assert snapshot(here) == before
