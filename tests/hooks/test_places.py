"""Paths in reports: from the root for programs, and from the current folder for people."""

import json
from typing import Any

import pytest

from sealer_hooks.main import main
from tests.hooks.repository import SECRET, Repository

Captured = pytest.CaptureFixture[str]

every_call = pytest.mark.parametrize("arguments", [["--staged"], ["s.yaml", "../x.yaml"]])


@pytest.fixture
def below(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Return a repository with Secrets, seen from one of its folders."""
    repository.write("a/b/s.yaml")
    repository.write("a/x.yaml", SECRET + "# sealer:allow\n")
    monkeypatch.chdir(repository.folder / "a/b")
    return repository


def _report(form: str, arguments: list[str], capsys: Captured) -> Any:  # noqa: ANN401 - JSON
    assert main([*arguments, "--format", form]) == 1
    return json.loads(capsys.readouterr().out)


@every_call
def test_report_for_programs_has_paths_from_the_root(
    below: Repository, monkeypatch: pytest.MonkeyPatch, capsys: Captured, arguments: list[str]
) -> None:
    """Whatever the folder: fingerprints must not move with it."""
    paths = {each["path"] for each in _report("json", arguments, capsys)["findings"]}
    assert paths == {"a/b/s.yaml", "a/x.yaml"}
    found = _report("sarif", arguments, capsys)["runs"][0]["results"]
    monkeypatch.chdir(below.folder)
    files = ["--staged"] if arguments == ["--staged"] else ["a/b/s.yaml", "a/x.yaml"]
    at_root = _report("sarif", files, capsys)["runs"][0]["results"]
    key = "partialFingerprints"
    assert sorted(str(each[key]) for each in found) == sorted(str(each[key]) for each in at_root)
    assert {
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in found
    } == {"a/b/s.yaml", "a/x.yaml"}


@every_call
@pytest.mark.usefixtures("below")
def test_report_for_people_has_paths_from_where_they_are(
    capsys: Captured, arguments: list[str]
) -> None:
    """So that they, and the commands below them, can be copied."""
    assert main(arguments) == 1
    output = capsys.readouterr().out
    assert output.startswith(("s.yaml:4:24: ", "../x.yaml:4:24: "))
    assert "sealer seal --in-place -n NAMESPACE s.yaml\n" in output
    assert "sealer seal --in-place -n NAMESPACE ../x.yaml\n" in output


@every_call
def test_report_of_a_broken_policy_says_where_it_is(
    below: Repository, capsys: Captured, arguments: list[str]
) -> None:
    """A policy is above the files that it is for."""
    below.write(".sealer.yaml", "version: x\n")
    assert main(arguments) == 2
    assert "\n../../.sealer.yaml:1:10: could not decide: " in capsys.readouterr().out
    main([*arguments, "--format", "json"])
    skipped = json.loads(capsys.readouterr().out)["skipped"]
    assert [each["path"] for each in skipped] == [".sealer.yaml"]


def test_report_of_files_outside_has_their_paths_as_given(
    below: Repository, capsys: Captured
) -> None:
    """No root is above them."""
    path = below.folder.parent / "s.yaml"
    path.write_text(SECRET)
    assert _report("json", [str(path)], capsys)["findings"][0]["path"] == str(path)


def test_report_of_what_was_allowed_has_paths_from_the_root(
    below: Repository, capsys: Captured
) -> None:
    """What was let pass, was skipped or concerns no file is moved alike."""
    below.write(
        ".sealer.yaml",
        "version: 1\nhook: {allow: [{path: '**', rule: SH001, reason: a test}]}\n",
    )
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12\n"
    below.write("a/l.bin", pointer)
    main(["--staged", "--show-allowed", "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    assert {each["path"] for each in report["allowances"]} == {"a/b/s.yaml", "a/x.yaml"}
    assert [each["path"] for each in report["skipped"]] == ["a/l.bin"]
