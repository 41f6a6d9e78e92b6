"""A process that is killed at each of its steps in turn, and what a reader finds after each.

    python -m tests.controller.directory.killing TARGET FORMAT

Each time a child begins with the same Secrets, replaces one, makes one and removes one, and kills
itself before its first, second, third call that changes a file, and so on until it comes to its
end. It is a program of its own, because only a process with a single thread can safely be forked.
"""

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import yaml

from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.directory.records import TargetFormat
from sealer_controller.directory.target import Target, TargetOptions, open_target
from sealer_controller.objects import Key

_CALLS = ("open", "fchmod", "fsync", "link", "rename", "symlink", "mkdir", "unlink", "rmdir")
_OWNER = {"kind": "SealedSecret", "name": "db", "uid": "u", "controller": True}
_CHANGED, _NEW, _GONE = Key("shop", "changed"), Key("new", "new"), Key("gone", "gone")
_BEFORE, _AFTER = {"a": "1", "b": "1"}, {"b": "2", "c": "2"}


def main() -> None:
    """Kill and look, until nothing is left to be killed."""
    root, options = Path(sys.argv[1]), TargetOptions(TargetFormat(sys.argv[2]))
    os.fsync = _no_fsync  # a kill, unlike a power cut, loses nothing that was written
    for step in count():
        _begin(root, options)
        child = os.fork()
        if not child:
            _arm(step)
            _work(root, options)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        _check(root, options)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            sys.stdout.write(f"{step}\n")
            return


def _no_fsync(fd: object) -> None:
    del fd


def _begin(root: Path, options: TargetOptions) -> None:
    with open_target(root, options) as target:
        for key in target.made:
            assert target.remove(key)
        target.create(_secret(_CHANGED, _BEFORE))
        target.create(_secret(_GONE, _BEFORE))


def _work(root: Path, options: TargetOptions) -> None:
    with open_target(root, options) as target:
        found = target.read(_CHANGED)
        assert found is not None
        target.replace(found, _secret(_CHANGED, _AFTER))
        target.create(_secret(_NEW, _AFTER))
        target.remove(_GONE)


def _arm(step: int) -> None:
    """Kill this process when it calls one of the functions for the time after `step` calls."""
    left = step

    def armed(honest: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return honest(*arguments, **named)

        return call

    for name in _CALLS:
        setattr(os, name, armed(getattr(os, name)))


def _check(root: Path, options: TargetOptions) -> None:
    """Look as a reader does; then as the next run does, which clears everything away."""
    read = _manifest if options.format is TargetFormat.MANIFEST else _volume
    changed = read(root, _CHANGED)
    assert changed in (_BEFORE, _AFTER), changed
    assert read(root, _NEW) in (None, _AFTER)
    assert read(root, _GONE) in (None, _BEFORE)
    with open_target(root, options) as target:
        _tidy(target)
        there = {key for key in (_CHANGED, _NEW, _GONE) if read(root, key) is not None}
        assert there <= target.made
        found = target.read(_CHANGED)
        assert found is not None
        assert {key: value.reveal().decode() for key, value in found.secret.data.items()} == changed
    assert not list(root.rglob(".sealer-*"))
    assert len(list(root.glob("shop/changed/..????????????????"))) <= 1


def _tidy(target: Target) -> None:
    target.tidy_namespaces()
    for key in target.made:
        target.tidy(key)


def _manifest(root: Path, key: Key) -> dict[str, str] | None:
    path = root / key.namespace / f"{key.name}.yaml"
    if not path.exists():
        return None
    data = yaml.safe_load(path.read_text())["data"]
    return {name: yaml.safe_load(f"!!binary {value}").decode() for name, value in data.items()}


def _volume(root: Path, key: Key) -> dict[str, str] | None:
    folder = root / key.namespace / key.name
    if not folder.exists():
        return None
    files = (path for path in folder.iterdir() if not path.name.startswith("."))
    return {path.name: path.read_text() for path in files if path.exists()} or None


def _secret(key: Key, items: dict[str, str]) -> Secret:
    data = {name: SecretBytes(value.encode()) for name, value in items.items()}
    return Secret(*key, data, type="Opaque", owner_references=(_OWNER,))


if __name__ == "__main__":
    main()
