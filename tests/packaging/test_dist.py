"""`make dist` makes what is committed into files that are the same every time."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import sealer

ROOT = Path(__file__).parent.parent.parent
NAME = f"sealer-{sealer.__version__}"
FILES = {f"{NAME}.tar.gz", f"{NAME}-py3-none-any.whl", f"{NAME}.cdx.json"}

REVISION = subprocess.run(
    ["git", "-C", str(ROOT), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
).stdout.strip()


def _dist(folder: Path, umask: int = 0o022, **environment: str) -> dict[str, bytes]:
    """Run `make dist` and return the files that it makes."""
    # The environment is there, as the tests run in it: nothing is installed. What a make around the
    # tests was told is not for this one.
    kept = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    make = ["make", "--old-file=.venv/dev.stamp", "dist", f"DIST={folder}", f"REVISION={REVISION}"]
    made = subprocess.run(
        [*make, "VENV=.venv", f"BIN={Path(sys.executable).parent}"],
        cwd=ROOT,
        env={**kept, **environment},
        umask=umask,
        check=False,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with what `make dist` makes."""
    folder = tmp_path_factory.mktemp("dist")
    assert set(_dist(folder)) == FILES
    return folder


@pytest.fixture(scope="module")
def unpacked(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder inside the sdist."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    (inside,) = folder.iterdir()
    return inside


def test_dist_made_twice_is_the_same_bytes(dist: Path, tmp_path: Path) -> None:
    """Whoever makes it: in another folder, time zone and language, with other rights."""
    again = _dist(
        tmp_path, 0o077, TZ="Asia/Tokyo", LC_ALL="C", PYTHONHASHSEED="7", HOME=str(tmp_path)
    )
    assert again == {file.name: file.read_bytes() for file in dist.iterdir()}


def test_dist_names_its_files_in_the_sbom(dist: Path) -> None:
    """By name and hash, so that nobody can pass it off as the one of other files."""
    described = json.loads((dist / f"{NAME}.cdx.json").read_text())["metadata"]["component"]
    named = {
        reference["url"]: [each["content"] for each in reference["hashes"]]
        for reference in described["externalReferences"]
    }
    assert named == {
        name: [hashlib.sha256((dist / name).read_bytes()).hexdigest()]
        for name in FILES - {f"{NAME}.cdx.json"}
    }


def test_dist_replaces_what_an_older_version_left(tmp_path: Path) -> None:
    """Nobody uploads the wheel of another version by accident; other files stay."""
    old = ("sealer-0.0.1-py3-none-any.whl", "sealer-0.0.1.tar.gz", "sealer-0.0.1.cdx.json")
    for name in (*old, "notes.txt"):
        (tmp_path / name).touch()
    assert set(_dist(tmp_path)) == {*FILES, "notes.txt"}


def test_sdist_holds_what_is_committed(unpacked: Path) -> None:
    """All that git has but the script of CI, so that tests and benchmarks run from it."""
    command = ["git", "-C", str(ROOT), "ls-tree", "-r", "-z", "--name-only", REVISION]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    committed = {name for name in listed.split("\0") if name and not name.startswith(".ci/")}
    held = {str(file.relative_to(unpacked)) for file in unpacked.rglob("*") if file.is_file()}
    assert held == committed | {"PKG-INFO"}


def test_sdist_makes_the_very_same_wheel(dist: Path, unpacked: Path, tmp_path: Path) -> None:
    """The sources that are published are those of the wheel beside them."""
    (wheel,) = dist.glob("*.whl")
    time = subprocess.run(
        ["git", "-C", str(ROOT), "log", "-1", "--format=%ct", REVISION],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=unpacked,
        env={**os.environ, "SOURCE_DATE_EPOCH": time},
        check=True,
        capture_output=True,
    )
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()
