"""docs/hook.md explains every rule under its anchor, and its examples are true."""

import json
import re
from pathlib import Path

import pytest
import yaml

from sealer.detect import scan
from sealer.detect.rules import RULES, Rule
from sealer_hooks.main import main
from tests.detect.table import SEALED
from tests.hooks.repository import ROOT

PAGE = (ROOT / "docs" / "hook.md").read_text()


def _section(rule: Rule) -> str:
    """Return what the page says under a rule's anchor."""
    _, _, rest = PAGE.partition(f'<a id="{rule.id.lower()}"></a>\n')
    return re.split(r"\n(?:<a id=|## )", rest)[0]


def _examples(rule: Rule) -> list[bytes]:
    fences = re.findall(r"```yaml\n(.*?)```", _section(rule), re.DOTALL)
    return [fence.replace("AgCx…", SEALED).encode() for fence in fences]


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_page_explains_the_rule(rule: Rule) -> None:
    """Anchor, name, severity and reason are those of the program."""
    section = _section(rule)
    assert f"### {rule.id} {rule.name}\n" in section
    assert f"{rule.severity.value.capitalize()}s. *{rule.reason}*" in section
    assert "\nBefore:\n" in section
    assert "\nAfter" in section


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_page_examples_are_true(rule: Rule) -> None:
    """What stands before is found by that rule; what stands after passes."""
    before, *after = _examples(rule)
    assert {finding.rule for finding in scan("a.yaml", before).findings} == {rule.id}
    for example in after:
        assert scan("a.yaml", example) == ((), ())


def test_page_has_no_rule_of_its_own() -> None:
    """A rule that went away leaves the page as well."""
    assert set(re.findall(r"\bSH\d{3}\b", PAGE)) == set(RULES)


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
    (sample,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
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
