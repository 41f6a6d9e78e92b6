"""The sealing rules end to end: every row of the table in compat.md 4.2, and cli.md 3 and 7."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sealer.documents import read_stream
from sealer.documents.nodes import plain
from sealer.manifest import find_objects
from tests.cli.conftest import CONFIG, SECRET, VALUE
from tests.support.program import Done, run, snapshot, write_all

CERT = ("--cert", "rsa2048.crt.pem")
BASE64 = "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"
JSON_SECRET = json.dumps(
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop"},
        "stringData": {"password": VALUE},
    }
)
MARKED = "# only words\n---\n# more\n---\n"
CLIPPED = SECRET.replace("stringData", "data")
SERVER_SET = """\
  selfLink: /api/v1/namespaces/shop/secrets/db
  uid: 0d1bc1c5-5f5e-4d58-93c0-4c3d0c1e8c5b
  resourceVersion: "12"
  generation: 3
  creationTimestamp: "2024-01-01T00:00:00Z"
  deletionTimestamp: "2024-01-01T00:00:00Z"
  deletionGracePeriodSeconds: 30
  generateName: db-
  finalizers: [example.com/keep]
  ownerReferences:
  - {apiVersion: v1, kind: Pod, name: p, uid: 0d1bc1c5-5f5e-4d58-93c0-4c3d0c1e8c5b}
  managedFields:
  - {manager: kubectl, operation: Update, apiVersion: v1}
