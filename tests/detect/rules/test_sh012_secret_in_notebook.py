"""SH012: cells of notebooks and what they print are told of, line by line."""

import json

import pytest

from sealer.detect.rules import Severity
from tests.detect.table import Row, findings, found, name_of, row

_OBJECT = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  a: hunter2\n"
_REFERENCE = _OBJECT.replace("hunter2", "${A}")


def _notebook(*cells: dict[str, object], indent: int | None = 1) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5},
                      indent=indent)  # fmt: skip


def _code(source: str, *outputs: dict[str, object]) -> dict[str, object]:
    lines = source.splitlines(keepends=True)
    return {"cell_type": "code", "source": lines, "outputs": outputs, "metadata": {}}


def _text(source: str) -> dict[str, object]:
    return {"cell_type": "markdown", "source": source}


MUST_FIND = [
    row("magic command", _notebook(_code(f"%%writefile secret.yaml\n{_OBJECT}")), "a"),
    row("heredoc", _notebook(_code(f"%%bash\nkubectl apply -f - <<EOF\n{_OBJECT}EOF\n")), "a"),
    row("string of a program", _notebook(_code(f'x = """\n{_OBJECT}"""\nprint(x)\n')), "a"),
    row("source in one string", _notebook(_text(f"# Title\n\n```yaml\n{_OBJECT}```\n")), "a"),
    row("raw cell", _notebook({"cell_type": "raw", "source": _OBJECT}), "a"),
    row("printed", _notebook(_code("!x", {"output_type": "stream", "text": [_OBJECT]})), "a"),
    row("displayed", _notebook(_code("x", {"data": {"text/plain": _OBJECT}})), "a"),
    row("two cells", _notebook(_code(_OBJECT), _code(_OBJECT.replace("  a:", "  b:"))), "a", "b"),
    row("minified", _notebook(_code(_OBJECT), indent=None), "a"),
    row("format 3", json.dumps({"nbformat": 3, "worksheets": [{"cells": [
        {"cell_type": "code", "input": [_OBJECT]}]}]}), "a"),
    row("JSON in a cell", _notebook(_code('{"kind": "Secret", "stringData": {"a": "b"}}')), "a"),
]  # fmt: skip

MUST_PASS = [
    row("no cells", _notebook() + " \n"),
    row("reference", _notebook(_code(_REFERENCE))),
    row("filled in", _notebook(_code(f'x = f"""\n{_OBJECT.replace("hunter2", "{a}")}"""\n'))),
    row("reference in a fence", _notebook(_text(f"# Title\n\n```yaml\n{_REFERENCE}```\n"))),
    row("another kind", _notebook(_code(_OBJECT.replace("Secret", "ConfigMap") + "# Secret"))),
    row("another group", _notebook(_code(_OBJECT.replace("v1", "example.com/v1")))),
    row("kind and data in two cells", _notebook(_code("kind: Secret\n"), _code("data:\n  a: b\n"))),
    row("prose", _notebook(_text("A `Secret` has data. kind: Secret"))),
    row("a program that reads one", _notebook(_code('x = api.get("Secret")\nprint(x["data"])\n'))),
    row("an image", _notebook(_code("x", {"data": {"image/png": "Secret data kind"}}))),
    row("no notebook", json.dumps({"nbformat": 4, "secret": "data"})),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_secret_in_notebook_is_found(case: Row) -> None:
    """A notebook is a file of texts, each of which can hold a manifest."""
    assert found(case.data, "a.ipynb") == [("SH012", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_harmless_notebook_passes(case: Row) -> None:
    """References, other kinds and programs pass in a cell as elsewhere."""
    assert found(case.data, "a.ipynb") == []


def test_finding_in_notebook_says_where_and_only_warns() -> None:
    """The line is the one in the file on which the cell's line stands."""
    data = _notebook(_code(_OBJECT))
    (finding,) = findings(data.encode(), "a.ipynb")
    assert data.splitlines()[finding.line - 1].strip() == '"  a: hunter2\\n"'
    assert data.splitlines()[finding.line - 1][finding.column - 1 :] == 'hunter2\\n"'
    assert (finding.name, finding.severity) == ("db", Severity.WARN)


def test_scan_secret_that_looks_like_a_notebook_is_found() -> None:
    """Fields of a notebook beside a Secret's own do not hide it."""
    secret = {"kind": "Secret", "data": {"a": "YQ=="}, "cells": [], "nbformat": 4}
    assert found(json.dumps(secret).encode(), "a.ipynb") == [("SH001", "a")]


def test_command_in_notebook_only_warns() -> None:
    """A notebook is told of, whatever is found in it."""
    data = _notebook(_code("!kubectl create secret generic x --from-literal=a=b\n"))
    (finding,) = findings(data.encode(), "a.ipynb")
    assert (finding.rule, finding.severity) == ("SH014", Severity.WARN)
