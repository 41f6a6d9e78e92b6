"""Jsonnet: literals under the data of a Secret are found; code, for YAML a text, passes."""

import pytest

from tests.detect.table import SEALED, Row, findings, found, name_of, row


def _secret(entries: str, section: str = "stringData:") -> str:
    return (
        "local lib = import 'lib.libsonnet';\n{\n  apiVersion: 'v1',\n  kind: 'Secret',\n"
        f"  metadata: {{ name: 'db' }},\n  {section} {{ {entries} }},\n}}\n"
    )


MUST_FIND = [
    row("literal", _secret("a: 'hunter2'"), "a"),
    row("double quotes", _secret('"a": "hunter2"'), "a"),
    row("number", _secret("a: 12"), "a"),
    row("encoded", _secret("a: std.base64('hunter2')", "data:"), "a"),
    row("added", _secret("a: 'x'", "stringData+:"), "a"),
    row("hidden", _secret("a: 'x'", "stringData::"), "a"),
    row("text on lines", _secret("a: |||\n  hunter2\n|||"), "a"),
    row("one branch", _secret("a: if x == 'y' then 'z' else lib.a"), "a"),
    row("put together", _secret("a: 'x' + lib.a"), "a"),
    row("format", _secret("a: 'x-%s' % lib.a"), "a"),
    row("two, one computed", _secret("a: lib.a, b: 'x'"), "b"),
    row("computed key", _secret("['a' + x]: 'hunter2'"), ""),
    row("function", "{ f(x): { kind: 'Secret', data: { a: 'YQ==', b: x } } }\n", "a"),
    row("item of an array", "[{ kind: 'Pod' }, { kind: 'Secret', data: { a: 'YQ==' } }]\n", "a"),
    row("JSON", '{"kind": "Secret", "data": {"a": "YQ=="}}\n', "a"),
    row("never closed", "{ kind: 'Secret', stringData: { a: 'b'", "a"),
]  # fmt: skip

MUST_PASS = [
    row("reference", _secret("a: $._config.a, b: self.b, c: lib.c")),
    row("variable of the caller", _secret("a: std.extVar('a')")),
    row("native function", _secret("a: std.native('secret')('a')")),
    row("file", _secret("a: importstr 'a.pem', b: std.base64(importstr 'data')")),
    row("entry of another object", _secret("a: lib['a'], b: lib.x['b'].c")),
    row("encoded reference", _secret("a: std.base64(lib.a)", "data:")),
    row("format of references", _secret("a: '%s:%s' % [lib.a, lib.b]")),
    row("empty", _secret("a: '', b: null")),
    row("placeholder", _secret("a: '${A}'")),
    row("sealed", _secret(f"a: '{SEALED}'", "data:")),
    row("no entries", _secret("")),
    row("variable for the section", _secret("").replace("{  },", "lib.data,")),
    row("comment", _secret("// a: 'b'\n# c: 'd'\n/* e: 'f' */ g: lib.g")),
    row("another kind", _secret("a: 'secret'").replace("'Secret'", "'ConfigMap'")),
    row("another group", _secret("a: 'x'").replace("'v1'", "'example.com/v1'")),
    row("beside a Secret", "[{ kind: 'Secret' }, { kind: 'ConfigMap', data: { a: 'b' } }]\n"),
    row("reference to a Secret", "{ ref: { kind: 'Secret', name: 'x' }, data: { a: 'b' } }\n"),
    row("deep", "{ kind: 'Secret', data: " + "{ a: " * 500 + "lib.a" + "}" * 501),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_literal_in_jsonnet_is_found(case: Row) -> None:
    """A literal is in the file, whatever the program does with it."""
    assert found(case.data, "a.jsonnet") == [("SH005", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_code_in_jsonnet_passes(case: Row) -> None:
    """What stands without quotes names a value, and what a function is given often does."""
    assert found(case.data, "a.libsonnet") == []


@pytest.mark.parametrize("head", ["", "# note\n", "---\n", "{a: b}\n---\n", "kind: Pod\n---\n"])
def test_scan_yaml_in_a_file_of_jsonnet_is_found(head: str) -> None:
    """The name of a file says how to read its code, and hides no manifest."""
    text = f"{head}kind: Secret\nstringData:\n  a: b\n"
    assert found(text.encode(), "a.jsonnet") == [("SH001", "a")]


def test_finding_in_jsonnet_says_where_and_whose() -> None:
    """The place is that of the literal."""
    (finding,) = findings(_secret("a: 'hunter2'").encode(), "a.jsonnet")
    assert (finding.line, finding.column, finding.length) == (6, 20, 7)
    assert (finding.name, finding.key) == ("db", "a")
