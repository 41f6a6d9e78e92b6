"""Build what the tests need of a cluster, once, in a cache outside the tree.

    tests/cluster/build

builds what is missing and prints the folder. The cache is `$SEALER_CLUSTER_CACHE`, else
`$XDG_CACHE_HOME/sealer/cluster`, else `~/.cache/sealer/cluster`; a folder in it belongs to one
state of the go.mod and go.sum files beside this one. Needs Go and nothing else: no C compiler, no
package besides Python's own, because `make cluster` runs it before anything is installed.
"""

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PROGRAMS", "Program", "build", "folder", "main", "missing"]

HERE = Path(__file__).resolve().parent
MODULES = ("etcd", "helm", "kubernetes")
VERSION = "v1.36.3"
_COMMANDS = "k8s.io/kubernetes/cmd/"
FLAGS = ("-trimpath", "-ldflags", f"-s -w -X k8s.io/component-base/version.gitVersion={VERSION}")


@dataclass(frozen=True, slots=True)
class Program:
    """One program to build: its name, the folder of its Go module, and its Go package."""

    name: str
    module: str
    package: str


PROGRAMS = (
    Program("etcd", "etcd", "go.etcd.io/etcd/server/v3"),
    Program("kube-apiserver", "kubernetes", _COMMANDS + "kube-apiserver"),
    Program("kube-controller-manager", "kubernetes", _COMMANDS + "kube-controller-manager"),
    Program("kubectl", "kubernetes", _COMMANDS + "kubectl"),
    Program("helm", "helm", "helm.sh/helm/v3/cmd/helm"),
)


def folder(environ: Mapping[str, str]) -> Path:
    """Return the cache folder of the programs as the go.mod and go.sum files now name them.

    The Go version is no part of the key: the tests must find the folder where Go is not installed,
    and go.mod says which Go is new enough.
    """
    home = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = Path(environ.get("SEALER_CLUSTER_CACHE") or home / "sealer" / "cluster")
    key = hashlib.sha256(repr((FLAGS, sys.platform, platform.machine())).encode())
    for module in MODULES:
        for name in ("go.mod", "go.sum"):
            key.update((HERE / module / name).read_bytes())
    return cache.absolute() / key.hexdigest()[:16]


def missing(directory: Path) -> list[str]:
    """Return the names of the programs that the folder does not hold."""
    return [
        program.name for program in PROGRAMS if not os.access(directory / program.name, os.X_OK)
    ]


def build(program: Program, directory: Path, environ: Mapping[str, str]) -> None:
    """Build one program into the folder; a build that fails or is interrupted leaves nothing there.

    Raises:
        subprocess.CalledProcessError: Go said why on stderr.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".build-", dir=directory) as temporary:
        result = Path(temporary) / program.name
        subprocess.run(
            ["go", "build", *FLAGS, "-o", result, program.package],  # Go of the PATH
            cwd=HERE / program.module,
            env={"CGO_ENABLED": "0", **environ},
            stdout=sys.stderr,
            check=True,
        )
        result.replace(directory / program.name)


def main(arguments: list[str]) -> int:
    """Build what is missing, print the folder; return 1 when that is not possible."""
    parser = argparse.ArgumentParser(
        prog="tests/cluster/build", description="Build the programs of the real API server."
    )
    parser.parse_args(arguments)
    directory = folder(os.environ)
    todo = missing(directory)
    if todo and shutil.which("go") is None:
        _say(f"cannot build {', '.join(todo)}: there is no `go` in PATH")
        _say("install Go 1.26 or newer, or name a folder with the programs in SEALER_CLUSTER_BIN")
        return 1
    for program in PROGRAMS:
        if program.name not in todo:
            continue
        _say(f"building {program.name}; the first time takes minutes")
        try:
            build(program, directory, os.environ)
        except subprocess.CalledProcessError:
            _say(f"{program.name} was not built, see above")
            return 1
    sys.stdout.write(f"{directory}\n")
    return 0


def _say(words: str) -> None:
    sys.stderr.write(f"tests/cluster/build: {words}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