"""
pytestmark = pytest.mark.usefixtures("folder")


def _seal(text: str, *arguments: str) -> Done:
    return run("seal", *arguments, *CERT, stdin=text.encode())


def _objects(done: Done) -> list[dict[str, Any]]:
    assert done.code == 0, done.err
    documents = read_stream(done.out).documents
    return [plain(found.node) for each in documents for found in find_objects(each)]  # type: ignore[misc] # JSON values


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (f"{SECRET}---\n{SECRET.replace('name: db', 'name: b')}", ["db", "b"]),
        (f"---\n{SECRET}", ["db"]),
        (f"{MARKED}{SECRET}---\n# nothing\n---\n", ["db"]),
        (SECRET.replace("\n", "\r\n"), ["db"]),
        (JSON_SECRET + JSON_SECRET.replace('"db"', '"b"'), ["db", "b"]),
        (f"{JSON_SECRET}\n\n{SECRET.replace('name: db', 'name: b')}", None),
        (
            f'{{"apiVersion": "v1", "kind": "List", "items": [{JSON_SECRET}, {JSON_SECRET}]}}',
            ["db"],
        ),
        (f"\ufeff{SECRET}", ["db"]),
    ],
)
def test_seal_streams_of_any_shape(text: str, names: list[str] | None) -> None:
    """Markers, comments, line ends and JSON one after the other: every Secret is sealed."""
    if names is None:  # JSON with YAML behind it and nothing between: neither reads that
        assert _seal(text).code == 3
        return
    found = _objects(_seal(text))
    assert {each["kind"] for each in found} == {"SealedSecret"}
    assert list(dict.fromkeys(each["metadata"]["name"] for each in found)) == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{SECRET}---\na: [\n---\n{SECRET}", "document 2"),
        (f"{SECRET}---\na: {{{{ .Values.a }}}}\n", "{{ looks like a placeholder of a template"),
        (f"{JSON_SECRET} garbage", "error: -:1:"),
        (f"{JSON_SECRET}{JSON_SECRET} garbage", "error: -:1:"),
        ("", "the input is empty"),
        ("# nothing\n---\n", "the input is empty"),
        (SECRET + "kind: Secret\n", "stands twice"),
        (SECRET + f"  password: {VALUE}\n", "stands twice"),
        (CLIPPED.replace(VALUE, BASE64[:-1]), "data.password: illegal base64 data at input byte"),
        (SECRET.split("stringData", maxsplit=1)[0], "--allow-empty-data can be used"),
        (SECRET.replace("  name: db\n", ""), "missing metadata.name in input Secret"),
        (SECRET.replace("name: db", "generateName: db-"), "missing metadata.name in input Secret"),
        (SECRET.replace("  namespace: shop\n", ""), "secret must declare a namespace"),
        (SECRET.replace("kind: Secret\n", ""), "the document has no kind"),
        (SECRET.replace("apiVersion: v1\n", ""), "the document has no apiVersion"),
        (SECRET.replace("kind: Secret", "kind: secret"), "is written Secret"),
        (SECRET.replace("apiVersion: v1", "apiVersion: v2"), "no Secret of apiVersion 'v2'"),
    ],
)
def test_seal_refuses_and_writes_nothing(folder: Path, text: str, said: str) -> None:
    """What the original drops, guesses or loops on is an error (3), and so is what it refuses."""
    write_all(folder, {"in.yaml": text})
    before = snapshot(folder)
    for target in ((), ("-w", "out.yaml"), ("-d", "out"), ("--in-place",)):
        done = run("seal", "in.yaml", *target, *CERT)
        assert (done.code, done.out) == (3, b"")
        assert said.replace("-:1:", "in.yaml:1:") in done.err
        assert snapshot(folder) == before
    assert VALUE not in done.err
    assert "item metadata" not in done.err


@pytest.mark.parametrize(
    "bare",
    ["yes", "n", "Off", "1.50", "017", "0o17", "0123", "1_000", "1e3", ".inf", "null", "~", "0x1f"],
)
@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (f"password: {VALUE}", "password: {}", "stringData.password"),
        ("  name: db", "  name: {}", "metadata.name"),
        ("  namespace: shop", "  namespace: {}", "metadata.namespace"),
        ("  name: db", "  name: db\n  labels:\n    tier: {}", "metadata.labels.tier"),
        ("  name: db", "  name: db\n  annotations:\n    note: {}", "metadata.annotations.note"),
        ("kind: Secret", "kind: Secret\ntype: {}", "type"),
    ],
)
def test_seal_bare_scalar_never_changes_its_text(bare: str, old: str, new: str, field: str) -> None:
    """What YAML 1.1 takes for something else is refused with the advice to quote it."""
    done = _seal(SECRET.replace(old, new.format(bare)))
    is_missing = bare in {"null", "~"} and field in {"metadata.name", "metadata.namespace", "type"}
    if is_missing:  # nothing there, as in Kubernetes
        assert done.code == (0 if field == "type" else 3)
        return
    assert done.code == 3
    assert f"{field} must be a string and is " in done.err
    assert "hint: put the text in quotes" in done.err
    quoted = _seal(SECRET.replace(old, new.format(f'"{bare}"')))
    is_illegal_name = field in {"metadata.name", "metadata.namespace"} and not re.fullmatch(
        r"[a-z0-9][a-z0-9.]*", bare if field == "metadata.name" else bare.replace(".", "_")
    )
    assert quoted.code == (3 if is_illegal_name else 0), quoted.err


@pytest.mark.parametrize(
    ("namespace", "arguments", "result"),
    [
        ("shop", (), "shop"),
        ("shop", ("-n", "shop"), "shop"),
        ("shop", ("-n", "other"), 'in namespace "shop" but "other" was specified'),
        ("", ("-n", "other"), "other"),
        ("", (), "secret must declare a namespace"),
        ("", ("--scope", "cluster-wide"), ""),
        ("", ("--scope", "cluster-wide", "-n", "other"), ""),
        ("shop", ("--scope", "cluster-wide", "-n", "other"), "shop"),
        ("", ("--scope", "namespace-wide", "-n", "other"), "other"),
    ],
)
def test_seal_namespace_follows_the_rules(
    namespace: str, arguments: tuple[str, ...], result: str
) -> None:
    """The document's own, else the option's; cluster-wide it is kept as given."""
    line = f"  namespace: {namespace}\n" if namespace else ""
    done = _seal(SECRET.replace("  namespace: shop\n", line), *arguments)
    if " " in result:
        assert done.code == 3
        assert result in done.err
        return
    (sealed,) = _objects(done)
    assert sealed["metadata"].get("namespace", "") == result
    assert sealed["spec"]["template"]["metadata"].get("namespace", "") == result


def test_seal_leaves_behind_what_the_server_sets() -> None:
    """Name, namespace, labels and annotations are all that is carried over."""
    text = SECRET.replace("  namespace: shop\n", f"  namespace: shop\n{SERVER_SET}")
    (sealed,) = _objects(_seal(text + "status: {phase: Active}\n", "--no-hints"))
    assert sealed["metadata"] == {"name": "db", "namespace": "shop"}
    assert sealed["spec"]["template"] == {"metadata": {"name": "db", "namespace": "shop"}}
    assert sealed.keys() == {"apiVersion", "kind", "metadata", "spec"}


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("kubectl.kubernetes.io/last-applied-configuration", f'{{"data":{{"p":"{BASE64}"}}}}'),
        ("kubecfg.ksonnet.io/last-applied-configuration", f'{{"stringData":{{"p":"{VALUE}"}}}}'),
        ("tool.example/last", VALUE),
        ("tool.example/last", BASE64),
        ("note", f"was {VALUE} before"),
    ],
)
def test_seal_drops_annotations_that_hold_a_copy(key: str, text: str) -> None:
    """Of any tool, in the clear or in base64, with a warning that does not repeat it."""
    annotations = f"  annotations:\n    {key}: '{text}'\n    kept: 'yes'\n"
    done = _seal(SECRET.replace("stringData", f"{annotations}stringData"), "--copy-metadata", "*")
    (sealed,) = _objects(done)
    assert sealed["spec"]["template"]["metadata"]["annotations"] == {"kept": "yes"}
    assert f"annotation {key} holds a copy of a value and is left out" in done.err
    assert not re.search(f"{VALUE}|{BASE64}", done.out.decode() + done.err)


def test_seal_string_data_wins_over_data() -> None:
    """Per key, as in Kubernetes; checked by what does not change the second time."""
    text = SECRET + "data: {password: b2xk, user: YWRtaW4=}\n"
    Path("in.yaml").write_text(text)
    assert run("seal", "in.yaml", "-w", "out.yaml", *CERT).code == 0
    merged = SECRET + "  user: admin\n"
    Path("in.yaml").write_text(merged)
    done = run("seal", "in.yaml", "-w", "out.yaml", *CERT)
    assert "kept as they were: 2 values" in done.err


def test_seal_output_carries_metadata_in_the_template_and_scope_outside() -> None:
    """Labels and annotations reach the Secret; the object itself has the scope alone."""
    metadata = "  labels: {tier: backend}\n  annotations: {note: text}\n"
    text = SECRET.replace(
        "stringData", f"{metadata}type: example.com/own\nimmutable: true\nstringData"
    )
    (sealed,) = _objects(_seal(text, "--scope", "namespace-wide", "--no-hints"))
    scope = {"sealedsecrets.bitnami.com/namespace-wide": "true"}
    assert sealed["metadata"] == {"annotations": scope, "name": "db", "namespace": "shop"}
    assert sealed["spec"]["template"] == {
        "immutable": True,
        "metadata": {
            "annotations": {"note": "text"} | scope,
            "labels": {"tier": "backend"},
            "name": "db",
            "namespace": "shop",
        },
        "type": "example.com/own",
    }


def _masked(done: Done) -> str:
    assert done.code == 0, done.err
    return re.sub(r"A[Qg][A-Za-z0-9+/]{300,}=*|[0-9a-f]{12}(?=\\?\")", "SEALED", done.out.decode())


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_seal_output_is_stable_but_for_ciphertext(form: str) -> None:
    """Two runs differ in ciphertext and its digests alone, whatever order the input has."""
    text = SECRET + "  user: admin-of-the-shop\n"
    other = SECRET.replace("  password", "  user: admin-of-the-shop\n  password")
    arguments = ("-o", form, "--scope", "cluster-wide")
    results = [_masked(_seal(each, *arguments)) for each in (text, text, other)]
    assert results[0].count("SEALED") == 4
    assert len(set(results)) == 1


def test_seal_yaml_form_is_the_originals() -> None:
    """A marker in front, keys sorted, no end marker, one line feed at the end."""
    key = re.escape('{"/5lmZjwJGXvqo+jb":{"password":"SEALED"}}')
    pattern = f"""\
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  annotations:
    sealer.dev/sealing-keys: '{key}'
  name: db
  namespace: shop
