"""The console examples of a page of documentation: what is typed, what is printed, how it ends.

    $ sealer seal --check app.yaml # exit code 1
    app.yaml:6:1: document 2, shop/app is not sealed

`…` stands for anything within a line, a line of `…` alone for any lines; lines that begin with `> `
go on with what is typed.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT_CODE = re.compile(r"\s+# exit code (\d+)$")


@dataclass(frozen=True)
class Example:
    """A command of a page, what it prints, and how it ends."""

    command: str
    output: str
    code: int


def examples(page: Path) -> list[Example]:
    """Return the examples of a page, in order."""
    found: list[Example] = []
    for block in _BLOCK.findall(page.read_text()):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.splitlines(keepends=True)
            typed = [lines[0], *(line[2:] for line in lines[1:] if line.startswith("> "))]
            printed = [line for line in lines[1:] if not line.startswith("> ")]
            code = _EXIT_CODE.search(lines[0].rstrip("\n"))
            command = _EXIT_CODE.sub("", "".join(typed).rstrip("\n"))
            found.append(Example(command, "".join(printed), int(code[1]) if code else 0))
    return found


def run_examples(page: Path, folder: Path, environment: Mapping[str, str]) -> None:
    """Run the examples of a page in order, and compare what they print."""
    path = environment.get("PATH", os.environ["PATH"])
    variables = ""
    for example in examples(page):
        if re.match(r"[a-z]+=\$\(|export |cd ", example.command):  # kept by the reader's shell
            variables += example.command + "\n"
            continue
        done = subprocess.run(
            ["sh", "-c", variables + example.command],
            cwd=folder,
            env={**environment, "PATH": f"{BIN}{os.pathsep}{path}"},
            stdin=subprocess.DEVNULL,
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


def _pattern(output: str) -> str:
    lines = [
        "(?:[^\n]*\n)*" if line == "…\n" else _line(line)
        for line in output.splitlines(keepends=True)
    ]
    return "".join(lines)


def _line(line: str) -> str:
    return "[^\n]*".join(map(re.escape, line.split("…")))
