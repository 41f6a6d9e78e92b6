"""docs/hook.md explains every rule under its anchor, and its examples are true."""

import json
import re
from pathlib import Path

import pytest
import yaml

from sealer.detect.rules import RULES, Rule, Severity
from sealer.policy.hook import ALLOW_FIELDS, HOOK_FIELDS
from sealer.policy.read import read_policy
from sealer_hooks.main import main
from tests.detect.table import SEALED
from tests.hooks.repository import ROOT, Repository

PAGE = (ROOT / "docs" / "hook.md").read_text()


# Rules about what changes: a single file is no example of them.
_OF_CHANGES = {"SH022", "SH023", "SH025"}
_EXAMPLE = re.compile(
    r"^(?P<when>Before|After)\b(?:, in `(?P<name>[^`]+)`)?[^\n]*:\n\n"
    r"(?P<fence>```+)\w+\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)


def _section(rule: Rule) -> str:
    """Return what the page says under a rule's anchor."""
    _, _, rest = PAGE.partition(f'<a id="{rule.id.lower()}"></a>\n')
    return re.split(r"\n(?:<a id=|## )", rest)[0]


def _examples(rule: Rule) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the name of a rule's example file, and what stands in it before and after."""
    found = list(_EXAMPLE.finditer(_section(rule)))
    name = next((each["name"] for each in found if each["name"]), "a.yaml")
    texts = [(each["when"], each["text"].replace("AgCx…", SEALED).encode()) for each in found]
    return name, texts


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_page_explains_the_rule(rule: Rule) -> None:
    """Anchor, name, severity and reason are those of the program."""
    section = _section(rule)
    verb = {"block": "Blocks", "warn": "Warns", "off": "Off"}[rule.severity.value]
    assert f"### {rule.id} {rule.name}\n" in section
    assert f"{verb}. *{rule.reason}*" in section
    assert "\nBefore" in section
    assert "\nAfter" in section
    row = f"| [{rule.id}](#{rule.id.lower()}) {rule.name} | {verb.lower()} | {rule.reason} |\n"
    assert row in PAGE


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_page_examples_are_true(
    rule: Rule, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """What stands before is found by that rule; what stands after passes."""
    name, examples = _examples(rule)
    if rule.id not in _OF_CHANGES:
        assert examples[0][0] == "Before"
    if rule.severity is Severity.OFF:
        repository.write(".sealer.yaml", f"version: 1\nhook: {{rules: {{{rule.id}: warn}}}}\n")
    repository.write("db.env", "PASSWORD=hunter2\n")  # which an example names
    for when, data in examples:
        repository.write(name, data)
        main(["--format=json", name])
        report = json.loads(capsys.readouterr().out)
        found = {each["rule"] for each in report["findings"]}
        assert (found, report["skipped"]) == ({rule.id} if when == "Before" else set(), [])


def test_page_has_no_rule_of_its_own() -> None:
    """A rule that went away leaves the page as well."""
    assert set(re.findall(r"\bSH\d{3}\b", PAGE)) == set(RULES)


def test_page_shows_a_policy_that_can_be_read() -> None:
    """With every field that there is."""
    (sample,) = re.findall(r"```yaml\n(version: 1\n.*?)```", PAGE, re.DOTALL)
    policy = read_policy(sample.encode()).hook
    assert policy.refuses_new_allows
    assert policy.severities["SH023"] is Severity.BLOCK
    assert all(f"{field}:" in sample for field in (*HOOK_FIELDS, *ALLOW_FIELDS))


def test_page_shows_the_help_text(capsys: pytest.CaptureFixture[str]) -> None:
    """The page and the program say the same."""
    main(["--help"])
    shown = re.search(r"<!-- help -->\n```text\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    assert shown[1] == capsys.readouterr().out


def test_page_shows_the_report(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sample report is what the program prints."""
    monkeypatch.chdir(tmp_path)
    path = Path("apps/db.yaml")
    path.parent.mkdir()
    head = (
        "# the shop's database\napiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}"
    )
    path.write_text(f"{head}\nstringData:\n\n  password: 'hunter2'\n")
    main([str(path)])
    assert f"```text\n{capsys.readouterr().out}```" in PAGE
    main(["--format=json", str(path)])
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    (sample,) = re.findall(r"```json\n(\{\"findings\".*?)```", PAGE, re.DOTALL)
    assert json.loads(sample)["findings"] == [finding]


def test_framework_file_offers_the_hooks() -> None:
    """The framework must pass every file, and any name."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    offered = {hook["id"]: (hook["args"], hook["stages"]) for hook in hooks}
    assert offered == {
        "sealer-hook": (["--"], ["pre-commit", "pre-merge-commit"]),
        "sealer-hook-push": (["--pre-push"], ["pre-push"]),
        "sealer-hook-fix": (["--fix", "--"], ["manual"]),
    }
    readme = (ROOT / "hooks" / "README.md").read_text()
    for hook in hooks:
        assert (hook["entry"], hook["language"]) == ("sealer-hook", "python")
        assert hook["minimum_pre_commit_version"] == "3.2.0"
        assert not {"types", "types_or", "exclude_types", "files"} & set(hook)
        assert f"  - id: {hook['id']}\n" in readme


def test_framework_file_lets_no_push_pass_unseen() -> None:
    """A push whose last commit removes a Secret again has no difference to show."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    (push,) = [hook for hook in hooks if hook["id"] == "sealer-hook-push"]
    assert (push["always_run"], push["pass_filenames"]) == (True, False)