spec:
  encryptedData:
    password: SEALED
  template:
    metadata:
      name: db
      namespace: shop
"""
    assert re.fullmatch(pattern, _masked(_seal(SECRET)))


def test_seal_json_form_is_the_originals() -> None:
    """Two blanks a level, the original's order, several objects one behind the other."""
    done = _masked(_seal(f"{SECRET}---\n{SECRET}", "-o", "json", "--no-hints"))
    one = """\
{
  "kind": "SealedSecret",
  "apiVersion": "bitnami.com/v1alpha1",
  "metadata": {
    "name": "db",
    "namespace": "shop"
  },
  "spec": {
    "template": {
      "metadata": {
        "name": "db",
        "namespace": "shop"
      }
    },
    "encryptedData": {
      "password": "SEALED"
    }
  }
}
"""
    assert done == one * 2


def test_seal_keeps_the_mode_of_what_is_there_and_leaves_nothing_behind(folder: Path) -> None:
    """No temporary file, neither beside the target nor after a failure."""
    write_all(folder, {"out.yaml": "old\n", "bad.yaml": "a: [\n"})
    (folder / "out.yaml").chmod(0o644)
    names = set(snapshot(folder))
    assert run("seal", "secret.yaml", "-w", "out.yaml", *CERT).code == 0
    assert run("seal", "bad.yaml", "-w", "out.yaml", *CERT).code == 3
    assert (folder / "out.yaml").stat().st_mode & 0o777 == 0o644
    assert set(snapshot(folder)) == names


