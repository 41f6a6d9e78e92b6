"""What may pass, and which revision says so: comments, `.sealer.yaml`, in real repositories."""

import json
import os
import re
from datetime import date

import pytest

from sealer.detect.rules import RULES
from sealer_hooks.main import main
from sealer_hooks.policy import HookPolicy
from sealer_hooks.sources import Source
from sealer_hooks.sources.content import LONGEST_SCAN, Content
from sealer_hooks.sources.files import FileSource
from sealer_hooks.sources.push import pre_receive
from sealer_hooks.sources.revisions import between, history
from sealer_hooks.verdict import Verdict
from tests.hooks.repository import HARMLESS, SECRET, Repository, examine

ZEROS = "0" * 40
COMMENT = "# sealer:allow SH001 a database of the tests\n"
COMMENTED = SECRET.replace("stringData", f"{COMMENT}stringData")
OFF = "version: 1\nhook: {rules: {SH001: off}}\n"
ALLOW = """\
version: 1
hook:
  allow:
  - {path: "tests/**", document: db, item: password, rule: SH001, reason: a fixture}
"""
BROKEN = "version: 1\nhook:\n  rule: {SH001: off}\n"
SEALED_LATER = "version: 1\nhook: {allow: [], new-allows: block}\n"


def _allowed(verdict: Verdict) -> list[tuple[str, str, str]]:
    return [(each.finding.path, each.by, each.reason) for each in verdict.allowed]


def _rules(verdict: Verdict) -> list[str]:
    return [each.rule for each in verdict.findings]


def _files(*paths: str) -> FileSource:
    return FileSource(paths, "")


def test_comment_with_a_reason_lets_a_value_pass(repository: Repository) -> None:
    """It is counted, and its reason is kept for whoever asks."""
    repository.write("a.yaml", COMMENTED)
    for verdict in (repository.staged(), examine(_files("a.yaml"))):
        assert (verdict.exit_code, verdict.findings) == (0, [])
        assert _allowed(verdict) == [("a.yaml", "comment", "a database of the tests")]


