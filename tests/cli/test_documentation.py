"""docs/cli.md says what the program does: its help texts, its examples, its tables.

After a change of a help text, `PYTHONPATH=. python tests/cli/test_documentation.py` renews it.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from sealer.cli import main as program
from tests.cli.test_exit_codes import COMMANDS

PAGE = Path(__file__).parent.parent.parent / "docs" / "cli.md"
BIN = Path(sys.executable).parent
_HELP = re.compile(r"(^### `sealer ([a-z ]+)`\n\n```text\n)(.*?)(^```$)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT_CODE = re.compile(r"\s+# exit code (\d+)$")


def _help(path: str) -> str:
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "80"}
    command = [str(BIN / "sealer"), *path.split(), "--help"]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return done.stdout


def _renewed(page: str) -> str:
    return _HELP.sub(lambda found: found[1] + _help(found[2]) + found[4], page)


def test_page_has_the_help_of_every_command() -> None:
    """Each command has its heading and its help, word for word."""
    page = PAGE.read_text()
    assert {found[1] for found in _HELP.findall(page)} == set(COMMANDS)
    assert page == _renewed(page), "renew it: see the top of this test"


def test_page_has_every_exit_code_and_no_other() -> None:
    """The table is that of the program."""
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE.read_text(), re.MULTILINE)}
    names = ("ANSWER_IS_NO", "WRONG_USAGE", "INPUT", "KEY", "CLUSTER", "OUTPUT", "BUG")
    codes = {getattr(program, name) for name in (*names, "INTERRUPTED")}
    assert documented == {0, *codes}


@dataclass(frozen=True)
class Example:
    """A command of the page, what it prints, and how it ends."""

    command: str
    output: str
    code: int


def _examples() -> list[Example]:
    examples: list[Example] = []
    for block in _BLOCK.findall(PAGE.read_text()):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.splitlines(keepends=True)
            typed = [lines[0], *(line[2:] for line in lines[1:] if line.startswith("> "))]
            printed = [line for line in lines[1:] if not line.startswith("> ")]
            code = _EXIT_CODE.search(lines[0].rstrip("\n"))
            command = _EXIT_CODE.sub("", "".join(typed).rstrip("\n"))
            examples.append(Example(command, "".join(printed), int(code[1]) if code else 0))
    return examples


def _pattern(output: str) -> str:
    return "[^\n]*".join(map(re.escape, output.split("…")))


def test_page_examples_do_what_they_show(tmp_path: Path) -> None:
    """Every example runs, in order, in an empty folder, and prints what stands below it."""
    environment = {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    variables = ""
    for example in _examples():
        if re.match(r"[a-z]+=\$\(", example.command):  # kept by the reader's shell
            variables += example.command + "\n"
            continue
        done = subprocess.run(
            ["sh", "-c", variables + example.command],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == example.code, f"{example.command}\n{done.stdout}"
        # Without a line end where a sealed string ends, as the page cannot show.
        printed = (
            done.stdout if done.stdout.endswith("\n") or not done.stdout else done.stdout + "\n"
        )
        assert re.fullmatch(_pattern(example.output), printed), f"{example.command}\n{printed}"


def test_page_policy_example_is_a_policy() -> None:
    """What people will copy can be read."""
    from sealer.policy import read_policy

    (text,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    policy = read_policy(text.encode())
    assert list(policy.clusters) == ["prod", "test"]


@pytest.mark.parametrize("name", ["SEALER_CERT", "SEALER_CLUSTER", "SEALER_ALLOW_EMPTY_DATA"])
def test_page_variables_are_read(name: str) -> None:
    """The variables that are named there are options' variables."""
    assert name in PAGE.read_text()
    long = "--" + name.removeprefix("SEALER_").replace("_", "-").lower()
    assert any(long in option.opts for option in COMMANDS["seal"].params)


if __name__ == "__main__":
    PAGE.write_text(_renewed(PAGE.read_text()))
