"""Reports for programs: each is what its reader expects, whatever files are called."""

import json
import re
import sys
import xml.etree.ElementTree as ET
from importlib.metadata import PackageNotFoundError
from typing import Any
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer import __version__
from sealer.detect import scan
from sealer.detect.rules import RULES
from sealer_hooks.arguments import FORMATS
from sealer_hooks.main import main
from sealer_hooks.report import render
from sealer_hooks.report import sarif as sarif_module
from sealer_hooks.verdict import Allowed, Verdict
from tests.hooks import sarif
from tests.hooks.repository import HARMLESS, Repository

SECRET = "kind: Secret\nmetadata: {name: db, namespace: shop}\nstringData: {a: xy, b: z}\n"
# A file name as it may stand in a repository.
PATHS = st.binary(min_size=1, max_size=30).filter(lambda data: b"\0" not in data)


def _verdict(path: str = "apps/db.yaml", text: str = SECRET) -> Verdict:
    verdict = Verdict()
    verdict.findings.extend(scan(path, text.encode()).findings)
    verdict.scanned = 3
    return verdict


def _full(path: str = "apps/db.yaml") -> Verdict:
    """Return a verdict with one of everything, and two findings."""
    verdict = _verdict(path)
    *_, finding = verdict.findings
    verdict.findings.extend(scan("README.md", b"kind: Secret\nstringData: {a: xy}\n").findings)
    elsewhere = finding._replace(key="c", pointer="/2/stringData/c")
    verdict.allowed.append(Allowed(elsewhere, "comment", "a test: 100%, fine"))
    verdict.undecided += [(path, 7, 3, "is too deep"), (path, 0, 0, "cannot be read")]
    verdict.skipped.append((path, "is larger"))
    return verdict


def _text(form: str, verdict: Verdict, *, show_allowed: bool = False) -> str:
    return "\n".join(render(form, verdict, show_allowed=show_allowed))


def _run(verdict: Verdict, *, show_allowed: bool = False) -> dict[str, Any]:
    log = json.loads(_text("sarif", verdict, show_allowed=show_allowed))
    assert list(sarif.faults(log)) == []
    run: dict[str, Any] = log["runs"][0]
    return run


@pytest.mark.parametrize("form", FORMATS)
def test_formats_nothing_found_is_a_report_too(form: str) -> None:
    """A program that reads the report needs one every time."""
    text = _text(form, Verdict())
    expected: dict[str, object] = {
        "text": "",
        "json": {"findings": [], "scanned": 0, "skipped": [], "allowed": 0},
        "github": "",
        "gitlab": [],
    }
    if form == "sarif":
        assert _run(Verdict())["results"] == []
    elif form == "junit":
        assert ET.fromstring(text).get("failures") == "0"  # noqa: S314 - our own text
    else:
        assert (json.loads(text) if form in ("json", "gitlab") else text) == expected[form]


@pytest.mark.parametrize("form", FORMATS)
@given(data=PATHS)
def test_formats_any_path_makes_a_report_that_can_be_read(form: str, data: bytes) -> None:
    """A name can neither break a format nor forge anything in it."""
    verdict = _full(data.decode(errors="surrogateescape"))
    text = _text(form, verdict, show_allowed=True)
    text.encode()
    if form == "sarif":
        _run(verdict)
    elif form == "junit":
        ET.fromstring(text)  # noqa: S314 - our own text
    elif form == "github":
        assert len(text.split("\n")) == 7
        assert re.fullmatch(r"(?:::(?:error|warning|notice) [^\n\r]*\n?){7}", text)
    elif form != "text":
        json.loads(text)


@pytest.mark.parametrize("form", FORMATS)
def test_formats_show_what_is_allowed_only_on_request(form: str) -> None:
    """With its reason, and as nothing that fails."""
    reason = "a test: 100%25, fine" if form == "github" else "a test: 100%, fine"
    assert reason not in _text(form, _full())
    assert reason in _text(form, _full(), show_allowed=True)


def test_json_lists_allowances_beside_the_findings() -> None:
    """A number says how many; the list says which, by whom and why."""
    report = json.loads(_text("json", _full(), show_allowed=True))
    assert report["allowed"] == 1
    (allowance,) = report["allowances"]
    assert (allowance["key"], allowance["by"]) == ("c", "comment")
    assert "allowances" not in json.loads(_text("json", _full()))


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"json"}))
def test_formats_tell_the_commit(form: str) -> None:
    """What a later commit removes stays in it, so that it has to be known."""
    verdict = _verdict()
    verdict.origins = dict.fromkeys(verdict.findings, "0123456789abcdef" * 2)
    assert _text(form, verdict).count("in commit 0123456789ab") == 2
    verdict.origins = dict.fromkeys(verdict.findings, ":")
    assert "in commit" not in _text(form, verdict)


