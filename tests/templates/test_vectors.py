"""Every recorded template answers as the original's engine does, errors and places included."""

import base64
import json
from typing import Any

import pytest

from sealer.templates.execute import execute
from sealer.templates.faults import ExecutionFault, ParseFault, TemplateFault
from sealer.templates.functions import function_table
from sealer.templates.limits import Meter
from sealer.templates.parse import parse
from sealer.templates.values import StringMap
from tests.support import vectors

RECORD: dict[str, Any] = json.loads((vectors.FOLDER / "templates.json").read_text())
FUNCTIONS = function_table(lambda *_: bytes(16))
# Messages of the original that repeat a value, or a function's words about one; they are left out
# here (threats.md 6.2). What stands instead is compared in full, so that the list stays honest.
OTHER_WORDS = {
    "range-bad-02": "range can't iterate over a string",
    "range-bad-03": "range can't iterate over a bool",
    "index-bad-01": "error calling index: index out of range",
    "index-bad-02": "error calling index: index out of range",
    "compare-bad-06": "error calling eq: non-comparable type: []interface {}",
    "exec-bad-13": "error calling mustRegexMatch: error parsing regexp: missing closing )",
    "exec-bad-15": "error calling substr: runtime error: slice bounds out of range",
    "exec-bad-18": "templates nested more than 60 levels deep",
    "regex-13": "error calling regexFind: regexp: Compile: error parsing regexp: "
    "invalid or unsupported Perl syntax",
    "date-08": "error calling mustToDate: parsing time: the text is not written like the layout",
    "semver-06": "error calling semverCompare: improper constraint",
    "url-04": "error calling urlParse: unable to parse url: missing protocol scheme",
    "x-exec-bad-12": "error calling mustFromJson: invalid character looking for beginning of value",
}


def _context(name: str) -> StringMap:
    items: dict[str, str] = RECORD["contexts"][name]
    return StringMap((key.encode(), text.encode()) for key, text in items.items())


def _render(case: dict[str, Any]) -> bytes:
    template = parse("t", case["template"], FUNCTIONS)
    return execute(template, _context(case["context"]), FUNCTIONS, Meter())


def _named(has_error: bool) -> list[Any]:  # noqa: FBT001 - two lists of the same kind
    return [
        pytest.param(case, id=case["id"])
        for case in RECORD["cases"]
        if ("error" in case) is has_error
    ]


@pytest.mark.parametrize("case", _named(has_error=False))
def test_template_that_renders_gives_the_recorded_bytes(case: dict[str, Any]) -> None:
    """The output is the original's, byte for byte."""
    recorded = case.get("output")
    expected = base64.b64decode(case["output_b64"]) if recorded is None else recorded.encode()
    assert _render(case) == expected


@pytest.mark.parametrize("case", _named(has_error=True))
def test_template_that_fails_gives_the_recorded_error(case: dict[str, Any]) -> None:
    """Class, place and words are the original's, except where those would tell a value."""
    expected: type[TemplateFault] = ParseFault if case["error"] == "parse" else ExecutionFault
    with pytest.raises(expected) as caught:
        _render(case)
    recorded: str = case["message"]
    other = OTHER_WORDS.get(case["id"])
    if other is None:
        assert caught.value.message == recorded
    else:
        place = recorded[: recorded.index(">: ") + 3]
        assert caught.value.message == place + other


def test_other_words_are_those_of_cases_that_exist() -> None:
    """No exception outlives its case, and none is needless."""
    messages = {case["id"]: case.get("message", "") for case in RECORD["cases"]}
    for name, words in OTHER_WORDS.items():
        assert messages[name]
        assert not messages[name].endswith(words)


def test_all_recorded_cases_are_run() -> None:
    """The record is whole."""
    assert len(RECORD["cases"]) == 695
