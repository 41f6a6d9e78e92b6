"""`sealer verify`: whether SealedSecrets open, and why not; with private keys or the controller."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sealer.documents.emit import emit_yaml
from sealer.envelope import seal_value
from sealer.manifest import read_sealed_secret
from sealer.sealing.hints import SEALING_KEYS, write_hints
from sealer.sensitive import SecretBytes
from tests.cli.reseal.conftest import OLD, VALUE, seal, secret
from tests.support import vectors
from tests.support.program import run, snapshot, write_all
from tests.support.standin import Answer, StandIn, status

BOTH = ("--keys", "both.yaml")
BASE64 = "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"


def moved(file: Path, target: Path, **names: str) -> Path:
    """Copy a sealed file under another name, namespace or both, in object and template."""
    text = file.read_text()
    for field, name in names.items():
        old = next(line for line in text.splitlines() if line.strip().startswith(f"{field}:"))
        text = text.replace(old.strip(), f"{field}: {name}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    return target


def test_verify_says_yes(repository: Path) -> None:
    """0 and a line for each object; nothing is written, no value is shown."""
    before = snapshot(repository)
    done = run("verify", "m", *BOTH)
    assert (done.code, snapshot(repository)) == (0, before)
    assert done.out.decode().splitlines() == [
        "m/a.yaml:3:1: shop/a: opens (2 items)",
        "m/sub/b.yaml:3:1: shop/b: opens (2 items)",
        "m/sub/b.yaml:18:1: document 2, shop/c: opens (2 items)",
    ]
    assert run("verify", "m", *BOTH, "-q").out == b""
    for text in (VALUE, BASE64):
        assert text not in done.err + done.out.decode()


def test_verify_says_what_was_tried(repository: Path) -> None:
    """1; each item with the keys that do not open it."""
    write_all(repository, {"other.pem": (vectors.KEYS / "stranger.key.pem").read_bytes()})
    done = run("verify", "m/a.yaml", "--keys", "other.pem")
    assert done.code == 1
    lines = done.out.decode().splitlines()
    place = "m/a.yaml:10:15: shop/a, item password: does not open: "
    assert lines[0] == f"{place}no key opens the value as shop/a (1 tried)"
    assert lines[1] == f"    tried: {vectors.key_pair('stranger').fingerprint}"
    assert "item user" in lines[3]


@pytest.mark.parametrize("found_in", ["template", "neighbour", "folder"])
def test_verify_finds_where_a_value_was_sealed_for(repository: Path, found_in: str) -> None:
    """The template tells, other objects in PATH do, and so do folders and file names."""
    file = seal(repository, "team-a/db.yaml", secret("db", "team-a"))
    target = repository / "clusters" / "b.yaml"
    if found_in == "folder":
        target = repository / "team-a" / "apps" / "db.yaml"
        target.parent.mkdir()
    if found_in == "template":
        target.parent.mkdir()
        target.write_text(file.read_text().replace("  namespace: team-a", "  namespace: team-b", 1))
    else:
        moved(file, target, namespace="team-b", name="other")
    paths = [str(target.relative_to(repository)), *(["team-a"] * (found_in == "neighbour"))]
    done = run("verify", *paths, *BOTH)
    assert done.code == 1
    name = "db" if found_in == "template" else "other"
    said = f"item password: does not open: sealed for team-a/db, this object is team-b/{name}\n"
    assert said in done.out.decode()
    assert f"    opens with: {OLD.fingerprint}\n" in done.out.decode()
    report = json.loads(run("verify", *paths, *BOTH, "--json").out)
    item = next(each for each in report["objects"] if not each["opens"])["items"][0]
    assert item["cause"] == "identity"
    assert item["sealed_for"] == {"scope": "strict", "namespace": "team-a", "name": "db"}
    assert item["opened_by"] == OLD.fingerprint


@pytest.mark.parametrize(
    ("scope", "change", "said"),
    [
        (
            "namespace-wide",
            ('    sealedsecrets.bitnami.com/namespace-wide: "true"\n', ""),
            "sealed for namespace shop (namespace-wide), this object is shop/db (strict)",
        ),
        (
            "cluster-wide",
            ("cluster-wide", "namespace-wide"),
            "sealed for any namespace (cluster-wide), this object is shop/db (namespace-wide)",
        ),
        (
            "strict",
            (
                "  name: db\n",
                "  name: db\n  annotations: {sealedsecrets.bitnami.com/cluster-wide: 'true'}\n",
            ),
            "sealed for shop/db (strict), this object is shop/db (cluster-wide)",
        ),
        (
            "namespace-wide",
            ("  namespace: shop\n", "  namespace: other\n"),
            "sealed for namespace shop, this object is namespace other",
        ),
    ],
)
def test_verify_finds_the_scope_that_a_value_was_sealed_for(
    repository: Path, scope: str, change: tuple[str, str], said: str
) -> None:
    """Wider and narrower, and what to do about it."""
    options = ("--scope", scope, "--cert", "old.pem", "--no-hints", "-w", "s.yaml")
    assert run("seal", "secret.yaml", *options).code == 0
    file = repository / "s.yaml"
    assert change[0] in file.read_text()
    file.write_text(file.read_text().replace(*change, 1))
    done = run("verify", "s.yaml", *BOTH)
    assert done.code == 1
    assert said in done.out.decode()
    assert "or seal the value anew" in done.out.decode()


def _cut(text: str) -> str:
    return text[:-1]


def _shortened(text: str) -> str:
    return text[:360]


def _damaged(text: str) -> str:
    return text[:-8] + ("AAAA" if text[-8:-4] != "AAAA" else "BBBB") + text[-4:]


def _sealed_elsewhere(text: str) -> str:
    return text[:20] + ("A" if text[20] != "A" else "B") + text[21:]


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        (_cut, "encoding"),
        (_shortened, "frame"),
        (_damaged, "corrupt"),
        (_sealed_elsewhere, "no-key"),
    ],
)
def test_verify_tells_the_layer_that_refuses(
    repository: Path, spoil: Callable[[str], str], cause: str
) -> None:
    """Damage is not a wrong key, and the other item opens."""
    file = repository / "m" / "a.yaml"
    line = next(each for each in file.read_text().splitlines() if "password:" in each)
    value = line.split(": ")[1]
    file.write_text(file.read_text().replace(value, spoil(value)))
    done = run("verify", "m/a.yaml", *BOTH, "--json")
    assert done.code == 1
    (found,) = json.loads(done.out)["objects"]
    password, user = found["items"]
    assert (password["cause"], password["opens"], user["opens"]) == (cause, False, True)
    assert password["hint"]
    assert (found["opens"], found["reason"]) == (False, "")


def test_verify_of_a_value_for_a_key_of_another_size_is_no_damage(repository: Path) -> None:
    """It is whole, and no key of its size is at hand."""
    done = run("verify", "m/a.yaml", "--keys", str(vectors.KEYS / "peer-a.key.pem"), "--json")
    assert [item["cause"] for item in json.loads(done.out)["objects"][0]["items"]] == ["no-key"] * 2
    assert (repository / "m").is_dir()


def test_verify_reports_every_document_and_file(repository: Path) -> None:
    """Faults do not hide answers; the code is the first of 3 and 1."""
    write_all(repository, {"m/bad.yaml": "kind: SealedSecret\na: [\n"})
    moved(repository / "m" / "a.yaml", repository / "m" / "z.yaml", name="z")
    done = run("verify", "m", *BOTH)
    assert done.code == 3
    assert "error: m/bad.yaml:3:1: " in done.err
    assert done.out.count(b": opens (2 items)") == 3
    assert b"m/z.yaml:10:15: shop/z, item password: does not open: sealed for shop/a" in done.out
    assert run("verify", "m/z.yaml", "m/a.yaml", *BOTH).code == 1


def test_verify_of_the_old_format(repository: Path) -> None:
    """One value for the whole Secret; beside items it opens never."""
    case = next(each for each in vectors.objects() if each.name == "v1-data")
    manifest = vectors.load_manifest(case.steps[-1])
    write_all(repository, {"v1.json": json.dumps(manifest)})
    keys = ("--keys", str(vectors.KEYS / "both.list.yaml"))
    assert run("verify", "v1.json", *keys).code == 0
    public_key = vectors.key_pair("peer-a").private_key.public_key()
    identity = read_sealed_secret(manifest).identity
    text = seal_value(SecretBytes(b"value"), public_key, identity)
    manifest["spec"]["encryptedData"] = {"item": text}
    write_all(repository, {"v1.json": json.dumps(manifest)})
    done = run("verify", "v1.json", *keys)
    assert done.code == 1
    assert b"at the same time" in done.out
    assert b"item item" not in done.out


def test_verify_tells_every_entry_that_does_not_render(repository: Path) -> None:
    """Each has a line with its own place."""
    file = repository / "m" / "a.yaml"
    entries = "  template:\n    data:\n      v: '{{ nosuch }}'\n      x: '{{ now }}'\n      z: ok\n"
    file.write_text(file.read_text().replace("  template:\n", entries))
    done = run("verify", "m/a.yaml", *BOTH)
    assert done.code == 1
    assert b"a.yaml:14:10: shop/a, item v: does not open: template: v:1: function" in done.out
    assert b"a.yaml:15:10: shop/a, item x: does not open: template: x:1: function" in done.out


def test_verify_renders_templates(repository: Path) -> None:
    """Of an object whose items open, an entry that fails is told; what it renders is not."""
    file = repository / "m" / "a.yaml"
    good = file.read_text()
    entry = "  template:\n    data: {{x: '{}'}}\n"
    file.write_text(good.replace("  template:\n", entry.format("{{ .password }}")))
    done = run("verify", "m/a.yaml", *BOTH)
    assert done.code == 0
    assert VALUE not in done.out.decode() + done.err
    file.write_text(good.replace("  template:\n", entry.format("{{ fail .password }}")))
    done = run("verify", "m/a.yaml", *BOTH)
    assert done.code == 1
    assert b"m/a.yaml:13:15: shop/a, item x: does not open: template: x:1:3: exec" in done.out
    assert VALUE not in done.out.decode() + done.err
    report = json.loads(run("verify", "m/a.yaml", *BOTH, "--json").out)
    causes = [(item["key"], item["cause"]) for item in report["objects"][0]["items"]]
    assert causes == [("password", ""), ("user", ""), ("x", "template")]


def test_verify_without_usable_keys(repository: Path) -> None:
    """4, as everywhere; and what holds no SealedSecret is told."""
    assert run("verify", "m", "--keys", "missing").code == 4
    assert run("verify", "missing", *BOTH).code == 3
    done = run("verify", "config.yaml", *BOTH)
    assert done.code == 0
    assert "there is no SealedSecret" in done.err
    assert (repository / "m").is_dir()


def test_verify_asks_the_controller(repository: Path, cluster: StandIn) -> None:
    """Yes is 0; the objects go as they are in the file."""
    done = run("verify", "m")
    assert done.code == 0, done.err
    assert done.out.splitlines()[0] == b"m/a.yaml:3:1: shop/a: opens"
    assert sorted(body["metadata"]["name"] for body in cluster.bodies) == ["a", "b", "c"]
    a = next(body for body in cluster.bodies if body["metadata"]["name"] == "a")
    assert a == vectors.load_manifest(repository / "m" / "a.yaml")


def _applied(file: Path, *, message: str = "", generation: int = 1) -> dict[str, Any]:
    manifest = vectors.load_manifest(file)
    condition = {"type": "Synced", "status": "False", "message": message}
    manifest["metadata"]["generation"] = generation
    return manifest | {"status": {"observedGeneration": 1, "conditions": [condition]}}


def test_verify_reads_the_reason_from_the_status(repository: Path, cluster: StandIn) -> None:
    """No is 1, with what the cluster says about the same object, and only about that."""
    file = moved(repository / "m" / "a.yaml", repository / "n" / "q.yaml", name="q")

    def reason() -> str:
        done = run("verify", "n", "--json")
        assert done.code == 1
        (found,) = json.loads(done.out)["objects"]
        assert (found["opens"], found["items"]) == (False, [])
        return str(found["reason"])

    assert "not applied in the cluster" in reason()
    said = "no key could decrypt secret (password, user)\nitem password: tried x"
    cluster.applied["shop/q"] = _applied(file, message=said)
    assert reason() == said
    out = run("verify", "n").out.decode()
    assert out.startswith(
        "n/q.yaml:3:1: shop/q: does not open\n    no key could decrypt secret (pa"
    )
    cluster.applied["shop/q"] = _applied(file, message=said, generation=2)
    assert "earlier generation" in reason()
    cluster.applied["shop/q"] = _applied(file)
    assert "does not say why" in reason()
    other = _applied(file, message=said)
    other["spec"]["encryptedData"]["user"] = "AgB"
    cluster.applied["shop/q"] = other
    assert "another version" in reason()


def test_verify_of_an_object_whose_key_is_gone_names_the_key(
    repository: Path, cluster: StandIn
) -> None:
    """Its status is of the time when the key was there; its notes tell which one that was."""
    file = moved(repository / "m" / "a.yaml", repository / "n" / "q.yaml", name="q")
    manifest = vectors.load_manifest(file)
    values = manifest["spec"]["encryptedData"]
    notes = {item: (text, "0123456789abcdef") for item, text in values.items()}
    manifest["metadata"]["annotations"] = {SEALING_KEYS: write_hints(notes)}
    file.write_text(emit_yaml(manifest))
    cluster.applied["shop/q"] = _applied(file)
    done = run("verify", "n")
    assert done.code == 1
    told = "its notes name the key 0123456789abcdef: `sealer keys list` tells what the cluster has"
    assert told in done.out.decode()


def test_verify_of_several_documents_reports_every_one(repository: Path, cluster: StandIn) -> None:
    """The original stops at the first failure."""
    file = repository / "m" / "sub" / "b.yaml"
    file.write_text(file.read_text().replace("namespace: shop", "namespace: other"))
    done = run("verify", "m")
    assert done.code == 1
    assert done.out.count(b": does not open\n") == 2
    assert done.out.count(b": opens\n") == 1
    assert cluster.asked.count("/v1/verify") == 3


def test_verify_waits_for_a_busy_controller(
    repository: Path, cluster: StandIn, pauses: list[float]
) -> None:
    """429 is waited out, not taken for an answer; for ever it is 5."""
    cluster.plan("/v1/verify", *[Answer(429, b"limit exceeded", retry_after=1)] * 3)
    assert run("verify", "m/a.yaml").code == 0
    assert len(pauses) == 3
    cluster.plan("/v1/verify", *[Answer(429)] * 100)
    assert run("verify", "m/a.yaml").code == 5
    assert (repository / "m").is_dir()


def test_verify_that_gets_no_answer_is_no_answer(repository: Path, cluster: StandIn) -> None:
    """5 for one object, null in the report; the others are told. 403 names the Role and ends it."""
    cluster.plan("/v1/verify", Answer(500))
    done = run("verify", "m", "--json")
    assert done.code == 5
    opens = [each["opens"] for each in json.loads(done.out)["objects"]]
    assert sorted(map(str, opens)) == ["None", "True", "True"]
    assert "error: m/" in done.err
    cluster.plan("/v1/verify", *[status(403, "Forbidden", "you may not")] * 9)
    done = run("verify", "m")
    assert done.code == 5
    assert "sealed-secrets-operator" in done.err
    assert done.err.count("error: ") == 1
    assert (repository / "m").is_dir()


@pytest.mark.parametrize("command", ["verify", "reseal"])
def test_cluster_of_a_file_is_the_one_that_is_asked(
    repository: Path, cluster: StandIn, command: str
) -> None:
    """The policy's context is handed to kubectl; a certificate in it makes no difference."""
    policy = "version: 1\nclusters: {{a: {{certificate: new.pem, context: {}}}}}\ndefault: a\n"
    write_all(repository, {".sealer.yaml": policy.format("nowhere")})
    done = run(command, "m/a.yaml")
    assert done.code == 5
    assert "nowhere" in done.err
    assert cluster.asked == []
    write_all(repository, {".sealer.yaml": policy.format("test")})
    assert run(command, "m/a.yaml").code == 0
    assert cluster.asked
