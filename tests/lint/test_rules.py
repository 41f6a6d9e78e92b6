"""Every rule finds what it is for, where it stands, and leaves its close relatives alone."""

import pytest

from sealer.lint import RULES, Finding, Linter
from tests.lint.table import CASES, DESTINATION, MARK, Case
from tests.support.sealed import blob, manifest

_IDS = [f"{case.rule}-{number}" for number, case in enumerate(CASES)]
_HARMLESS = [case for case in CASES if any(case.harmless.values())]


def _findings(files: dict[str, str]) -> list[Finding]:
    linter = Linter()
    for path, text in files.items():
        linter.add(path, text.replace(MARK, "").encode(), destination=DESTINATION)
    return linter.findings()


def _marks(files: dict[str, str]) -> set[tuple[str, int, int]]:
    marks = set()
    for path, text in files.items():
        for line, content in enumerate(text.splitlines(), 1):
            if MARK in content:
                marks.add((path, line, content.index(MARK) + 1))
    return marks


@pytest.mark.parametrize("case", CASES, ids=_IDS)
def test_rule_finds_its_case_at_its_place(case: Case) -> None:
    """Rule, file, line and column; where nothing is marked, the object's own."""
    places = {
        (each.where.path, each.where.line, each.where.column)
        for each in _findings(case.files)
        if each.rule.name == case.rule
    }
    assert places
    assert places == (_marks(case.files) or places)


@pytest.mark.parametrize("case", _HARMLESS, ids=[case.rule for case in _HARMLESS])
def test_rule_leaves_relatives_alone(case: Case) -> None:
    """What is right is not reported."""
    assert case.rule not in {each.rule.name for each in _findings(case.harmless)}


def test_value_that_was_never_sealed_is_reported_once() -> None:
    """The hook would report it too, in other words."""
    found = _findings({"a.yaml": manifest(password="correct-horse-battery")})
    assert [each.rule.name for each in found] == ["malformed-value"]


def test_every_rule_has_a_case() -> None:
    """No rule goes untested; what stays undecided is tested with the detector."""
    assert {rule.name for rule in RULES.values()} == {case.rule for case in CASES} | {"undecided"}


def test_rules_have_numbers_and_names_of_their_own() -> None:
    """Both name one rule only."""
    assert list(RULES) == sorted(RULES)
    assert len({rule.name for rule in RULES.values()}) == len(RULES)


@pytest.mark.parametrize("order", [("base", "overlay"), ("overlay", "base")])
def test_template_item_of_another_object_of_the_name_is_not_missing(
    order: tuple[str, str],
) -> None:
    """A patch brings one item and an entry that prints two; or the base prints what it brings."""
    base, patch = manifest(password=blob()), manifest(user=blob())
    for texts in ((base, _with_entry(patch)), (_with_entry(base), patch)):
        files = dict(zip(("base", "overlay"), texts, strict=True))
        assert _missing_items({path: files[path] for path in order}) == 0
        assert _missing_items({"a": texts[0], "b": texts[1].replace("name: db", "name: web")}) == 1


def test_template_item_that_another_cluster_has_is_missing() -> None:
    """Objects that never meet bring each other nothing."""
    for clusters, count in ((("prod", "test"), 1), (("prod", ""), 0), (("prod", "prod"), 0)):
        linter = Linter()
        for path, cluster in zip(("a", "b"), clusters, strict=True):
            text = manifest(password=blob()) if path == "b" else _with_entry(manifest(user=blob()))
            linter.add(path, text.encode(), cluster=cluster)
        names = [each.rule.name for each in linter.findings()]
        assert names.count("template-without-item") == count


def _with_entry(text: str) -> str:
    return f"{text}    data: {{conf: '{{{{ .password }}}}{{{{ .user }}}}'}}\n"


def _missing_items(files: dict[str, str]) -> int:
    return [each.rule.name for each in _findings(files)].count("template-without-item")
