"""SH015: a manifest in a comment is judged as any other; prose and references pass."""

import textwrap

import pytest

from sealer.detect.rules import Severity
from tests.detect.table import SEALED, Row, findings, found, name_of, row

_OBJECT = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  a: b\n"
_REFERENCE = _OBJECT.replace("a: b", "a: ${A}")
_JSON = '{"kind": "Secret", "data": {"a": "YQ=="}}'


def _lines(lead: str, text: str = _OBJECT) -> str:
    return textwrap.indent(text, lead, lambda _: True)


_LIVE = "kind: Secret\nmetadata: {name: db}\nstringData:\n"

MUST_FIND = [
    row("entry", f"{_LIVE}  # a: b\n  c: ''\n", "a"),
    row("entry below", f"{_LIVE}  c: ''\n  #a: b\n", "a"),
    row("entry, the sign at the margin", f"{_LIVE}  c: ''\n#   a: b\n", "a"),
    row("entry, in quotes", f"{_LIVE}  c: ''\n  # a: 'two words' # old\n", "a"),
    row("entry, address with a password", f"{_LIVE}  c: ''\n  # a: x://u:p@h\n", "a"),
    row("entry, block scalar", f"{_LIVE}  c: ''\n  # a: |\n  #   hunter2\n", "a"),
    row("entry, the only one", f"{_LIVE}  # a: b\n", "a"),
    row("entry in a template", f"{{{{ if .a }}}}\n{_LIVE}  # a: b\n  c: {{{{ .c }}}}\n", "a"),
    row("entry in a List", "items:\n- kind: Secret\n  data:\n    # a: YQ==\n    b: ''\n", "a"),
    row("section", "kind: Secret\n# stringData:\n#   a: b\n#   c: d\n", "a", "c"),
    row("beside another document", f"x: y\n{_lines('# ')}", "a"),
    row("nothing else in the file", _lines("# "), "a"),
    row("no blank behind the sign", f"x: y\n{_lines('#')}", "a"),
    row("two signs", f"x: y\n{_lines('## ')}", "a"),
    row("indented", f"x:\n{_lines('    # ')}  y: z\n", "a"),
    row("in the middle of a mapping", f"x: 1\n{_lines('# ')}y: 2\n", "a"),
    row("in a file that does not parse", f"{{{{ x }}}}: {{{{ y\n{_lines('# ')}", "a"),
    row("under words", f"# Use it so:\n#\n{_lines('# ')}x: y\n", "a"),
    row("under prose that does not parse", f"# It's: a, {{b\n{_lines('# ')}x: y\n", "a"),
    row("behind a marker", f"# kind: Pod\n# ---\n{_lines('# ')}x: y\n", "a"),
    row("with a gap", "# kind: Secret\n\n# data:\n#   a: YQ==\nx: y\n", "a"),
    row("item of a list", f"x:\n# - {textwrap.indent(_OBJECT, '#   ')[4:]}", "a"),
    row("of another sealed one", f"kind: SealedSecret\nspec: {{encryptedData: {{x: {SEALED}}}}}\n"
        + _lines("# "), "a"),
    row("with tabs", _lines("#\t", "kind: Secret\ndata:\n\ta: YQ==\n"), "a"),
    row("CRLF", f"x: y\n{_lines('# ')}".replace("\n", "\r\n"), "a"),
    row("UTF-16", f"x: y\n{_lines('# ')}".encode("utf-16"), "a"),
    row("JSON", f"# {_JSON}\nx: y\n", "a"),
    row("JSON before broken JSON", f'// {_JSON}\n{{"a": [}}\n', "a"),
    row("two slashes", f"package x\n{_lines('// ')}func f() {{}}\n", "a"),
    row("SQL", f"SELECT 1;\n{_lines('-- ')}", "a"),
    row("INI", f"[x]\n{_lines('; ')}y=z\n", "a"),
    row("block comment", f"x()\n/*\n{_OBJECT}*/\ny()\n", "a"),
    row("block comment with stars", f"/**\n{_lines(' * ')} */\ny()\n", "a"),
    row("comment of a template", f"{{{{- /*\n{_OBJECT}*/ -}}}}\nkind: Pod\n", "a"),
    row("comment of Jinja", f"{{#\n{_OBJECT}#}}\nkind: Pod\n", "a"),
    row("HTML", f"<!--\n{_OBJECT}-->\n<p>\n", "a"),
]  # fmt: skip

