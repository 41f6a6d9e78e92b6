"""How long the hook takes for staged files and for many files: what every commit waits for."""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from measure import BIN, ENVIRONMENT, Figure, report, seconds, secret

MANIFESTS = 2000
HOOK = str(BIN / "sealer-hook")
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def _harmless(number: int) -> str:
    """Return a manifest of about 2.4 kB that mentions Secrets and holds none."""
    entry = "        - name: K{n}\n          valueFrom: {{secretKeyRef: {{name: x, key: data}}}}\n"
    entries = "".join(entry.format(n=n) for n in range(31))
    return f"kind: Deployment\nmetadata: {{name: d{number}}}\nspec:\n  env:\n{entries}"


def _run(command: Sequence[str], folder: Path) -> None:
    """Run a program where 0 and 1 are answers, and its report goes nowhere."""
    environment = ENVIRONMENT | GIT
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), command


def _stage(folder: Path, secrets: int, harmless: int) -> None:
    folder.mkdir()
    for number in range(secrets):
        (folder / f"secret-{number}.yaml").write_text(secret(number))
    for number in range(harmless):
        (folder / f"deployment-{number}.yaml").write_text(_harmless(number))
    _run(["git", "init", "--quiet"], folder)
    _run(["git", "add", "."], folder)


def main() -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory() as temporary:
        few, many = Path(temporary, "few"), Path(temporary, "many")
        _stage(few, 1, 4)
        _stage(many, MANIFESTS // 3, MANIFESTS - MANIFESTS // 3)
        files = sorted(path.name for path in many.glob("*.yaml"))
        harmless = [name for name in files if name.startswith("deployment")]
        rows: list[tuple[str, list[str], Path]] = [
            ("one harmless file", [HOOK, harmless[0]], many),
            ("5 staged files, 1 Secret", [HOOK, "--staged"], few),
            (f"{len(harmless)} harmless files", [HOOK, *harmless], many),
            (f"{MANIFESTS} files, a third Secrets", [HOOK, *files], many),
            (f"{MANIFESTS} staged, a third Secrets", [HOOK, "--staged"], many),
        ]
        times = {name: seconds(partial(_run, command, at)) for name, command, at in rows}
    base = times["one harmless file"]
    report("Hook", [Figure(n, 1000 * t, "ms", t / base) for n, t in times.items()])


if __name__ == "__main__":
    main()
