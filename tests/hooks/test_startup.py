"""The hook starts fast because it imports little; the benchmark measures, this test counts."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.hooks.repository import HARMLESS, SECRET, Repository

_PROGRAM = """
import sys
from sealer_hooks.main import main
code = main(sys.argv[1:])
loaded = {"typing", "dataclasses", "json", "yaml", "git", "click", "cryptography", "pathlib"}
print(code, *sorted(loaded & set(sys.modules)), file=sys.stderr)
"""


def _loaded(*arguments: str) -> list[str]:
    # Isolated, so that no plug-in of the test environment imports anything first.
    command = [sys.executable, "-S", "-c", _PROGRAM, *arguments]
    paths = [path for path in sys.path if path]
    result = subprocess.run(
        command,
        env={"PYTHONPATH": ":".join(paths), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stderr.splitlines()[-1].split()


def test_harmless_file_needs_almost_nothing(tmp_path: Path) -> None:
    """Most commits pay for argument parsing and a regular expression."""
    (tmp_path / "a.yaml").write_text(HARMLESS.replace("secret", "key"))
    assert _loaded(str(tmp_path / "a.yaml")) == ["0"]


def test_secret_needs_yaml_and_no_git(tmp_path: Path) -> None:
    """A file that may hold a Secret is parsed; cryptography and click are never needed."""
    (tmp_path / "a.yaml").write_text(SECRET)
    code, *modules = _loaded(str(tmp_path / "a.yaml"))
    assert code == "1"
    assert "yaml" in modules
    assert not {"git", "click", "cryptography"} & set(modules)


def test_index_needs_git_and_no_yaml(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staged files are read through git; without a Secret nothing is parsed."""
    repository.write("a.yaml", "a: b\n")
    monkeypatch.chdir(repository.folder)
    code, *modules = _loaded("--staged")
    assert code == "0"
    assert "git" in modules
    assert not {"yaml", "click", "cryptography"} & set(modules)
