"""How long the hook takes for staged files and for many files: what every commit waits for."""

import base64
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from measure import Figure, report, seconds, secret, size
from scanners import HOOK, others_on_files, run

MANIFESTS = size(2000, 50)
_SEALED = base64.b64encode(b"\x02\x00" + bytes(range(256)) * 2 + bytes(40)).decode()


def harmless(number: int) -> str:
    """Return a manifest of about 2.4 kB that mentions Secrets and holds none."""
    entry = "        - name: K{n}\n          valueFrom: {{secretKeyRef: {{name: x, key: data}}}}\n"
    entries = "".join(entry.format(n=n) for n in range(31))
    return f"kind: Deployment\nmetadata: {{name: d{number}}}\nspec:\n  env:\n{entries}"


def readable(number: int) -> str:
    """Return a Secret of about 2.4 kB."""
    return secret(number) + "  settings: |\n" + "    name = value of a setting\n" * 65


def sealed(number: int) -> str:
    """Return a SealedSecret of about 2.4 kB, as far as anybody can tell who has no key."""
    values = "".join(f"    item-{n}: {_SEALED}\n" for n in range(3))
    head = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
    return f"{head}metadata: {{name: s{number}}}\nspec:\n  encryptedData:\n{values}"


def _stage(folder: Path, special: Callable[[int], str], share: float, count: int) -> list[str]:
    """Make a repository with staged manifests, a share of them special, and return their names."""
    folder.mkdir()
    for number in range(count):
        text = special(number) if number < share * count else harmless(number)
        (folder / f"app-{number:04}.yaml").write_text(text)
    run(["git", "init", "--quiet"], folder)
    run(["git", "add", "."], folder)
    return sorted(path.name for path in folder.glob("*.yaml"))


def main() -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory() as temporary:
        few, clean, safe, mixed = (Path(temporary, name) for name in ("few", "c", "s", "m"))
        _stage(few, readable, 0.2, 5)
        files = _stage(clean, harmless, 0, MANIFESTS)
        _stage(safe, sealed, 1 / 3, MANIFESTS)
        _stage(mixed, readable, 1 / 3, MANIFESTS)
        rows: list[tuple[str, list[str], Path]] = [
            ("one harmless file", [HOOK, "app-0004.yaml"], few),
            ("one Secret", [HOOK, "app-0000.yaml"], few),
            ("5 staged files, 1 Secret", [HOOK, "--staged"], few),
            (f"{MANIFESTS} files, no Secret", [HOOK, *files], clean),
            (f"{MANIFESTS} files, a third SealedSecrets", [HOOK, *files], safe),
            (f"{MANIFESTS} files, a third Secrets", [HOOK, *files], mixed),
            (f"{MANIFESTS} staged, a third Secrets", [HOOK, "--staged"], mixed),
        ]
        times = {name: seconds(partial(run, command, at)) for name, command, at in rows}
        base = times["one harmless file"]
        figures = [Figure(n, 1000 * t, "ms", t / base) for n, t in times.items()]
        ours = times[f"{MANIFESTS} files, a third Secrets"]
        for name, command in others_on_files(files).items():
            time = seconds(partial(run, command, mixed), repeat=1)
            beside = f"{time / ours:.0f} times ours"
            figures.append(Figure(f"the same files, {name}", 1000 * time, "ms", budget=beside))
    report("Hook", figures)


if __name__ == "__main__":
    main()
