"""Files that exist and may not be read: told with the code of what they are for, all of them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import run, write_all

CERT = ("--cert", "rsa2048.crt.pem")
GENERIC = ("create", "generic", "x", "-n", "s", *CERT)
_PROGRAM = "import sys; from sealer.cli.main import main; sys.exit(main())"
# What lets the superuser read everything.
_WITHOUT = ("--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")
_FILES = ("un.yaml", "un.pem", "un.key", "un.env", "shut")


def _as_common_user(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the program so that modes of files count, whoever runs the tests."""
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("the superuser reads everything, and there is no setpriv to change that")
        prefix = ("setpriv", *_WITHOUT)
    return subprocess.run(
        [*prefix, sys.executable, "-c", _PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def here(folder: Path) -> Iterator[Path]:
    """Return a folder with files, and a folder, that nobody may read."""
    assert run("seal", "secret.yaml", *CERT, "-w", "db.yaml").code == 0
    text = (folder / "secret.yaml").read_bytes()
    write_all(folder, {"un.yaml": text, "un.env": "A=b\n", "shut/s.yaml": text})
    shutil.copy("rsa2048.crt.pem", "un.pem")
    shutil.copy("rsa2048.key.pem", "un.key")
    for name in _FILES:
        (folder / name).chmod(0)
    yield folder
    for name in _FILES:
        (folder / name).chmod(0o700)


@pytest.mark.parametrize(
    ("code", "arguments", "files"),
    [
        (3, ("seal", *CERT, "un.yaml", "shut/s.yaml"), ("un.yaml", "shut/s.yaml")),
        (3, ("seal", *CERT, "shut"), ("shut",)),
        (3, ("inspect", "un.yaml", "shut/s.yaml"), ("un.yaml", "shut/s.yaml")),
        (3, ("lint", "un.yaml", "shut/s.yaml"), ("un.yaml", "shut/s.yaml")),
        (3, ("diff", "un.yaml", "secret.yaml"), ("un.yaml",)),
        (3, ("diff", "shut/s.yaml", "secret.yaml"), ("shut/s.yaml",)),
        (3, ("usage", "un.yaml"), ("un.yaml",)),
        (3, ("reseal", *CERT, "--keys", "rsa2048.key.pem", "un.yaml"), ("un.yaml",)),
        (3, ("value", "un.yaml", "--like", "db.yaml", *CERT), ("un.yaml",)),
        (3, ("value", "secret.yaml", "--like", "un.yaml", *CERT), ("un.yaml",)),
        (3, ("unset", "un.yaml", "k"), ("un.yaml",)),
        (3, ("rename", "un.yaml", "k", "l"), ("un.yaml",)),
        (3, ("set", "un.yaml", "k", *CERT), ("un.yaml",)),
        (3, ("edit", "un.yaml", *CERT), ("un.yaml",)),
        (3, ("git", "textconv", "un.yaml"), ("un.yaml",)),
        (3, ("kustomize", "un.yaml"), ("un.yaml",)),
        (
            3,
            (*GENERIC, "--from-file", "un.yaml,shut/s.yaml,shut", "--from-env-file", "un.env"),
            ("un.yaml", "shut/s.yaml", "shut", "un.env"),
        ),
        (
            3,
            ("create", "tls", "x", "-n", "s", *CERT, "--tls-cert", "un.pem", "--tls-key", "un.key"),
            ("un.pem", "un.key"),
        ),
        (3, ("create", "ssh-auth", "x", "-n", "s", *CERT, "--ssh-key", "un.key"), ("un.key",)),
        (4, ("seal", "secret.yaml", "--cert", "un.pem"), ("un.pem",)),
        (4, ("cert", "show", "un.pem"), ("un.pem",)),
        (4, ("cert", "check", "un.pem", "shut/a.pem"), ("un.pem", "shut/a.pem")),
        (4, ("keys", "list", "--keys", "un.key"), ("un.key",)),
        (
            4,
            ("unseal", "db.yaml", "--keys", "un.key,shut", "--keys", "shut/k"),
            ("un.key", "shut", "shut/k"),
        ),
        (4, ("verify", "db.yaml", "--keys", "un.key"), ("un.key",)),
        (4, ("keys", "backup", "-w", "b", "--keys", "un.key"), ("un.key",)),
        (4, ("keys", "verify-backup", "un.key"), ("un.key",)),
        (4, ("keys", "restore", "un.key"), ("un.key",)),
    ],
)
@pytest.mark.usefixtures("here")
def test_files_that_may_not_be_read_are_all_told(
    code: int, arguments: tuple[str, ...], files: tuple[str, ...]
) -> None:
    """3 for input, 4 for keys and certificates; a folder that may not be entered is no bug."""
    done = _as_common_user(*arguments)
    assert done.returncode == code, done.stderr
    for file in files:
        assert f"error: {file}: cannot be read: Permission denied" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("keys", "generate", "-w", "shut/x"),
        ("unseal", "db.yaml", "--keys", "rsa2048.key.pem", "-w", "shut/x"),
    ],
)
@pytest.mark.usefixtures("here")
def test_folder_that_may_not_be_entered_cannot_be_written_to(arguments: tuple[str, ...]) -> None:
    """Code 6, with the file."""
    done = _as_common_user(*arguments)
    assert done.returncode == 6, done.stderr
    assert "error: cannot write shut/x: Permission denied" in done.stderr
