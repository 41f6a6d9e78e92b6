"""What a shell or a program fills in is no value, also where several such parts are joined."""

import pytest

from tests.detect.table import Row, found, name_of, row

_SHELL = "kubectl apply -f - <<END\nkind: Secret\nstringData:\n  %s\nEND\n"

MUST_FIND = [
    row("word joined to a variable", _SHELL % "a: $U:hunter2", "a"),
    row("word before a variable", _SHELL % "a: x$V", "a"),
    row("address with a password", _SHELL % "a: x://$U:hunter2@$H", "a"),
]

MUST_PASS = [
    row("variables joined by marks", _SHELL % "a: $U:$P"),
    row("address of variables", _SHELL % "a: postgres://$U:$P@$H:5432/$D"),
    row("in quotes", _SHELL % 'a: "$U:$P"'),
    row("key and value", _SHELL % "$K: $V"),
    row("arguments", _SHELL % "a: $1:$2"),
    row("format", "x := f(`kind: Secret\nstringData:\n  a: %s:%s\n  b: %s@%s\n`, a, b)\n"),
    row("lines that a program fills in", "x := f(`kind: Secret\nstringData:\n%s\n`, a)\n"),
]


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_word_beside_a_variable_is_found(case: Row) -> None:
    """A value of which a part stands in the file is no reference."""
    assert found(case.data, "a.sh") == [("SH005", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_joined_variables_pass(case: Row) -> None:
    """Marks between variables say nothing, with braces around their names or without."""
    assert found(case.data, "a.sh") == []