def test_sarif_checker_finds_faults() -> None:
    """The rules that the report is held against do refuse something."""
    log = json.loads(_text("sarif", _verdict()))
    run = log["runs"][0]
    run["results"][0]["snippet"] = "x"
    run["results"][0]["level"] = "fatal"
    run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    del run["tool"]["driver"]["name"]
    where = "/runs/0/results/0"
    assert set(sarif.faults(log)) == {
        "/runs/0/tool/driver/name: missing",
        f"{where}/snippet: unknown",
        f"{where}/level: 'fatal'",
        f"{where}/locations/0/physicalLocation/region/startLine: 0",
    }


def test_sarif_results_tell_rule_place_and_way_out() -> None:
    """Everything that a service shows beside the line."""
    run = _run(_full())
    first, *_, warning = run["results"]
    rule = run["tool"]["driver"]["rules"][first["ruleIndex"]]
    assert (first["ruleId"], rule["id"], rule["name"]) == ("SH001", "SH001", "ReadableValue")
    assert (first["level"], warning["level"]) == ("error", "warning")
    assert first["message"]["text"] == (
        "SH001 shop/db a: anyone can read this value of a Secret (2 bytes). "
        "Fix: sealer seal --in-place apps/db.yaml"
    )
    region = first["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == (3, 17)


def test_sarif_has_every_rule_with_what_services_show_of_it() -> None:
    """GitHub cuts descriptions at 1024 characters, and takes ten tags."""
    rules = _run(Verdict())["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    for rule in rules:
        assert len(rule["fullDescription"]["text"]) <= 1024
        assert rule["properties"]["tags"] == ["security"]
        assert 0 < float(rule["properties"]["security-severity"]) <= 10
        assert "{" not in rule["help"]["text"].replace("${PASSWORD}", "")


def test_sarif_names_the_version_of_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the package has it: an installation may lack its metadata, or have old ones."""

    def refuse(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", refuse)
    monkeypatch.delitem(sys.modules, "sealer_hooks.report.sarif")
    log = json.loads("".join(render("sarif", _verdict())))
    assert log["runs"][0]["tool"]["driver"]["version"] == __version__


def test_sarif_open_places_make_the_run_a_failure() -> None:
    """What could not be examined is no success, and is told."""
    (invocation,) = _run(_full())["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    texts = [each["message"]["text"] for each in invocation["toolExecutionNotifications"]]
    assert texts == [
        "could not decide: is too deep",
        "could not decide: cannot be read",
        "skipped: is larger",
    ]


def test_sarif_allowed_findings_are_suppressed_results() -> None:
    """A comment stands in the source; policy and baseline do not."""
    verdict = _full()
    verdict.allowed.append(Allowed(verdict.findings[0]._replace(key="d"), "policy", "x"))
    results = _run(verdict, show_allowed=True)["results"]
    kinds = [each["kind"] for result in results for each in result.get("suppressions", ())]
    assert kinds == ["inSource", "external"]


def test_sarif_too_many_results_are_cut_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services refuse a report that is too long; what blocks is kept."""
    monkeypatch.setattr(sarif_module, "MOST_RESULTS", 2)
    verdict = _full()
    verdict.findings.reverse()
    run = _run(verdict)
    assert [result["level"] for result in run["results"]] == ["error", "error"]
    *_, note = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("1 result left out")


def _marks(verdict: Verdict) -> list[str]:
    results = _run(verdict)["results"]
    sarif_marks = [each["partialFingerprints"]["primaryLocationLineHash"] for each in results]
    gitlab_marks = [each["fingerprint"] for each in json.loads(_text("gitlab", verdict))]
    assert sarif_marks == gitlab_marks
    return sarif_marks


def test_fingerprints_stay_when_lines_move_and_values_change() -> None:
    """They are made of path, pointer and rule only."""
    moved = f"# note\n\n{SECRET}".replace("xy", "another value")
    assert _marks(_verdict()) == _marks(_verdict(text=moved))
    assert _marks(_verdict()) != _marks(_verdict(path="apps/other.yaml"))


def test_fingerprints_are_all_different() -> None:
    """GitLab shows only one issue of each; a push may bring several contents of one path."""
    verdict = _verdict()
    verdict.findings += verdict.findings
    assert len(set(_marks(verdict))) == 4


@given(PATHS)
def test_sarif_uri_is_the_path(data: bytes) -> None:
    """Resolved against the root of the repository, it is that very file, byte for byte."""
    path = b"./" + data.strip(b"/") if data.strip(b"/") else b"a"
    (result, *_) = _run(_verdict(path.decode(errors="surrogateescape")))["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert urlsplit(uri).scheme == ""
    parts = [part for part in path.split(b"/") if part not in (b"", b".")]
    if b".." not in parts:
        root = "https://example.com/root/"
        assert unquote_to_bytes(urljoin(root, uri)) == root.encode() + (b"/".join(parts) or b"")


def test_sarif_uri_of_an_absolute_path_has_a_scheme() -> None:
    """Then it is relative to nothing."""
    (result, *_) = _run(_verdict("/a b/c.yaml"))["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "file:///a%20b/c.yaml"


def test_github_annotations_are_commands_with_a_place() -> None:
    """Errors stop the commit, warnings do not, and the rest is only told."""
    first, *_, warning, deep, unread, skipped = render("github", _full("a,b:c%.yaml"))
    assert first == (
        "::error file=a%2Cb%3Ac%25.yaml,line=3,col=17,title=SH001 readable-value::"
        "SH001 shop/db a: anyone can read this value of a Secret (2 bytes)%0A"
        "fix: sealer seal --in-place a,b:c%25.yaml"
    )
    assert warning.startswith("::warning file=README.md,line=2,")
    assert deep.startswith("::error file=a%2Cb%3Ac%25.yaml,line=7,col=3,title=sealer-hook::")
    assert unread.startswith("::error file=a%2Cb%3Ac%25.yaml,title=sealer-hook::could not decide")
    assert skipped.startswith("::notice file=a%2Cb%3Ac%25.yaml,title=sealer-hook::skipped")


@pytest.mark.parametrize("path", ["::error::forged", " ::add-mask::a", "x##[error]forged"])
def test_text_is_no_command_for_a_ci_machine(path: str) -> None:
    """A log is read for commands too; a file name is none."""
    for line in render("text", _full(path), show_allowed=True):
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


@pytest.mark.parametrize("form", FORMATS)
def test_formats_words_of_a_policy_forge_nothing(
    form: str, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever sends a change writes its `.sealer.yaml`, and faults quote what stands in it."""
    forged = r"x\n::error file=a::owned \e[31m##[error]red"
    repository.write(".sealer.yaml", f'version: 1\n"{forged}": 1\nhook: {{"{forged}": 1}}\n')
    repository.write("sub/.sealer.yaml", f'version: "{forged}"\n')
    repository.write("sub/a.yaml", HARMLESS)
    assert main(["--staged", "--format", form]) == 2
    captured = capsys.readouterr()
    for text in captured:
        assert "\x1b" not in text
        for line in text.splitlines():
            assert not line.lstrip().startswith("::error file=a:")
            assert form in ("json", "sarif", "gitlab") or "##[" not in line
    assert form == "text" or captured.out


def test_gitlab_issues_have_a_path_that_gitlab_knows() -> None:
    """It compares texts: `./a` is another file than `a`."""
    issues = json.loads(_text("gitlab", _full("./apps/db.yaml")))
    assert {issue["location"]["path"] for issue in issues} == {"apps/db.yaml", "README.md"}
    severities = [issue["severity"] for issue in issues]
    assert severities == ["blocker", "blocker", "minor", "blocker", "blocker"]
    assert [issue["location"]["lines"]["begin"] for issue in issues] == [3, 3, 2, 7, 1]
    assert issues[0]["check_name"] == "SH001 readable-value"


def test_junit_counts_agree_with_its_cases() -> None:
    """Findings fail, open places are errors, warnings pass, and something was tested at all."""
    root = ET.fromstring(_text("junit", _full(), show_allowed=True))  # noqa: S314 - our own text
    (suite,) = root
    cases = list(suite)
    assert suite.get("tests") == str(len(cases))
    for outcome, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert suite.get(name) == root.get(name) == str(len(suite.findall(f"*/{outcome}"))) == "2"
    assert cases[0].get("name") == "3 files examined"
    assert cases[1].get("name") == "SH001 readable-value shop/db a"
    assert cases[1].get("file") == "apps/db.yaml"
    (warning,) = suite.findall("*/system-out")
    assert "README.md:2:17: SH001 a: " in (warning.text or "")
