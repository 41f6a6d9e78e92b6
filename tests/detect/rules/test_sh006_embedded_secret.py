"""SH006: a manifest in a string of another object is judged as any other; other strings pass."""

import base64
import json
import textwrap
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.detect import scan
from tests.detect.table import SEALED, STANZA, TOKEN, Row, findings, found, name_of, row
from tests.detect.test_generated import block_secrets, json_secrets

_SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  a: hunter2\n"
_REFERENCE = _SECRET.replace("hunter2", "${A}")
_JSON = '{"kind": "Secret", "data": {"a": "YQ=="}}'
_HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: files\n  namespace: shop\n"


def _block(text: str, style: str = "|", depth: int = 4) -> str:
    return f"{style}\n{textwrap.indent(text, ' ' * depth)}"


def _config_map(text: str, style: str = "|") -> str:
    return f"{_HEAD}data:\n  x.yaml: {_block(text, style)}"


def _encoded(text: str, layers: int) -> str:
    for _ in range(layers):
        text = base64.b64encode(text.encode()).decode()
    return text


def _wrapped(text: str, width: int = 76) -> str:
    return "".join(f"{line}\n" for line in textwrap.wrap(text, width))


MUST_FIND = [
    row("ConfigMap", _config_map(_SECRET), "a"),
    row("ConfigMap, lines kept", _config_map(_SECRET, "|+"), "a"),
    row("ConfigMap, depth said", f"{_HEAD}data:\n  x: {_block(_SECRET, '|2', 4)}", "a"),
    row("ConfigMap, folded JSON", _config_map(_JSON, ">"), "x.yaml"),
    row("ConfigMap, JSON", _config_map(_JSON), "a"),
    row("ConfigMap, JSON in quotes", f"{_HEAD}data:\n  x: '{_JSON}'\n", "a"),
    row("ConfigMap as JSON", json.dumps({"kind": "ConfigMap", "data": {"x": _SECRET}}), "x"),
    row("ConfigMap, escaped", f"{_HEAD}data:\n  x: {json.dumps(_SECRET)}\n", "x"),
    row("ConfigMap, two values", _config_map(f"{_SECRET}  b: x\n"), "a", "b"),
    row("ConfigMap, second document", _config_map(f"kind: Pod\n---\n{_SECRET}"), "a"),
    row("ConfigMap, List", _config_map(f'{{"kind": "List", "items": [{_JSON}]}}\n'), "a"),
    row("ConfigMap, template", _config_map("{{ if .x }}\n" + _SECRET + "{{ end }}\n"), "a"),
    row("ConfigMap, SealedSecret", _config_map(
        "kind: SealedSecret\nspec: {encryptedData: {a: b}}\n"), "a"),
    row("ConfigMap, annotation", f"{_HEAD}  annotations:\n    last: '{_JSON}'\n", "a"),
    row("ConfigMap, CRLF", _config_map(_SECRET).replace("\n", "\r\n"), "a"),
    row("ConfigMap, UTF-16", _config_map(_SECRET).encode("utf-16"), "a"),
    row("Argo CD, values", "kind: Application\nspec:\n  source:\n    helm:\n      values: "
        + _block(f"extraDeploy:\n- {textwrap.indent(_SECRET, '  ')[2:]}", depth=8), "a"),
    row("list of manifests", f"extra:\n- {_block(_SECRET)}", "a"),
    row("top-level list", f"- {_block(_SECRET, depth=2)}", "a"),
    row("cloud-init", "#cloud-config\nwrite_files:\n- path: x.yaml\n  content: "
        + _block(_SECRET), "a"),
    row("in a string in a string", _config_map(_config_map(_SECRET)), "a"),
    row("in three strings", _config_map(_config_map(_config_map(_SECRET))), "a"),
    row("a key", f"? {_block(_SECRET, depth=2)}: x\n", "a"),
    row("base64", f"{_HEAD}data:\n  x: {_encoded(_SECRET, 1)}\n", "x"),
    row("base64 in binaryData", f"{_HEAD}binaryData:\n  x: {_encoded(_JSON, 1)}\n", "x"),
    row("base64, two layers", f"{_HEAD}data:\n  x: {_encoded(_SECRET, 2)}\n", "x"),
    row("base64, three layers", f"{_HEAD}data:\n  x: {_encoded(_SECRET, 3)}\n", "x"),
    row("base64, wrapped", f"{_HEAD}data:\n  x: {_block(_wrapped(_encoded(_SECRET, 1)))}", "x"),
    row("base64, wrapped and folded",
        f"{_HEAD}data:\n  x: {_block(_wrapped(_encoded(_SECRET, 2)), '>-')}", "x"),
    row("base64, wrapped in JSON",
        json.dumps({"data": {"x": _wrapped(_encoded(_SECRET, 1), 64)}}), "x"),
    row("base64 without padding", f"{_HEAD}data:\n  x: {_encoded(_JSON, 1).rstrip('=')}\n", "x"),
    row("base64, the whole file", _wrapped(_encoded(_SECRET, 1)), ""),
    row("base64 behind a digest",
        f"image: x@sha256:{'0123456789abcdef' * 4}\nx: {_encoded(_SECRET, 1)}\n", "x"),
    row("base64 in a string in a string", _config_map(f"x: {_encoded(_SECRET, 1)}\n"), "x"),
    row("SOPS token without a stanza", _config_map(_SECRET.replace("hunter2", TOKEN)), "a"),
]  # fmt: skip