MUST_PASS = [
    row("reference", f"x: y\n{_lines('# ', _REFERENCE)}"),
    row("reference in a block comment", f"/*\n{_REFERENCE}*/\n"),
    row("template", _lines("# ", _OBJECT.replace("a: b", "a: {{ .Values.a | b64enc }}"))),
    row("empty value", _lines("# ", _OBJECT.replace("a: b", 'a: ""'))),
    row("no data", _lines("# ", "kind: Secret\nmetadata: {name: data}\n")),
    row("another kind", _lines("# ", _OBJECT.replace("Secret", "ConfigMap")) + "# a Secret\n"),
    row("another group", _lines("# ", _OBJECT.replace("v1", "example.com/v1"))),
    row("sealed", _lines("# ", f"kind: SealedSecret\nspec:\n  encryptedData: {{a: {SEALED}}}\n")),
    row("reference to a Secret", _lines("# ", "secretKeyRef:\n  kind: Secret\n  key: data\n")),
    row("prose", "# A Secret has data; use kind: Secret.\n# Its data: is base64.\n"),
    row("prose that looks like fields", "# kind: Secret, what else\n# data: see below\nx: y\n"),
    row("prose between slashes", "// kind: Secret\n// The data is read from the cluster.\nfoo()\n"),
    row("prose indented askew", "# Example:\n#   kind: Secret\n#\n#  data: what is in it\nx: y\n"),
    row("heading", "# kind: Secret\n\ndata: b\n"),
    row("ConfigMap below", "# kind: Secret\nkind: ConfigMap\ndata:\n  a: b\n"),
    row("ConfigMap in the next comment",
        "# kind: Secret\nx: y\n# kind: ConfigMap\n# data:\n#   a: b\n"),
    row("two documents", "# kind: Secret\n# ---\n# kind: ConfigMap\n# data:\n#   a: b\n"),
    row("behind a value", "kind: Pod # kind: Secret\nx: y # data: {a: b}\n"),
    *(
        row(f"beside entries, {said}", f"{_LIVE}  # {said}\n  c: ${{C}}\n# type: Opaque\n")
        for said in (
            "note: see wiki", "TODO rotate", "a: ${A}", "a:", "a: ''", "see: https://x.io/wiki#a",
            "a: <password>", "two words: b", "a: {{ .Values.a }}", "sealer:allow SH001 a: b",
        )
    ),
    row("beside entries of a ConfigMap", "kind: ConfigMap\ndata:\n  # a: b\n  c: d\n# a Secret\n"),
    row("in another section of a Secret",
        f"kind: Secret\nmetadata:\n  # old: b\n  name: x\n# {'data'}\n"),
    row("behind a Secret", f"{_LIVE}  a: ${{A}}\n---\n  # a: b\nkind: Pod\n"),
    row("commented section, references", "kind: Secret\n# stringData:\n#   a: ${A}\n"),
    row("delete patch", _lines("# ", "$patch: delete\nkind: Secret\nmetadata: {name: data}\n")),
    row("RBAC", _lines("# ", "kind: Role\nrules:\n- resources: [secrets, data]\n") + "# Secret\n"),
    row("YAML that holds a star", f"x: /*\ny:\n- '*/'\nkind: Secret\ndata: {{a: {SEALED}}}\n"),
    row("globs", "a:\n- /*secret\n- data\n- '*/5 * * * *'\nkind: Secret\n"),
    row("never closed", f"/* kind: Secret\n{_REFERENCE}"),
    row("shebang", "#!/bin/sh\n# makes a Secret of data\nkubectl get secret\n"),
    row("annotations of values", "## @param secret.data kind: Secret\n## secret data\nx: y\n"),
    row("CRD",
        _lines("# ", "kind: CustomResourceDefinition\nspec: {names: {kind: Secret}}\n# data")),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_commented_out_secret_is_found(case: Row) -> None:
    """A reader of the file reads its comments as well."""
    assert found(case.data) == [("SH015", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_harmless_comment_passes(case: Row) -> None:
    """Prose, references and other kinds are no Secrets in a comment either."""
    assert found(case.data) == []


def test_finding_in_comment_says_where_and_whose() -> None:
    """The place is that of the value in the file, as if there were no comment."""
    (finding,) = findings(f"x: y\n{_lines('  # ')}".encode())
    assert (finding.line, finding.column, finding.length) == (7, 10, 1)
    assert (finding.name, finding.key, finding.pointer) == ("db", "a", "/text/db/a")


def test_comment_in_documentation_is_only_warned_about() -> None:
    """Documentation shows what a Secret looks like."""
    (finding,) = findings(f"<!--\n{_OBJECT}-->\n# Title\n".encode(), "README.md")
    assert finding.severity is Severity.WARN
