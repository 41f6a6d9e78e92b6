"""SH008: an entry of a SealedSecret's template must take its value from what is sealed."""

import json

import pytest

from tests.detect.table import SEALED, STANZA, TOKEN, Row, findings, found, name_of, row

_HEAD = (
    "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
    f"metadata: {{name: db, namespace: shop}}\nspec:\n  encryptedData: {{p: {SEALED}}}\n"
)


def _template(entries: str, field: str = "data", head: str = "") -> str:
    return f"{_HEAD}  template:\n{head}    {field}:\n      {entries}\n"


MUST_FIND = [
    row("text", _template("a: hunter2"), "a"),
    row("several lines", _template("a: |\n        user=x\n        password=y"), "a"),
    row("one of two", _template("a: hunter2\n      b: '{{ .p }}'"), "a"),
    row("base64", _template("a: aHVudGVyMg=="), "a"),
    row("number", _template("a: 1234"), "a"),
    row("flow", _template("{a: b, c: d}"), "a", "c"),
    row("list", _template("[a, b]"), ""),
    row("text for all of it", _template("hunter2"), ""),
    row("braces that never close", _template("a: '{{ .p'"), "a"),
    row("braces that never open", _template("a: '.p }}'"), "a"),
    row("one brace", _template("a: '{.p}'"), "a"),
    row("only a comment", _template("a: 'hunter2 {{/* .p */}}'"), "a"),
    row("only a string", _template("a: '{{ \"hunter2\" }}'"), "a"),
    row("only a raw string", _template("a: '{{ `hunter2` }}'"), "a"),
    row("only a number", _template("a: '{{ 123456 }}'"), "a"),
    row("nothing in the braces", _template("a: 'hunter2 {{ }}'"), "a"),
    row("stringData", _template("a: hunter2", "stringData"), "a"),
    row("template that says that it is a Secret",
        _template("a: hunter2", head="    kind: Secret\n"), "a"),
    row("shell default", _template("a: ${X:-hunter2}"), "a"),
    row("no encryptedData", "kind: SealedSecret\nspec: {template: {data: {a: b}}}\n", "a"),
    row("JSON", json.dumps({"kind": "SealedSecret", "spec": {"template": {"data": {"a": "b"}}}}),
        "a"),
    row("item of a list", "kind: SealedSecretList\nitems: [{spec: {template: {data: {a: b}}}}]\n",
        "a"),
    row("SOPS token without a stanza", _template(f"a: '{TOKEN}'"), "a"),
]  # fmt: skip

MUST_PASS = [
    row("reference", _template("a: '{{ .p }}'")),
    row("text around a reference", _template("a: 'postgres://shop:{{ .p }}@db/shop'")),
    row("file with a reference", _template("a: |\n        user=x\n        password={{ .p }}")),
    row("index", _template("a: '{{ index . \"p\" }}'")),
    row("function", _template("a: '{{ .p | b64enc | quote }}'")),
    row("trimmed", _template("a: '{{- .p -}}'")),
    row("control flow", _template("a: '{{ if .p }}x{{ end }}'")),
    row("variable", _template("a: '{{ $x }}'")),
    row("comment and reference", _template("a: '{{/* x */}}{{ .p }}'")),
    row("string and reference", _template("a: '{{ printf \"%s\" .p }}'")),
    row("quote in a string", _template("a: '{{ printf \"\\\"%s\" .p }}'")),
    row("empty", _template("a: ''\n      b:\n      c: null")),
    row("empty section", _template("{}")),
    row("null section", _template("null")),
    row("placeholder", _template("a: ${A}")),
    row("vault reference", _template("a: vault:secret/data/db#password")),
    row("no data", f"{_HEAD}  template: {{type: Opaque, metadata: {{labels: {{a: b}}}}}}\n"),
    row("no template", _HEAD),
    row("null template", f"{_HEAD}  template: null\n"),
    row("template that says that it is a Secret",
        _template("a: 'x{{ .p }}'", head="    kind: Secret\n    apiVersion: v1\n")),
    row("another group", "apiVersion: x.io/v1\nkind: SealedSecret\n"
        "spec: {template: {data: {a: b}}}\n"),
    row("another kind", "kind: ExternalSecret\nspec: {target: {template: {data: {a: b}}}}\n"
        "# SealedSecret\n"),
    row("Deployment beside it", f"{_HEAD}---\nkind: Deployment\nspec: {{template: {{data: x}}}}\n"),
    row("SOPS", _template(f"a: '{TOKEN}'") + STANZA.replace("(data|", "(template|")),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_clear_entry_is_found(case: Row) -> None:
    """The controller writes it into the Secret as it is."""
    assert found(case.data) == [("SH008", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_entry_with_an_action_passes(case: Row) -> None:
    """What the template takes from sealed values stands nowhere in clear."""
    assert found(case.data) == []


def test_finding_in_a_template_says_where() -> None:
    """Line, column, object and pointer are those of the entry."""
    (finding,) = findings(_template("a: hunter2").encode())
    assert (finding.line, finding.column) == (8, 10)
    assert (finding.namespace, finding.name, finding.key) == ("shop", "db", "a")
    assert finding.pointer == "/1/spec/template/data/a"
