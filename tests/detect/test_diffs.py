"""Manifests in diffs and in quotations are found at their places, on either side of a change."""

import textwrap

import pytest

from tests.detect.table import SEALED, Row, findings, found, name_of, row

_OBJECT = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  a: %s\n"
_HEADER = "--- /dev/null\n+++ b/x.yaml\n@@ -0,0 +1,6 @@\n"


def _marked(text: str, mark: str) -> str:
    return textwrap.indent(text, mark, lambda _: True)


_KEPT = "@@ -1,6 +1,6 @@ x\n" + _marked(_OBJECT % "%s", " ").replace("   a: %s\n", "")

MUST_FIND = [
    row("new file", _HEADER + _marked(_OBJECT % "hunter2", "+"), "a"),
    row("removed file", "@@ -1,6 +0,0 @@\n" + _marked(_OBJECT % "hunter2", "-"), "a"),
    row("new value", _KEPT + "-  a: ${A}\n+  a: hunter2\n", "a"),
    row("old value", _KEPT + "-  a: hunter2\n+  a: ${A}\n", "a"),
    row("no line end at the end",
        _HEADER + _marked(_OBJECT % "x", "+") + "\\ No newline at end of file\n", "a"),
    row("merge", "@@@ -1,6 -1,6 +1,6 @@@\n" + _marked(_OBJECT % "hunter2", "++"), "a"),
    row("two files", 2 * (_HEADER + _marked(_OBJECT % "x", "+")), "a", "a"),
    row("added lines alone", "It needs this:\n\n" + _marked(_OBJECT % "x", "+"), "a"),
    row("quotation", "You wrote:\n" + _marked(_OBJECT % "x", "> "), "a"),
    row("quotation of one", _marked(_OBJECT % "x", "> > "), "a"),
    row("CRLF", (_HEADER + _marked(_OBJECT % "x", "+")).replace("\n", "\r\n"), "a"),
]  # fmt: skip

MUST_PASS = [
    row("reference", _HEADER + _marked(_OBJECT % "${A}", "+")),
    row("values on both sides are references", _KEPT + "-  a: ${A}\n+  a: ${B}\n"),
    row("another kind", _HEADER + _marked((_OBJECT % "x").replace("Secret", "ConfigMap"), "+")),
    row("another group", _HEADER + _marked((_OBJECT % "x").replace("v1", "x.io/v1"), "+")),
    row("sealed", _HEADER + _marked("kind: SealedSecret\nspec:\n  encryptedData:\n"
        f"    a: {SEALED}\n", "+")),
    row("two hunks that have nothing to do with each other", "@@ -1,2 +1,2 @@\n kind: Secret\n"
        "-type: a\n@@ -9,2 +9,3 @@\n kind: ConfigMap\n data:\n+  a: b\n"),
    row("quotation of prose", "> kind: Secret and its data\n> have: no value here\n"),
    row("quotation of a reference", _marked(_OBJECT % "$(A)", "> ")),
    row("list", "- kind: Secret\n- data: x\n"),
    row("sums", "x = kind: Secret\n+ data\n+ x: 1\n"),
    row("nothing behind the header", "@@ -1 +1 @@"),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_value_in_a_diff_is_found(case: Row) -> None:
    """A patch file shows a value as well as the file that it is for."""
    assert found(case.data, "a.patch") == [("SH005", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_harmless_diff_passes(case: Row) -> None:
    """Signs in front of lines make no Secret of anything."""
    assert found(case.data, "a.patch") == []


def test_finding_in_a_diff_points_to_its_value() -> None:
    """The sign counts as a column, and the header as lines."""
    (finding,) = findings((_HEADER + _marked(_OBJECT % "hunter2", "+")).encode(), "a.patch")
    assert (finding.line, finding.column, finding.length, finding.name) == (9, 7, 7, "db")
