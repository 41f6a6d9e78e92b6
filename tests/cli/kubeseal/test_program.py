"""The drop-in as a program: its name, its modes, its streams and its exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest

from sealer import __version__
from sealer.cli.kubeseal.modes import mode_of
from sealer.cli.kubeseal.settings import read_settings
from tests.cli.kubeseal.calls import CERT, kubeseal, opened, secret
from tests.support.program import snapshot

BIN = Path(sys.executable).parent


@pytest.fixture
def link(folder: Path) -> Path:
    """Return a link of the original's name to the program."""
    link = folder / "kubeseal"
    link.symlink_to(BIN / "sealer")
    return link


def test_link_called_kubeseal_seals(link: Path) -> None:
    """Its command line is that of the drop-in, and nothing is said."""
    done = subprocess.run(
        [link, *CERT, "-oyaml"], input=secret().encode(), capture_output=True, check=True
    )
    assert done.stderr == b""
    assert done.stdout.startswith(b"---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n")
    assert opened(done.stdout)[0]["data"] == {"password": "aHVudGVyMg=="}


def test_link_called_kubeseal_ends_with_the_codes_of_the_original(link: Path) -> None:
    """2 for the command line, 1 for everything else; usage names what was called."""
    done = subprocess.run([link, "--nope"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Usage of {link}:\n")
    assert done.stderr.endswith("\nunknown flag: --nope\n")
    done = subprocess.run(
        [link, *CERT], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")


def test_version_is_printed_in_the_words_of_the_original() -> None:
    """Before help, on standard output."""
    done = kubeseal("--version", "--help")
    assert (done.code, done.out.decode()) == (0, f"kubeseal version: {__version__}\n")


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_is_printed_on_standard_output(flag: str) -> None:
    """All of it, with code 0."""
    done = kubeseal(flag)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(b"Usage of sealer kubeseal:\n")
    assert b"\n      --merge-into string " in done.out


def test_help_of_the_command_has_an_example_and_that_of_the_link_has_none(link: Path) -> None:
    """The link says what the original says and no more."""
    assert b"\nExample: sealer kubeseal --cert prod.pem" in kubeseal("--help").out
    done = subprocess.run([link, "-h"], capture_output=True, text=True, check=True)
    assert "Example" not in done.stdout


def test_literal_values_are_refused_with_the_reason() -> None:
    """The original does not know the flag either; the value is not repeated."""
    done = kubeseal("--from-literal=a=hunter2")
    assert (done.code, done.out) == (2, b"")
    assert "unknown flag: --from-literal\n--from-literal is refused: " in done.err
    assert "hunter2" not in done.err


def test_bad_variable_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named."""
    monkeypatch.setenv("SEALED_SECRETS_SCOPE", "global")
    done = kubeseal(*CERT, stdin=secret())
    assert (done.code, done.out) == (2, b"")
    assert 'invalid value "global" of SEALED_SECRETS_SCOPE: must be one of: ' in done.err


@pytest.mark.parametrize(
    ("arguments", "mode"),
    [
        ((), "seal"),
        (("--raw",), "raw"),
        (("--raw", "--merge-into=f"), "merge_into"),
        (("--raw", "--merge-into=f", "--fetch-cert"), "fetch_cert"),
        (("--fetch-cert", "--re-encrypt"), "re_encrypt"),
        (("--fetch-cert", "--rotate"), "re_encrypt"),
        (("--re-encrypt", "--validate"), "validate"),
        (("--validate", "--recovery-unseal"), "recovery_unseal"),
        (("--raw=false", "--validate=false"), "seal"),
    ],
)
def test_mode_is_the_first_that_is_asked_for(arguments: tuple[str, ...], mode: str) -> None:
    """The order is the original's."""
    assert mode_of(read_settings(arguments, {})) == mode


@pytest.mark.usefixtures("home")
def test_deprecated_flag_is_told_on_standard_error() -> None:
    """Where it cannot get into the result."""
    done = kubeseal("--rotate", stdin=secret())
    assert done.err.startswith(
        "Flag --rotate has been deprecated, please use --re-encrypt instead\n"
    )


@pytest.mark.usefixtures("folder")
def test_from_file_without_raw_is_refused_before_anything_is_opened() -> None:
    """The file that cannot be read comes second."""
    done = kubeseal("--from-file", "x", "-f", "missing")
    assert (done.code, done.err) == (1, "error: --from-file requires --raw\n")


@pytest.mark.parametrize("arguments", [(), ("--validate",), ("--raw",), ("--fetch-cert",)])
@pytest.mark.usefixtures("folder")
def test_input_file_that_cannot_be_read_is_refused(arguments: tuple[str, ...]) -> None:
    """In any mode, with the reason."""
    done = kubeseal("-f", "missing", *arguments)
    assert (done.code, done.out) == (1, b"")
    assert done.err == (
        "error: Could not read file specified with --secret-file\n"
        "hint: open missing: no such file or directory\n"
    )


def test_output_file_without_a_folder_is_refused_before_anything_is_read(folder: Path) -> None:
    """And nothing is made."""
    before = snapshot(folder)
    done = kubeseal("--cert", "missing", "-w", "no/where.yaml")
    assert (done.code, done.err) == (1, "error: open no/where.yaml: no such file or directory\n")
    assert snapshot(folder) == before


@pytest.mark.usefixtures("folder")
def test_file_without_a_flag_is_read_with_a_note() -> None:
    """As people mean it."""
    done = kubeseal(*CERT, "secret.yaml")
    assert done.code == 0
    assert "note: reading secret.yaml; kubeseal itself takes a file as -f secret.yaml" in done.err
    assert opened(done.out)[0]["metadata"]["name"] == "db"


@pytest.mark.usefixtures("folder")
def test_words_that_name_no_file_are_left_out() -> None:
    """`--raw true` means `--raw` to the original, and scripts may have it so."""
    done = kubeseal("--allow-empty-data", "true", *CERT, stdin=secret("piped"))
    assert "note: true is left out" in done.err
    assert opened(done.out)[0]["metadata"]["name"] == "piped"


def test_words_beside_an_input_file_are_left_out(folder: Path) -> None:
    """The flag says what to read."""
    (folder / "other.yaml").write_text(secret("other"))
    done = kubeseal("-f", "secret.yaml", *CERT, "other.yaml")
    assert "note: other.yaml is left out" in done.err
    assert opened(done.out)[0]["metadata"]["name"] == "db"


@pytest.mark.usefixtures("folder")
def test_several_files_without_a_flag_are_refused() -> None:
    """None of them is dropped in silence."""
    done = kubeseal(*CERT, "secret.yaml", "config.yaml")
    assert done.code == 1
    assert "error: one file is read, and 2 are given: secret.yaml, config.yaml" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "(tty detected: expecting json/yaml k8s resource in stdin)\n"),
        (("--raw", "--scope", "cluster-wide"), "(tty detected: expecting a secret to encrypt in "),
    ],
)
def test_terminal_is_told_what_is_waited_for(arguments: tuple[str, ...], said: str) -> None:
    """As the original tells it."""
    done = kubeseal(*CERT, *arguments, stdin=secret(), terminals="in")
    assert done.code == 0
    assert done.err.startswith(said)
    assert "tty" not in kubeseal(*CERT, *arguments, stdin=secret()).err


def test_recovery_key_without_recovery_is_warned_of_on_a_terminal_only() -> None:
    """It has no effect."""
    arguments = (*CERT, "--recovery-private-key", "x")
    assert "has no effect" in kubeseal(*arguments, stdin=secret(), terminals="err").err
    assert kubeseal(*arguments, stdin=secret()).err == ""


@pytest.mark.parametrize("verbose", [(), ("-v1",)])
def test_bug_is_an_error_like_any_other(
    monkeypatch: pytest.MonkeyPatch, verbose: tuple[str, ...]
) -> None:
    """Code 1, and no message that may quote a value."""

    def fail(*_: object) -> None:
        raise ValueError("hunter2")

    monkeypatch.setattr("sealer.cli.kubeseal.modes.seal.seal_secret", fail)
    done = kubeseal(*CERT, *verbose, stdin=secret())
    assert (done.code, done.out) == (1, b"")
    assert "error: a bug in sealer: ValueError in fail, line" in done.err
    assert "hunter2" not in done.err.replace('"hunter2"', "")
    assert ("Traceback" in done.err) is bool(verbose)