@pytest.mark.parametrize(
    ("size", "said"),
    [(200_000, "takes 262144"), (1_040_000, "takes 262144"), (1_048_577, "may not be more than")],
)
def test_seal_large_secrets_are_warned_about_or_refused(size: int, said: str) -> None:
    """`kubectl apply` keeps a copy of up to 256 KiB; a Secret has 1 MiB at most."""
    done = _seal(SECRET.replace(VALUE, "x" * size))
    assert said in done.err
    assert done.code == (3 if size > 1_048_576 else 0)


def test_seal_object_too_large_for_a_cluster_is_warned_about() -> None:
    """Many items, each with its overhead, make more than etcd takes."""
    items = "".join(f"  item-{number:04}: {'x' * 2_090}\n" for number in range(500))
    done = _seal(SECRET + items, "-q")
    assert done.code == 0
    done = _seal(SECRET + items)
    assert re.search(r"the sealed object has 1[5-9]\d{5} bytes; a cluster takes about", done.err)


def test_seal_wide_scopes_are_echoed() -> None:
    """A wide scope is easily set by an annotation that came along."""
    wide = SECRET.replace(
        "  namespace: shop\n",
        "  namespace: shop\n  annotations: {sealedsecrets.bitnami.com/cluster-wide: 'true'}\n",
    )
    done = _seal(f"{SECRET}---\n{wide}")
    expected = "note: scope cluster-wide, which opens in any namespace under any name: 1 Secret\n"
    assert expected in done.err
    assert "scope" not in _seal(SECRET).err
    done = _seal(SECRET, "--scope", "namespace-wide")
    assert "note: scope namespace-wide, which opens under any name in the namespace:" in done.err


def test_seal_other_kinds_pass_byte_for_byte() -> None:
    """What is sealed already and what never held a secret, with its comments and its order."""
    sealed = _seal(SECRET).out.decode()
    text = f"# first\n{CONFIG}---\n{SECRET}---\n{sealed.removeprefix('---' + chr(10))}# last\n"
    done = _seal(text)
    assert done.out.decode().startswith(f"# first\n{CONFIG}---\n")
    assert done.out.decode().endswith(f"{sealed}# last\n")


def test_seal_copy_metadata_may_be_repeated_and_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Patterns of keys; in the variable with commas between them."""
    metadata = "  labels: {app.example/name: a, tier: b}\n  annotations: {wave: '1', note: text}\n"
    text = SECRET.replace("stringData", f"{metadata}stringData")
    arguments = ("--copy-metadata", "app.*", "--copy-metadata", "wave", "--no-hints")
    (sealed,) = _objects(_seal(text, *arguments))
    expected = {
        "annotations": {"wave": "1"},
        "labels": {"app.example/name": "a"},
        "name": "db",
        "namespace": "shop",
    }
    assert sealed["metadata"] == expected
    monkeypatch.setenv("SEALER_COPY_METADATA", "app.*,wave")
    (sealed,) = _objects(_seal(text, "--no-hints"))
    assert sealed["metadata"] == expected


def test_seal_name_reaches_the_one_secret_even_in_a_list() -> None:
    """`--name` counts Secrets, not documents."""
    text = f'{{"apiVersion": "v1", "kind": "List", "items": [{JSON_SECRET}]}}'
    (sealed,) = _objects(_seal(f"{CONFIG}---\n{text}", "--name", "other"))[1:]
    assert sealed["metadata"]["name"] == sealed["spec"]["template"]["metadata"]["name"] == "other"


def test_seal_service_account_token_is_refused_with_the_reason() -> None:
    """Only the cluster itself can fill one."""
    done = _seal(SECRET + "type: kubernetes.io/service-account-token\n")
    assert done.code == 3
    assert "is made by the cluster and cannot be sealed" in done.err
