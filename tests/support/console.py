"""The console examples of a page of documentation: what is typed, what is printed, how it ends.

    $ sealer seal --check app.yaml # exit code 1
    app.yaml:6:1: document 2, shop/app is not sealed

`…` stands for anything within a line, a line of `…` alone for any lines; lines that begin with `> `
go on with what is typed.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_EXIT_CODE = re.compile(r"\s+# exit code (\d+)$")


@dataclass(frozen=True)
class Example:
    """A command of a page, what it prints, and how it ends."""

    command: str
    output: str
    code: int


def examples(page: Path) -> list[Example]:
    """Return the examples of a page, in order."""
    return _examples(page.read_text())


def sections(page: Path) -> dict[str, list[Example]]:
    """Return the examples of a page by the heading that they stand under."""
    text = page.read_text()
    hidden = _FENCE.sub(lambda fence: "~" * len(fence[0]), text)  # comments in it look the same
    headings = list(_HEADING.finditer(hidden))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    return {
        heading[1]: _examples(text[heading.end() : end])
        for heading, end in zip(headings, ends, strict=True)
    }


def _examples(text: str) -> list[Example]:
    found: list[Example] = []
    for block in _BLOCK.findall(text):
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
    shell = Shell(folder, environment)
    for example in examples(page):
        check(example, shell.run(example.command))


def check(example: Example, done: subprocess.CompletedProcess[str]) -> None:
    """Compare what a command has printed, and how it ended, with what the page shows."""
    assert done.returncode == example.code, f"{example.command}\n{done.stdout}"
    # Without a line end where a sealed string ends, as the page cannot show.
    printed = done.stdout if done.stdout.endswith("\n") or not done.stdout else done.stdout + "\n"
    assert re.fullmatch(_pattern(example.output), printed), f"{example.command}\n{printed}"


class Shell:
    """What somebody types into, who reads a page: it keeps variables and the folder.

    Args:
        folder: Where it begins.
        environment: Its variables.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        path = environment.get("PATH", os.environ["PATH"])
        self._folder = folder
        self._environment = {**environment, "PATH": f"{BIN}{os.pathsep}{path}"}
        self._kept = ""

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command; what it prints, on both streams, is `stdout`."""
        if variable := re.match(r"([a-z]+)=\$\(", command):
            return self._assign(variable[1], command)
        done = self._run(command, subprocess.STDOUT)
        if re.match(r"export |cd ", command) and not done.returncode:
            self._kept += command + "\n"
        return done

    def _assign(self, name: str, command: str) -> subprocess.CompletedProcess[str]:
        """Keep what a variable is now: what its command would print later may be something else."""
        done = self._run(f'{command} && printf %s "${name}"', subprocess.PIPE)
        self._kept += f"{name}={shlex.quote(done.stdout)}\n"
        return subprocess.CompletedProcess(done.args, done.returncode, done.stderr)

    def _run(self, command: str, words: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", self._kept + command],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
            check=False,
        )


def _pattern(output: str) -> str:
    lines = [
        "(?:[^\n]*\n)*" if line == "…\n" else _line(line)
        for line in output.splitlines(keepends=True)
    ]
    return "".join(lines)


def _line(line: str) -> str:
    return "[^\n]*".join(map(re.escape, line.split("…")))
