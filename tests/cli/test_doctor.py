"""`sealer doctor` as people and machines see it; what it finds is tested in tests/doctor."""

import json
from pathlib import Path
from typing import Any

import pytest

from sealer.cli.commands import doctor as command
from sealer.cli.doctor.rendering import as_lines
from sealer.doctor import CHECKS, Finding, Result, Status
from sealer.doctor.facts import Fact, Facts
from tests.doctor.samples import crd, healthy, nothing_known
from tests.support.program import run

_COLOUR = "\x1b["


def with_facts(monkeypatch: pytest.MonkeyPatch, facts: Facts) -> None:
    """Let the program know these facts, without a cluster."""
    monkeypatch.setattr(command, "facts_of", lambda *_: facts)


def columns() -> Fact[Any]:
    """Return a kind whose columns are another's, which is worth a note."""
    made = crd()
    made["spec"]["versions"][0]["additionalPrinterColumns"] = []
    return Fact(made)


@pytest.mark.parametrize(
    ("facts", "code", "strict_code"),
    [
        (healthy(), 0, 0),
        (healthy(crd=columns()), 0, 0),
        (healthy(client="0.9.0"), 0, 1),
        (nothing_known(), 0, 1),
        (healthy(crd=Fact(None)), 1, 1),
    ],
    ids=["ok", "note", "warning", "unknown", "fault"],
)
def test_exit_code_is_that_of_the_worst(
    monkeypatch: pytest.MonkeyPatch, facts: Facts, code: int, strict_code: int
) -> None:
    """Notes never count, warnings and what is not known only where asked for."""
    with_facts(monkeypatch, facts)
    assert run("doctor").code == code
    assert run("doctor", "--strict").code == strict_code


def test_report_for_machines_has_its_documented_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every key that the help names, and no other."""
    with_facts(monkeypatch, healthy(crd=Fact(None)))
    done = run("doctor", "--json")
    document = json.loads(done.out)
    assert list(document) == ["version", "namespace", "name", "checks", "summary"]
    assert document["version"] == 1
    assert document["namespace"] == "kube-system"
    assert [each["check"] for each in document["checks"]] == [each.id for each in CHECKS]
    for each in document["checks"]:
        assert list(each) == ["check", "title", "status", "findings"]
        assert each["findings"]
        for found in each["findings"]:
            assert list(found) == ["status", "message", "hint"]
    statuses = {each.value for each in Status}
    assert set(document["summary"]) == statuses
    assert {each["status"] for each in document["checks"]} <= statuses
    assert document["summary"]["fault"] == 1


def test_only_what_is_asked_for_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the checks, not of the command line; a variable takes several."""
    with_facts(monkeypatch, healthy(crd=Fact(None)))
    done = run("doctor", "--only", "pin", "--only", "leader")
    assert [line.split()[1] for line in done.out.decode().splitlines()] == ["leader", "pin"]
    assert (done.code, done.err) == (0, "note: 2 checks: 2 ok\n")
    monkeypatch.setenv("SEALER_ONLY", "crd,pin")
    assert run("doctor").code == 1


def test_check_that_is_none_is_refused() -> None:
    """Before anybody is asked."""
    done = run("doctor", "--only", "pins")
    assert done.code == 2
    assert "there is no check pins" in done.err
    assert "sealer doctor --list" in done.err


def test_list_names_every_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """And needs no kubectl."""
    monkeypatch.setenv("PATH", "")
    lines = run("doctor", "--list").out.decode().splitlines()
    assert [line.split()[0] for line in lines] == [each.id for each in CHECKS]


def test_without_kubectl_the_cluster_is_not_reached(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Code 5, and nothing is called unknown or healthy."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    done = run("doctor")
    assert (done.code, done.out) == (5, b"")
    assert "kubectl is not installed" in done.err


def test_marks_are_ascii_where_nothing_else_can_be_shown() -> None:
    """A terminal of another encoding gets words instead of boxes."""
    results = [
        Result(check, (Finding(status, "m", status.value),))
        for check, status in zip(CHECKS, Status, strict=False)
    ]
    text = as_lines(results, is_unicode=False, is_coloured=False)
    assert text.isascii()
    assert [line.split()[0] for line in text.splitlines()[::2]] == ["ok", "--", "??", "!!", "XX"]
    assert _COLOUR not in as_lines(results, is_unicode=True, is_coloured=False)
    assert _COLOUR in as_lines(results, is_unicode=True, is_coloured=True)


def test_same_advice_is_given_once() -> None:
    """Twenty missing rights are mended in one way."""
    results = [Result(check, (Finding(Status.UNKNOWN, "m", "ask"),)) for check in CHECKS[:3]]
    text = as_lines(results, is_unicode=False, is_coloured=False)
    assert text.count("-> ask") == 1
    assert len(text.splitlines()) == 4


def test_words_of_others_cannot_steer_the_terminal() -> None:
    """Names come from the cluster, where anybody may have written them."""
    results = [Result(CHECKS[0], (Finding(Status.FAULT, "a\x1b[2Jb", "c\rd"),))]
    text = as_lines(results, is_unicode=True, is_coloured=False)
    assert "\x1b" not in text
    assert "\r" not in text


def test_options_become_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is trusted, and how long an answer may take."""
    seen: list[Any] = []

    def facts_of(_: object, trust: tuple[str, ...], timeout: float) -> Facts:
        seen.append((trust, timeout))
        return healthy()

    monkeypatch.setattr(command, "facts_of", facts_of)
    run("doctor", "--trust", "User:a", "--trust", "Group:b", "--timeout", "3")
    assert seen == [(("User:a", "Group:b"), 3.0)]
