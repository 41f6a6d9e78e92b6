"""Standard streams that are closed or full: told where they are needed, no matter where not."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import run

CERT = ("--cert", "rsa2048.crt.pem")
_PROGRAM = "import sys; from sealer.cli.main import main; sys.exit(main())"
_BROKEN_ERR = ("2>&-", "2>/dev/full")


def _shell(redirection: str, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """Run the program as a shell does, with redirections."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-c", _PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


@pytest.fixture
def sealed(folder: Path) -> Path:
    """Return a sealed file."""
    assert run("seal", "secret.yaml", *CERT, "-w", "db.yaml").code == 0
    return folder / "db.yaml"


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
@pytest.mark.parametrize(
    "arguments",
    [("seal", "secret.yaml", *CERT), ("--help",), ("seal", "-h"), ("keys", "-h"), ("--version",)],
)
@pytest.mark.usefixtures("folder")
def test_output_that_nobody_takes_is_an_output_error(
    redirection: str, arguments: tuple[str, ...]
) -> None:
    """Code 6, whatever was to be printed."""
    done = _shell(redirection, *arguments)
    assert done.returncode == 6, done.stderr
    assert b"error: cannot write to standard output: " in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("seal", *CERT),
        ("inspect",),
        ("value", "--like", "db.yaml", *CERT),
        ("set", "db.yaml", "k", *CERT),
        ("create", "basic-auth", "x", "--username", "u", "-n", "shop", *CERT),
    ],
)
def test_input_that_is_closed_is_an_input_error(sealed: Path, arguments: tuple[str, ...]) -> None:
    """Code 3, and nothing is changed."""
    before = sealed.read_bytes()
    done = _shell("<&-", *arguments)
    assert (done.returncode, done.stdout) == (3, b""), done.stderr
    assert b"error: -: cannot be read: Bad file descriptor" in done.stderr
    assert sealed.read_bytes() == before


@pytest.mark.parametrize("redirection", _BROKEN_ERR)
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("seal", "secret.yaml", "config.yaml", *CERT), 0),
        (("seal", "--check", "secret.yaml"), 1),
        ((), 2),
        (("seal", "--no-such"), 2),
        (("seal", "missing.yaml", *CERT), 3),
        (("seal", "secret.yaml", "--cert", "missing.pem"), 4),
        (("seal", "secret.yaml", "-w", "no/such/file", *CERT), 6),
        (("kubeseal", "--no-such"), 2),
    ],
)
@pytest.mark.usefixtures("folder")
def test_words_that_cannot_be_said_change_no_exit_code(
    redirection: str, arguments: tuple[str, ...], code: int
) -> None:
    """Nor what is printed."""
    done = _shell(redirection, *arguments)
    assert (done.returncode, done.stderr) == (code, b"")
    assert bool(done.stdout) is (code < 2)


@pytest.mark.parametrize("redirection", [*_BROKEN_ERR, "2>&- >&- <&-"])
def test_words_that_cannot_be_said_change_nothing_that_is_done(
    folder: Path, redirection: str
) -> None:
    """The file is written, and no message ends up in it instead."""
    done = _shell(redirection, "seal", "secret.yaml", *CERT, "-w", "out.yaml")
    assert done.returncode == 0
    text = (folder / "out.yaml").read_text()
    assert "kind: SealedSecret" in text
    assert "note:" not in text
