"""The command: arguments, exit codes, and crashes that let nothing pass."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sealer_hooks import main as module
from sealer_hooks.main import main
from tests.hooks.repository import HARMLESS, SECRET, Repository

CANARY = "canary-hunter2"


def _write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_main_harmless_file_is_clean_and_silent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing to say is nothing said."""
    assert main([_write(tmp_path, "a.yaml", HARMLESS)]) == 0
    assert capsys.readouterr() == ("", "")


def test_main_finding_is_reported_with_its_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report says where, what, why and what to do; the words around it go elsewhere."""
    monkeypatch.chdir(tmp_path)
    _write(tmp_path, "a b.yaml", SECRET)
    assert main(["a b.yaml"]) == 1
    output = capsys.readouterr()
    assert output.out == (
        "a b.yaml:4:24: SH001 db password: anyone can read this value of a Secret (7 bytes)\n"
        "  fix: sealer seal --in-place -n NAMESPACE 'a b.yaml'\n"
        "  if it is no secret: write above or behind the value: # sealer:allow SH001 REASON\n"
    )
    assert output.err.startswith("sealer-hook: 1 finding in 1 file.\n")


def test_main_staged_finding_is_reported(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """The index is looked at on request."""
    repository.write("secret.yaml")
    assert main(["--staged"]) == 1
    assert capsys.readouterr().out.startswith("secret.yaml:4:24: SH001 db password: ")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_program_whose_report_cannot_be_written_says_so_and_passes_nothing(tmp_path: Path) -> None:
    """A full disk or a closed pipe is no bug of the hook, and no reason to let a commit pass."""
    command = [str(Path(sys.executable).parent / "sealer-hook")]
    command.append(_write(tmp_path, "a.yaml", SECRET))
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "cannot write the report" in done.stderr
    assert "bug" not in done.stderr


@pytest.mark.parametrize(
    ("closed", "text", "options", "code"),
    [
        (">&-", SECRET, "", 2),
        (">&-", SECRET, "--format=json", 2),
        (">&-", HARMLESS, "--format=json", 2),
        (">&-", HARMLESS, "", 0),
        ("2>&-", SECRET, "", 1),
        ("2>&-", HARMLESS, "", 0),
        (">&- 2>&-", SECRET, "", 2),
        ("<&-", SECRET, "", 1),
        ("<&-", HARMLESS, "--pre-push", 0),
    ],
)
def test_program_with_closed_output_reports_as_it_can(
    repository: Repository, closed: str, text: str, options: str, code: int
) -> None:
    """Without a place for the report nothing passes, and that is no bug of the hook."""
    repository.write("a.yaml", text)
    file = "" if options == "--pre-push" else "a.yaml"
    done = repository.run("sh", "-c", f"exec sealer-hook {options} {file} {closed}")
    assert done.returncode == code
    assert "bug" not in done.stderr
    assert ("cannot write the report: it is closed" in done.stderr) == (
        code == 2 and "2>" not in closed
    )


def test_main_undecided_is_worse_than_a_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both are told; the code says that not everything is known."""
    missing = str(tmp_path / "missing.yaml")
    assert main([_write(tmp_path, "a.yaml", SECRET), missing]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"{missing}: could not decide: cannot be read: No such file or directory"
    assert len(lines) == 4


@pytest.mark.parametrize(
    "arguments",
    [[], ["--staged", "a.yaml"], ["--unknown"], ["--format", "xml", "a"], ["--stag"]],
)
def test_main_wrong_usage_is_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong usage passes nothing, and says what is wrong on the error stream."""
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "error: " in output.err


def test_main_help_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """Asking for help is right usage."""
    assert main(["--help"]) == 0
    assert "--staged" in capsys.readouterr().out


def test_main_names_behind_two_dashes_are_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The framework passes any name; one may look like an option."""
    monkeypatch.chdir(tmp_path)
    _write(tmp_path, "--staged", SECRET)
    assert main(["--", "--staged"]) == 1
    assert "fix: sealer seal --in-place -n NAMESPACE ./--staged" in capsys.readouterr().out


def test_main_outside_a_repository_says_so(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Git's own words tell what is missing."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", environment["HOME"])
    monkeypatch.chdir(environment["HOME"])
    assert main(["--staged"]) == 2
    assert "not a git repository" in capsys.readouterr().err


def test_main_without_git_says_so(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The hook needs git, and nothing of a repository may stand in for it."""
    repository.write("git", "#!/bin/sh\nexit 0\n")
    monkeypatch.setenv("PATH", "/nonexistent")
    assert main(["--staged"]) == 2
    assert "git cannot be run" in capsys.readouterr().err


def _crash(*_: object, **__: object) -> None:
    try:
        os.environ[CANARY]
    except KeyError as error:
        raise ValueError(f"invalid literal: {CANARY}") from error


@pytest.mark.parametrize("verbose", [True, False])
def test_main_crash_is_two_and_shows_no_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, verbose: bool
) -> None:
    """A bug lets no commit pass; its text, which may quote a value, is never shown."""
    monkeypatch.setattr(module, "judge", _crash)
    if verbose:
        monkeypatch.setenv("SEALER_DEBUG", "1")
    assert main(["a.yaml"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "a bug in sealer (ValueError)" in output.err
    assert ("Traceback" in output.err, CANARY in output.err) == (False, False)
    assert ("test_main.py" in output.err, "KeyError" in output.err) == (verbose, verbose)


@pytest.mark.parametrize("form", ["text", "json"])
def test_main_error_in_the_middle_reports_both(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    form: str,
) -> None:
    """What was found until then is found, and nobody takes it for all there is."""
    for name, text in (("zero", HARMLESS), ("one", SECRET), ("two", SECRET)):
        repository.write(f"{name}.yaml", text)
        repository.commit()
    zero, one, two = (repository.id(name) for name in ("main~2", "main~1", "main"))
    lines = f"a {one} refs/heads/a {'0' * 40}\nb {two} refs/heads/b {zero}\n"
    repository.lose("main^{tree}")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    assert main(["--pre-push", "--format", form]) == 2
    output = capsys.readouterr()
    assert "one.yaml" in output.out
    assert "an error ended the run" in output.out
    assert "git diff-tree failed: fatal: " in output.err
    assert "hunter2" not in output.out + output.err


def test_main_interrupted_is_no_success(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Control-C ends the hook and the commit."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "judge", interrupt)
    assert main([str(tmp_path)]) == 130


def test_main_memory_error_is_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that fills the memory is not clean."""

    def fill(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(module, "judge", fill)
    assert main(["a"]) == 2


def test_main_closed_output_is_no_success(tmp_path: Path) -> None:
    """Who does not read the report gets no pass."""
    path = _write(tmp_path, "a.yaml", SECRET * 2000)
    program = "import sys; from sealer_hooks.main import main; sys.exit(main())"
    command = [sys.executable, "-c", program, path]
    reading, writing = os.pipe()
    os.close(reading)
    result = subprocess.run(command, stdout=writing, stderr=subprocess.DEVNULL, check=False)
    os.close(writing)
    assert result.returncode != 0


def test_main_name_that_the_terminal_cannot_show_is_escaped(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ASCII terminal is no reason to fail."""
    repository.write("ключ.yaml")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    result = Repository(repository.folder, dict(os.environ)).run("sealer-hook", "--staged")
    assert result.returncode == 1
    assert r"\u043a\u043b\u044e\u0447.yaml:4:24: SH001" in result.stdout


def test_main_json_is_one_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shape is that of docs/hook.md."""
    monkeypatch.chdir(tmp_path)
    _write(tmp_path, "a.yaml", SECRET)
    _write(tmp_path, "b.yaml", HARMLESS)
    assert main(["--format", "json", "a.yaml", "b.yaml", "c.yaml"]) == 2
    output = capsys.readouterr()
    assert output.err == ""
    assert json.loads(output.out) == {
        "findings": [
            {
                "path": "a.yaml",
                "line": 4,
                "column": 24,
                "rule": "SH001",
                "severity": "block",
                "namespace": "",
                "name": "db",
                "key": "password",
                "length": 7,
                "message": "anyone can read this value of a Secret",
            }
        ],
        "scanned": 2,
        "skipped": [
            {
                "path": "c.yaml",
                "reason": "could not decide: cannot be read: No such file or directory",
            }
        ],
        "allowed": 0,
    }


def test_main_json_of_nothing_is_an_object_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program that reads the report needs one every time."""
    assert main(["--format", "json", _write(tmp_path, "a.yaml", HARMLESS)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report == {"findings": [], "scanned": 1, "skipped": [], "allowed": 0}
