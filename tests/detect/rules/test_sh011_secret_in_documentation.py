"""SH011: a manifest in a fence of a document is told of at its own line; examples pass."""

import textwrap

import pytest

from sealer.detect.rules import Severity
from tests.detect.table import SEALED, STANZA, TOKEN, Row, findings, found, name_of, row

_OBJECT = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  a: b\n"
_REFERENCE = _OBJECT.replace("a: b", "a: ${A}")
_JSON = '{"kind": "Secret", "data": {"a": "YQ=="}}\n'


def _fence(text: str, language: str = "yaml", mark: str = "```") -> str:
    return f"# Title\n\nSome text: it's so.\n\n{mark}{language}\n{text}{mark}\n\nMore: b: c\n"


MUST_FIND = [
    row("YAML", _fence(_OBJECT), "a"),
    row("no language", _fence(_OBJECT, ""), "a"),
    row("tildes", _fence(_OBJECT, mark="~~~"), "a"),
    row("four marks", _fence(f"```\n{_OBJECT}```\n", mark="````"), "a"),
    row("attributes", _fence(_OBJECT, 'yaml title="x.yaml" {1,2}'), "a"),
    row("JSON", _fence(_JSON, "json"), "a"),
    row("second document", _fence(f"kind: Pod\n---\n{_OBJECT}"), "a"),
    row("second fence", _fence("kind: Pod\n") + _fence(_OBJECT), "a"),
    row("two fences", _fence(_OBJECT) + _fence(_JSON), "a", "a"),
    row("in a list", f"- x\n\n{textwrap.indent(_fence(_OBJECT), '  ')}", "a"),
    row("in a list, second document",
        "1. x\n\n" + textwrap.indent(_fence(f"kind: Pod\n---\n{_OBJECT}"), "   "), "a"),
    row("in a quotation", textwrap.indent(_fence(_OBJECT), "> ", lambda _: True), "a"),
    row("never closed", f"# Title\n\n```yaml\n{_OBJECT}", "a"),
    row("a template", _fence(f"{{{{- if x }}}}\n{_OBJECT}{{{{- end }}}}\n"), "a"),
    row("does not parse", _fence(f"{_OBJECT}x: [\n"), "a"),
    row("heredoc", _fence(f"kubectl apply -f - <<EOF\n{_OBJECT}EOF\n", "bash"), "a"),
    row("diff of nothing", _fence(f"{_OBJECT}...\n"), "a"),
    row("behind front matter", f"---\ntitle: x\n---\n{_fence(_OBJECT)}", "a"),
    row("CRLF", _fence(_OBJECT).replace("\n", "\r\n"), "a"),
    row("UTF-16", _fence(_OBJECT).encode("utf-16"), "a"),
    row("SOPS token without a stanza", _fence(_OBJECT.replace("a: b", f"a: {TOKEN}")), "a"),
]  # fmt: skip

MUST_PASS = [
    row("reference", _fence(_REFERENCE)),
    row("empty value", _fence(_OBJECT.replace("a: b", 'a: ""'))),
    row("template", _fence(_OBJECT.replace("a: b", "a: {{ .Values.a | b64enc }}"))),
    row("sealed", _fence(f"kind: SealedSecret\nspec:\n  encryptedData:\n    a: {SEALED}\n")),
    row("SOPS", _fence(_OBJECT.replace("a: b", f"a: {TOKEN}") + STANZA)),
    row("another kind", _fence(_OBJECT.replace("Secret", "ConfigMap")) + "A Secret.\n"),
    row("another group", _fence(_OBJECT.replace("v1", "example.com/v1"))),
    row("kind and data in two fences", _fence("kind: Secret\n") + _fence("data:\n  a: b\n")),
    row("two documents", _fence("kind: Secret\n---\nkind: ConfigMap\ndata:\n  a: b\n")),
    row("reference to a Secret", _fence("secretKeyRef:\n  kind: Secret\n  key: data\n")),
    row("ExternalSecret",
        _fence("kind: ExternalSecret\nspec:\n  data: [{secretKey: a}]\n# Secret")),
    row("heredoc filled in", _fence(f"cat <<EOF\n{_OBJECT.replace('a: b', 'a: $A')}EOF\n", "sh")),
    row("output of a command",
        _fence("NAME  TYPE    DATA\ndb    Opaque  1\n", "") + "kind: Secret\n"),
    row("description", _fence("Name: db\nKind: Secret\nData\n====\na: 1 byte\n", "")),
    row("prose", "# Secret\n\nThe `kind: Secret` object has `data:`.\n\n* Use kind: Secret.\n"),
    row("table", "| kind | data |\n|---|---|\n| Secret | `a: b` |\n"),
    row("inline code", "Write `kind: Secret` and ```data: {a: b}``` there.\n"),
    row("fields explained", "- `kind`: Secret\n- `data`: a map, as in `a: b`\n"),
    row("JSON without a value", _fence(_JSON.replace("YQ==", ""), "json")),
    row("schema", _fence("type: object\nproperties:\n  kind: {enum: [Secret]}\n  data: {a: b}\n")),
    row("prose indented askew", "# X\n\n    kind: Secret\n\n  data: what is in it\n\n- x: [y\n"),
    row("no fences", "Secret data.\n"),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_secret_in_a_fence_is_found(case: Row) -> None:
    """What a fence holds is judged as a file of its own."""
    assert found(case.data, "README.md") == [("SH011", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_harmless_documentation_passes(case: Row) -> None:
    """References, other kinds and prose are no Secrets."""
    assert found(case.data, "README.md") == []


def test_finding_in_a_fence_says_where_and_only_warns() -> None:
    """The place is that of the value in the document."""
    (finding,) = findings(_fence(_OBJECT).encode(), "docs/a.md")
    assert (finding.line, finding.column, finding.length) == (11, 6, 1)
    assert (finding.name, finding.pointer) == ("db", "/text/db/a")
    assert finding.severity is Severity.WARN


@pytest.mark.parametrize("margin", ["   ", "\t", "> "])
def test_second_document_of_an_indented_fence_is_judged_by_structure(margin: str) -> None:
    """Only where it is parsed, the place is that of the value and not of its line."""
    text = textwrap.indent(_fence(f"kind: Pod\n---\n{_OBJECT}"), margin, lambda _: True)
    (finding,) = findings(f"1. x\n\n{text}".encode(), "a.md")
    assert (finding.line, finding.column) == (15, len(margin) + 6)


@pytest.mark.parametrize(
    "text",
    [
        f"[source,yaml]\n----\n{_OBJECT}----\n",
        f".. code-block:: yaml\n\n{textwrap.indent(_OBJECT, '   ')}\nText.\n",
        f"Text:\n\n{textwrap.indent(_OBJECT, '    ')}\nText.\n",
    ],
    ids=["AsciiDoc", "reStructuredText", "indented code"],
)
@pytest.mark.parametrize("suffix", ["adoc", "rst", "md", "mdx"])
def test_scan_other_code_in_documentation_is_found_and_only_warns(text: str, suffix: str) -> None:
    """Documentation is known by its name, whatever it marks code with."""
    (finding,) = findings(text.encode(), f"a.{suffix}")
    assert (finding.key, finding.severity) == ("a", Severity.WARN)