MUST_PASS = [
    row("placeholder", _config_map(_REFERENCE)),
    row("no values", _config_map("kind: Secret\nmetadata: {name: x}\n")),
    row("another kind", _config_map("kind: ConfigMap\ndata: {secret: b}\n")),
    row("another group", _config_map("apiVersion: x.io/v1\nkind: Secret\ndata: {a: b}\n")),
    row("sealed", _config_map(f"kind: SealedSecret\nspec: {{encryptedData: {{a: {SEALED}}}}}\n")),
    row("SOPS inside", _config_map(f"{_SECRET.replace('hunter2', TOKEN)}{STANZA}")),
    row("template", _config_map("kind: Secret\ndata:\n  a: {{ .Values.a | b64enc }}\n")),
    row("prose", _config_map("Create a Secret with data, of kind: Secret.\n")),
    row("a script that gets one", _config_map("kubectl get secret x -o jsonpath='{.data.a}'\n")),
    row("RBAC", _config_map("kind: Role\nrules: [{resources: [secret, data]}]\n")),
    row("settings", _config_map("secret:\n  data: a\n  kind: b\n")),
    row("short", f"{_HEAD}data: {{x: 'kind: Secret', y: data}}\n"),
    row("a Secret's placeholder", _SECRET.replace("hunter2", "'{{ .Values.manifest }}'")),
    row("binaryData", f"{_HEAD}binaryData:\n  x: {base64.b64encode(bytes(range(256))).decode()}\n"),
    row("base64 of another kind",
        f"{_HEAD}data:\n  x: {_encoded('kind: Pod # secret data ' * 9, 1)}\n"),
    row("base64 of a placeholder", f"{_HEAD}data:\n  x: {_encoded(_REFERENCE, 1)}\n"),
    row("base64 of prose", f"{_HEAD}data:\n  x: {_encoded('Secret data of a kind. ' * 9, 2)}\n"),
    row("a certificate", f"caBundle: {_encoded('-----BEGIN CERTIFICATE-----' * 20, 1)}\n"),
    row("a digest", f"image: x@sha256:{'0123456789abcdef' * 4}\n# kind, data: secret\n"),
    row("sealed values", f"kind: SealedSecret\nspec: {{encryptedData: {{a: {SEALED}}}}}\n"),
    row("words in base64 letters", "x: kind Secret data and nothing that anyone could parse\n"),
    row("CRD", "kind: CustomResourceDefinition\nspec:\n  versions:\n  - schema:\n"
        "      description: " + _block(f"As in:\n\n{textwrap.indent(_SECRET, '  ')}", depth=8)),
    row("CRD in a list", "kind: List\nitems:\n- kind: CustomResourceDefinition\n"
        "  spec:\n    description: " + _block(_SECRET, depth=6)),
    row("ExternalSecret", _config_map("kind: ExternalSecret\nspec: {data: [{secretKey: a}]}\n")),
    row("workflow", "jobs:\n  a:\n    steps:\n    - run: " + _block(
        "kubectl create secret generic x --from-file=data\n", depth=8)),
    row("dashboard", json.dumps({"panels": [{"expr": 'kube_secret_info{kind="data"}'}]})),
    row("policy", "kind: ClusterPolicy\nspec:\n  message: "
        + _block("A Secret's data must be sealed; kind Secret is refused.\n")),
    row("last-applied of a Deployment", "kind: Deployment\nmetadata:\n  annotations:\n"
        f"    last: '{json.dumps({'kind': 'Deployment', 'data': {'secretName': 'x'}})}'\n"),
    row("SOPS stanza", f"kind: Secret\ndata: {{a: '{TOKEN}'}}\n{STANZA}"),
    row("numbers and switches", f"{_HEAD}data: {{secret: 1, data: true, kind: null}}\n"),
    row("regular expression", f"{_HEAD}data:\n  x: 'kind: (Secret|ConfigMap), data: .*'\n"),
    row("list of names", f"{_HEAD}data:\n  x: 'secret, data, kind, Secret, values'\n"),
    row("JSON of references", _config_map('{"kind": "Secret", "data": {"a": "$(A)"}}')),
    row("JSON of another group", _config_map(_JSON.replace("{", '{"apiVersion": "x.io/v1", ', 1))),
    row("diff", _config_map("-kind: Secret\n+kind: ConfigMap\n data:\n")),
    row("log", _config_map("2026-01-01 Secret shop/db created, data keys: 2, kind: Secret\n")),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_manifest_in_a_string_is_found(case: Row) -> None:
    """A string around a manifest hides it from nobody."""
    assert found(case.data) == [("SH006", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_other_string_passes(case: Row) -> None:
    """Strings that mention Secrets, refer to them or hold sealed ones are no manifests of them."""
    assert found(case.data) == []


def test_finding_in_a_block_stands_on_the_line_of_the_value() -> None:
    """A person finds the value, and not only the string around it."""
    (finding,) = findings(_config_map(f"# note\n\n{_SECRET}").encode())
    assert (finding.line, finding.column) == (15, 10)
    assert (finding.namespace, finding.name, finding.key) == ("shop", "db", "a")
    assert finding.length == len("hunter2")
    assert finding.pointer == "/1/data/x.yaml/1/stringData/a"


def test_finding_in_base64_stands_where_the_string_does() -> None:
    """What a reader has to decode has no lines of its own."""
    (finding,) = findings(f"{_HEAD}data:\n  x: {_encoded(_SECRET, 1)}\n".encode())
    assert (finding.line, finding.column) == (7, 6)
    assert (finding.namespace, finding.name, finding.key) == ("shop", "files", "x")
    assert finding.length == len(_SECRET)
    assert finding.pointer == "/1/data/x"


@given(
    st.sampled_from(["|", "|-", "|+", "|2", "|8-"]),
    st.integers(0, 5),
    st.sampled_from(["", "\n", "# note\n", "\n\n", "---\n"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_finding_in_any_block_stands_on_the_line_of_the_value(
    style: str, depth: int, before: str, line_end: str
) -> None:
    """However deep the block stands, and whatever begins it."""
    shown = 8 if "8" in style else 2
    text = f"{' ' * depth}x: {_block(before + _SECRET, style, depth + shown)}"
    (finding,) = findings(text.replace("\n", line_end).encode())
    written = text.splitlines()[finding.line - 1]
    assert written[finding.column - 1 :] == "hunter2"


WRAPPERS: list[Callable[[str], str]] = [
    _config_map,
    lambda text: json.dumps({"kind": "ConfigMap", "data": {"x": text}}),
    lambda text: f"x:\n- {json.dumps(text, ensure_ascii=False)}\n",
    lambda text: f"{_HEAD}data: {{x: {_encoded(text, 1)}}}\n",
    lambda text: f"{_HEAD}data:\n  x: {_block(_wrapped(_encoded(text, 2)), '>')}",
    lambda text: _config_map(_config_map(text)),
]


@given(block_secrets() | json_secrets(), st.sampled_from(WRAPPERS))
def test_scan_generated_secret_in_a_string_is_found(
    case: tuple[str, list[str]], wrap: Callable[[str], str]
) -> None:
    """Whatever a Secret looks like, a string around it hides no value of it."""
    text, keys = case
    seen = found(wrap(text).encode())
    assert {rule for rule, _ in seen} == {"SH006"}
    assert sorted(key for _, key in seen) in (keys, ["x"], ["?"])


def test_key_in_a_string_is_reported_under_its_own_rule() -> None:
    """What is no manifest keeps its rule, and is reported once."""
    key = f"-----BEGIN PRIVATE KEY-----\nMIGHAgEA{'A' * 56}\n-----END PRIVATE KEY-----\n"
    assert [rule for rule, _ in found(_config_map(key).encode())] == ["SH018"]


def test_scan_strings_nested_too_deep_are_undecided() -> None:
    """Nesting is followed a few levels, and then nobody pretends to know."""
    text = _SECRET
    for _ in range(4):
        text = _config_map(text)
    assert [place.reason for place in scan("a", text.encode()).undecided] == [
        "manifests nested in strings more than 3 deep"
    ]


def test_scan_comment_in_a_string_hides_no_doubt_about_it() -> None:
    """A comment is read by itself, and what else stands in the string is as open as before."""
    text = f"# kind: Secret data\n{_SECRET}"
    for _ in range(4):
        text = f"x: {_block(text)}"
    assert scan("a", text.encode()).undecided


def test_scan_too_much_text_in_strings_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sum of what is read inside strings ends; the limit is lowered to be reached."""
    monkeypatch.setattr("sealer.detect.job._MOST_INSIDE", 5000)
    text = "".join(f"x{n}: {_block(_REFERENCE)}" for n in range(9))
    reasons = {place.reason for place in scan("a", text.encode()).undecided}
    assert reasons == {"too much text in strings"}


def test_scan_string_that_aliases_share_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One long string that stands in many places costs no more than one."""
    monkeypatch.setattr("sealer.detect.job._MOST_INSIDE", 5000)
    text = f"x: &x {_block(_SECRET)}y: [{', '.join(['*x'] * 99)}]\n"
    assert found(text.encode()) == [("SH006", "a")]