def test_comment_in_a_file_without_secrets_is_told(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever moved the Secret away has forgotten the comment; it stops nobody."""
    repository.write("a.yaml", f"a: b {COMMENT}")
    verdict = repository.staged()
    assert (verdict.exit_code, _rules(verdict)) == (0, ["SH024"])
    main(["--staged"])
    assert "if it is no secret" not in capsys.readouterr().out  # it is not about a value


def test_policy_lets_pass_what_it_names(repository: Repository) -> None:
    """Path, object, item and rule have to fit, all of them."""
    repository.write(".sealer.yaml", ALLOW)
    for path in ("tests/a.yaml", "b.yaml"):
        repository.write(path)
    repository.write("tests/c.yaml", SECRET.replace("db", "web"))
    repository.write("tests/d.yaml", SECRET.replace("password", "pin"))
    repository.write("tests/e.yaml", SECRET.replace("name: db", "name: db, namespace: shop"))
    verdict = repository.staged()
    assert _allowed(verdict) == [("tests/a.yaml", "policy", "a fixture")]
    assert sorted(each.path for each in verdict.findings) == [
        "b.yaml",
        "tests/c.yaml",
        "tests/d.yaml",
        "tests/e.yaml",
    ]


@pytest.mark.parametrize(
    ("document", "item", "passes"),
    [
        ("shop/db", "password", True),
        ("shop/*", "pass*", True),
        ("*/d?", "*", True),
        ("", "", True),
        ("db", "password", False),
        ("*", "password", False),
        ("shop/db", "pass", False),
    ],
)
def test_policy_patterns_are_of_what_the_finding_shows(
    repository: Repository, document: str, item: str, *, passes: bool
) -> None:
    """`namespace/name` and the key, with `*` and `?`; what is left out narrows nothing."""
    entry = {"path": "a.yaml", "rule": "SH001", "reason": "x"}
    entry |= {"document": document} if document else {}
    entry |= {"item": item} if item else {}
    repository.write(".sealer.yaml", json.dumps({"version": 1, "hook": {"allow": [entry]}}))
    repository.write("a.yaml", SECRET.replace("name: db", "name: db, namespace: shop"))
    assert (repository.staged().exit_code == 0) is passes


@pytest.mark.parametrize("text", [SECRET, SECRET.replace("hunter2", '"hunter2{{ x }}"')])
def test_policy_reason_that_repeats_a_part_of_the_value_is_not_shown(
    repository: Repository, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """A report never holds a value, whoever wrote it down where; as for comments."""
    reason = "reason: the password is hunter2"
    allow = ALLOW.replace("tests/**", "**").replace("document: db, item: password, ", "")
    both = f"{allow}{allow[allow.index('  -') :].replace('SH001', 'SH005')}"
    repository.write("a.yaml", text)
    repository.write(".sealer.yaml", both)
    verdict = repository.staged()
    assert _allowed(verdict) == [("a.yaml", "policy", "a fixture")]
    repository.write(".sealer.yaml", both.replace("reason: a fixture", reason))
    assert _allowed(repository.staged()) == [("a.yaml", "policy", "")]
    for form in ("text", "json", "sarif", "github", "gitlab", "junit"):
        assert main(["--staged", "--show-allowed", f"--format={form}"]) == 0
        assert "hunter" not in "".join(capsys.readouterr())


def test_policy_entry_is_about_one_rule(repository: Repository) -> None:
    """What else is found at the same place stands."""
    repository.write(".sealer.yaml", ALLOW.replace("SH001", "SH002"))
    repository.write("tests/a.yaml")
    assert _rules(repository.staged()) == ["SH001"]


def test_policy_entry_counts_until_its_last_day(repository: Repository) -> None:
    """That day included."""
    repository.write(".sealer.yaml", ALLOW.replace("SH001,", "SH001, until: 2026-06-15,"))
    repository.write("tests/a.yaml")
    source = _files("tests/a.yaml")
    (content,) = source.contents()
    (finding,) = examine(source).findings
    for day, count in ((date(2026, 6, 15), 1), (date(2026, 6, 16), 0)):
        _, allowed = HookPolicy(source, today=day).judge(content, [finding])
        assert len(allowed) == count


def test_policy_entry_past_its_last_day_is_told_where_its_finding_stands(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever meets the value again reads why; where another entry counts, nothing is said."""
    entry = '  - {{path: "{}", rule: SH001, reason: a fixture, until: {}}}\n'.format
    past = entry("tests/*", "2020-01-31") + entry("tests/*", "2021-01-31")
    policy = f"version: 1\nhook:\n  allow:\n{past}"
    repository.write(".sealer.yaml", policy)
    for path in ("tests/a.yaml", "b.yaml"):
        repository.write(path)
    assert main(["--staged"]) == 1
    said = {line.partition(":")[0]: line for line in capsys.readouterr().out.splitlines()}
    note = "the entry of .sealer.yaml that let it pass ended with 2021-01-31"
    assert f"anyone can read this value of a Secret: {note} (7 bytes)" in said["tests/a.yaml"]
    assert "ended" not in said["b.yaml"]
    repository.write(".sealer.yaml", policy + entry("tests/*", "9999-01-31"))
    assert main(["tests/a.yaml"]) == 0


def test_policy_sets_severities(repository: Repository) -> None:
    """To block, warn or off; off is not even counted."""
    repository.write("a.yaml")
    for word, code, count in (("block", 1, 1), ("warn", 0, 1), ("off", 0, 0)):
        repository.write(".sealer.yaml", OFF.replace("off", word))
        verdict = repository.staged()
        assert (verdict.exit_code, len(verdict.findings), verdict.allowed) == (code, count, [])


def test_policy_names_placeholders(repository: Repository) -> None:
    """Whole values, in the clear and in base64."""
    repository.write(".sealer.yaml", "version: 1\nhook: {placeholders: [changeme]}\n")
    repository.write("a.yaml", SECRET.replace("hunter2", "changeme"))
    repository.write("b.yaml", SECRET.replace("hunter2", "changeme2"))
    repository.write("c.yaml", "kind: Secret\ndata: {a: Y2hhbmdlbWU=}\n")
    assert [each.path for each in repository.staged().findings] == ["b.yaml"]


def test_nearest_policy_counts(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for `sealer` itself; its patterns begin where it is."""
    repository.write("apps/.sealer.yaml", ALLOW)
    repository.write(".sealer.yaml", OFF.replace("SH001", "SH002"))
    repository.write("apps/tests/deep/a.yaml")
    repository.write("tests/b.yaml")
    assert [each.path for each in repository.staged().findings] == ["tests/b.yaml"]
    monkeypatch.chdir(repository.folder / "apps")
    folder = str(repository.folder / "apps")
    verdict = examine(FileSource(["tests/deep/a.yaml", "../tests/b.yaml"], folder))
    assert [each.path for each in verdict.findings] == ["../tests/b.yaml"]
    assert [each.path for each in repository.staged().findings] == ["tests/b.yaml"]


def test_policy_behind_a_link_counts(repository: Repository) -> None:
    """In the work tree and in git, which keeps the link's own text; one to nowhere is broken."""
    repository.write("config/sealer.yaml", OFF)
    repository.write("a.yaml")
    link = repository.folder / ".sealer.yaml"
    for target, code in (
        ("config/sealer.yaml", 0),
        ("./config/../config/sealer.yaml", 0),
        ("x", 2),
    ):
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        repository.git("add", ".sealer.yaml")
        assert repository.staged().exit_code == code
        assert examine(_files("a.yaml")).exit_code == code


def test_staged_policy_is_that_of_the_index(repository: Repository) -> None:
    """What is not staged is not committed, and allows nothing; nor does a policy taken away."""
    repository.write("a.yaml")
    repository.write(".sealer.yaml", OFF, add=False)
    assert repository.staged().exit_code == 1
    repository.git("add", ".sealer.yaml")
    assert repository.staged().exit_code == 0
    (repository.folder / ".sealer.yaml").unlink()
    assert repository.staged().exit_code == 0
    repository.git("rm", "--quiet", "--cached", ".sealer.yaml")
    assert repository.staged().exit_code == 1


@pytest.mark.parametrize("text", [BROKEN, "", "{", "version: 2\n", b"\xff\xfe\xff"])
def test_broken_policy_is_no_decision(repository: Repository, text: str | bytes) -> None:
    """Even where no file asks it: whoever breaks it is the one who can mend it."""
    repository.write("a.yaml", HARMLESS)
    repository.write(".sealer.yaml", text)
    for verdict in (repository.staged(), examine(_files("a.yaml"))):
        assert verdict.exit_code == 2
        ((path, _, _, reason),) = verdict.undecided
        assert path == ".sealer.yaml"
        assert reason.startswith("what may pass is unknown: ")


def test_broken_policy_stops_what_needs_none(repository: Repository) -> None:
    """Once it is there, every commit tells it, and not only the next one with a Secret."""
    repository.write(".sealer.yaml", BROKEN)
    repository.commit("--no-verify")
    repository.write("a.txt", "words\n")
    assert repository.staged().exit_code == 2
    assert examine(_files("a.txt")).exit_code == 2


def test_broken_policy_lets_nothing_pass_and_is_told_once(repository: Repository) -> None:
    """Findings are reported beside the place of the fault."""
    repository.write(".sealer.yaml", BROKEN)
    repository.write("a.yaml")
    repository.write("b.yaml")
    verdict = repository.staged()
    assert [each.path for each in verdict.findings] == ["a.yaml", "b.yaml"]
    ((_, line, column, reason),) = verdict.undecided
    assert (line, column) == (3, 3)
    assert "there is no setting rule here (did you mean rules?)" in reason


def test_policy_that_cannot_be_read_is_broken(repository: Repository) -> None:
    """It is not the same as none: what it forbids is unknown."""
    repository.write("a.yaml", HARMLESS)
    policy = repository.folder / ".sealer.yaml"
    policy.mkdir()
    assert examine(_files("a.yaml")).undecided == [
        (".sealer.yaml", 0, 0, "what may pass is unknown: it is no regular file")
    ]
    policy.rmdir()
    policy.symlink_to("missing")
    ((*_, reason),) = examine(_files("a.yaml")).undecided
    assert reason.endswith("it cannot be read: No such file or directory")
    policy.unlink()
    policy.write_bytes(b"#" * (LONGEST_SCAN + 1))
    ((*_, reason),) = examine(_files("a.yaml")).undecided
    assert reason.endswith("it is larger than any honest one")


def test_broken_policy_further_down_is_told(repository: Repository) -> None:
    """When it comes, and when a file asks it."""
    repository.write("apps/.sealer.yaml", BROKEN)
    verdict = repository.staged()
    assert [each[0] for each in verdict.undecided] == ["apps/.sealer.yaml"]
    repository.commit("--no-verify")
    repository.write("apps/a.yaml")
    assert repository.staged().exit_code == 2


@pytest.mark.parametrize("folder", ["", "sub"])
def test_file_outside_the_repository_has_no_policy(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """Whichever way it is named, and though another repository's policy lets such files pass."""
    repository.write(".sealer.yaml", OFF)
    repository.write("sub/inside.yaml")
    outside = repository.folder.parent / "other" / "outside.yaml"
    outside.parent.mkdir()
    for path in (outside, repository.folder.parent / "outside.yaml"):
        path.write_text(SECRET)
        monkeypatch.chdir(repository.folder / folder)
        for name in (str(path), os.path.relpath(path)):
            source = FileSource([name], os.getcwd())  # noqa: PTH109 - as the hook asks
            assert examine(source).exit_code == 1
        inside = os.path.relpath(repository.folder / "sub" / "inside.yaml")
        assert examine(FileSource([inside], os.getcwd())).exit_code == 0  # noqa: PTH109 - as above
    assert examine(_files("/nowhere.yaml")).exit_code == 2


# Changes that come from elsewhere: policy and baseline are those of the base revision.


@pytest.fixture
def branched(repository: Repository) -> Repository:
    """Return a repository with something on `main`, and the branch `work` at the same place."""
    repository.write("x.yaml", HARMLESS)
    repository.commit()
    repository.git("checkout", "--quiet", "-b", "work")
    return repository


def _between(repository: Repository, old: str = "main", new: str = "work") -> Source:
    return between(repository.opened(), old, new)


def _on_main(repository: Repository, **files: str) -> None:
    """Commit files to `main`, and take `work` there."""
    repository.git("checkout", "--quiet", "main")
    for name, text in files.items():
        repository.write("." + name.replace("_", ".") if name.startswith("sealer") else name, text)
    repository.commit()
    repository.git("checkout", "--quiet", "-B", "work")


def test_range_cannot_allow_itself(branched: Repository) -> None:
    """Neither by a policy nor by a baseline that comes with it."""
    branched.write(".sealer.yaml", OFF)
    branched.write("a.yaml")
    branched.commit()
    assert _rules(examine(_between(branched))) == ["SH001"]


def test_range_is_judged_by_the_policy_of_its_base(branched: Repository) -> None:
    """Even if the change takes that policy away, or the base branch has another by now."""
    _on_main(branched, sealer_yaml=OFF)
    branched.git("rm", "--quiet", ".sealer.yaml")
    branched.write("a.yaml")
    branched.commit()
    assert examine(_between(branched)).exit_code == 0
    branched.git("checkout", "--quiet", "main")
    branched.git("rm", "--quiet", ".sealer.yaml")
    branched.commit()
    assert examine(_between(branched)).exit_code == 0


def test_received_change_cannot_allow_itself(branched: Repository) -> None:
    """A new branch is judged by the default branch, one that is there by where it left that."""
    branched.write(".sealer.yaml", OFF)
    branched.write("a.yaml")
    branched.commit()
    tip, old = branched.id("work"), branched.id("main")
    branched.git("checkout", "--quiet", "main")
    for before in (old, ZEROS):
        sources = pre_receive(branched.opened(), f"{before} {tip} refs/heads/work\n")
        branched.git("update-ref", "-d", "refs/heads/work")  # git makes it only afterwards
        assert _rules(examine(*sources)) == ["SH001"]


def test_broken_policy_of_the_base_is_no_decision(branched: Repository) -> None:
    """For what needs a policy. The change that mends it can pass."""
    _on_main(branched, sealer_yaml=BROKEN)
    branched.write(".sealer.yaml", OFF)
    branched.commit()
    assert examine(_between(branched)).exit_code == 0
    branched.write("a.yaml")
    branched.commit()
    assert examine(_between(branched)).exit_code == 2


def test_broken_policy_that_comes_is_no_decision(branched: Repository) -> None:
    """Once merged, it would stop everybody; one that was mended on the way does not."""
    branched.write(".sealer.yaml", BROKEN)
    branched.commit()
    assert examine(_between(branched)).exit_code == 2
    branched.write(".sealer.yaml", OFF)
    branched.commit()
    assert examine(_between(branched)).exit_code == 0


def test_new_comment_counts_and_is_listed(branched: Repository) -> None:
    """At the comment, with the object and item that it lets pass."""
    branched.write("a.yaml", COMMENTED)
    branched.commit()
    verdict = examine(_between(branched))
    (told,) = verdict.findings
    assert (told.rule, told.path, told.line, told.column) == ("SH025", "a.yaml", 4, 1)
    assert (told.name, told.key) == ("db", "password")
    assert (verdict.exit_code, len(verdict.allowed)) == (0, 1)


def test_old_comment_is_not_listed_again(branched: Repository) -> None:
    """Though the file changes, or the policy takes no new ones."""
    _on_main(branched, **{"a.yaml": COMMENTED, "sealer_yaml": SEALED_LATER})
    branched.write("a.yaml", COMMENTED + "# more\n")
    branched.commit()
    verdict = examine(_between(branched))
    assert (verdict.exit_code, verdict.findings, len(verdict.allowed)) == (0, [], 1)


def test_old_comment_in_a_file_of_almost_the_same_name_is_new(branched: Repository) -> None:
    """A name may end in a carriage return, which git passes over where it is asked by lines."""
    _on_main(branched, **{"a.yaml": COMMENTED})
    branched.write("a.yaml\r", COMMENTED.replace("hunter2", "hunter3"))
    branched.commit()
    assert _rules(examine(_between(branched))) == ["SH025"]


def test_old_comment_at_another_value_is_new(branched: Repository) -> None:
    """A comment that is moved says something new."""
    _on_main(branched, **{"a.yaml": COMMENTED})
    branched.write("a.yaml", COMMENTED.replace("password:", "pin:"))
    branched.commit()
    assert _rules(examine(_between(branched))) == ["SH025"]


def test_new_comment_is_refused_where_the_base_says_so(branched: Repository) -> None:
    """The value stands, and the reason is told at the comment. The change's own word is nothing."""
    _on_main(branched, sealer_yaml=SEALED_LATER)
    branched.write(".sealer.yaml", "version: 1\n")
    branched.write("a.yaml", COMMENTED)
    branched.commit()
    verdict = examine(_between(branched))
    assert (verdict.exit_code, _rules(verdict), verdict.allowed) == (1, ["SH001", "SH024"], [])
    assert verdict.findings[1].detail.startswith("it is new, and the policy")


def test_new_comment_in_a_commit_is_not_listed(repository: Repository) -> None:
    """Whoever writes it knows it; `new-allows` is for those who take the change in."""
    repository.write(".sealer.yaml", SEALED_LATER)
    repository.commit()
    repository.write("a.yaml", COMMENTED)
    assert repository.staged().findings == []


def test_history_lists_no_comments(branched: Repository) -> None:
    """Everything is old in it; its policy is that of HEAD."""
    _on_main(branched, **{"a.yaml": COMMENTED, "sealer_yaml": SEALED_LATER})
    verdict = examine(history(branched.opened(), ""))
    assert (verdict.exit_code, verdict.findings, len(verdict.allowed)) == (0, [], 1)


def test_allowed_finding_of_many_commits_counts_once(branched: Repository) -> None:
    """As one that is not allowed does."""
    branched.write("a.yaml", COMMENTED)
    for number in range(3):
        branched.write("a.yaml", f"{COMMENTED}# {number}\n")
        branched.commit()
    for source in (_between(branched), history(branched.opened(), "")):
        assert len(_allowed(examine(source))) == 1


def test_first_push_has_no_base_and_no_policy(repository: Repository) -> None:
    """Nothing is allowed but what a comment says, and that is listed."""
    repository.write(".sealer.yaml", OFF)
    repository.write("a.yaml")
    repository.write("b.yaml", COMMENTED)
    repository.commit()
    sources = pre_receive(
        repository.opened(), f"{ZEROS} {repository.id('main')} refs/heads/other\n"
    )
    repository.git("update-ref", "-d", "refs/heads/main")
    assert _rules(examine(*sources)) == ["SH001", "SH025"]


def test_allowed_findings_are_shown_when_asked(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """The summary counts them, and a program gets them as data."""
    repository.write("a.yaml", COMMENTED)
    assert main(["--staged"]) == 0
    output, summary = capsys.readouterr()
    assert "db" not in output
    assert "1 finding allowed" in summary
    assert main(["--staged", "--show-allowed"]) == 0
    assert re.search(
        r"a.yaml:5:24: SH001 db password.*\n.*comment.*a database of the tests",
        capsys.readouterr().out,
    )
    main(["--staged", "--format=json"])
    assert json.loads(capsys.readouterr().out)["allowed"] == 1


def test_rules_about_comments_are_warnings() -> None:
    """They are about words in a file, not about a value."""
    assert {RULES[each].severity.value for each in ("SH024", "SH025")} == {"warn"}


def test_final_content_is_one_that_a_tip_has(branched: Repository) -> None:
    """So that a policy that was mended on the way stops nobody."""
    branched.write("a", "1")
    branched.commit()
    branched.write("a", "2")
    branched.commit()
    source = _between(branched)
    assert source.is_final(Content("a", b"2"))
    assert not source.is_final(Content("a", b"1"))
    source.close()


def test_files_that_the_framework_names_in_ci_cannot_allow_themselves(
    branched: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`pre-commit run --from-ref --to-ref` names files, and two variables name the revisions."""
    branched.write(".sealer.yaml", OFF)
    branched.write("sub/a.yaml")
    branched.write("sub/b.yaml", COMMENTED)
    branched.commit()
    assert main(["sub/a.yaml", "sub/b.yaml"]) == 0
    capsys.readouterr()
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", "main")
    monkeypatch.setenv("PRE_COMMIT_TO_REF", "HEAD")
    assert main(["sub/a.yaml", "sub/b.yaml"]) == 1
    said = capsys.readouterr().out
    assert "sub/a.yaml:4:24: SH001" in said
    assert "sub/b.yaml:4:1: SH025" in said
    _on_main(branched, **{"sub/b.yaml": COMMENTED, "sealer_yaml": OFF})
    branched.write("sub/a.yaml", SECRET)
    branched.commit()
    assert main(["sub/a.yaml", "sub/b.yaml"]) == 0
    assert capsys.readouterr().out == ""


def test_files_of_a_range_that_is_none_are_no_decision(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may pass cannot be known."""
    repository.write("a.yaml", HARMLESS)
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", "nothing")
    monkeypatch.setenv("PRE_COMMIT_TO_REF", "HEAD")
    assert main(["a.yaml"]) == 2
