"""Starting is cheap: nothing heavy is imported before it is needed."""

import subprocess
import sys

import pytest

from sealer.cli.main import _MODULES

HEAVY = {"cryptography", "yaml", "git", "aiohttp", "msgspec", "http", "urllib.request", "tempfile"}


def _imported(*arguments: str) -> set[str]:
    """Return which heavy modules a run of the program has imported at its end."""
    code = (
        "import sys\n"
        "from sealer.cli.main import main\n"
        f"main({arguments!r})\n"
        f"print(*sorted({HEAVY!r} & set(sys.modules)), sep='\\n', file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, stdin=-3
    )
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [("--help",), ("seal", "--help"), ("completion", "zsh")])
def test_help_and_completion_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    """Neither cryptography nor YAML is needed to print words."""
    assert not _imported(*arguments)


def test_sealing_imports_neither_git_nor_the_network(folder: object) -> None:
    """One file is sealed with what sealing needs."""
    assert folder
    arguments = ("seal", "secret.yaml", "--cert", "rsa2048.crt.pem", "-q")
    assert _imported(*arguments) == {"cryptography", "yaml"}


def test_entry_points_do_not_meet() -> None:
    """The command never imports the controller or the hook: it may run where they are not."""
    code = "import sys, pkgutil, importlib, sealer.cli as c\n"
    code += "for m in pkgutil.walk_packages(c.__path__, 'sealer.cli.'):\n"
    code += "    importlib.import_module(m.name)\n"
    code += "assert not {'sealer_controller', 'sealer_hooks'} & set(sys.modules)\n"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_module_of_the_table_holds_a_command() -> None:
    """The table of commands names what is there."""
    assert set(_MODULES) >= {"seal", "value", "unseal", "inspect", "cert", "keys", "demo"}
