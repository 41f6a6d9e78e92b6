"""What is built and shipped: four packages, their programs, and nothing that does not belong."""

import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.version import Version

import sealer

ROOT = Path(__file__).parent.parent.parent
PACKAGES = {"sealer", "sealer_keys", "sealer_hooks", "sealer_controller"}
DATA = {f"{package}/py.typed" for package in PACKAGES} | {"sealer/schema/sealer-policy.schema.json"}
METADATA = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
# Places that speak of a version of ours, and how. Examples name the one that they were tried with.
MENTIONS = re.compile(
    r"^\s*(?:-\s*)?(?:newTag|appVersion|rev): \"?v?(\d+\.\d+\.\d+)\"?$"
    r"|\bsealer-controller:(\d+\.\d+\.\d+)\b",
    re.MULTILINE,
)


@pytest.fixture
def wheel(wheel_file: Path) -> Iterator[zipfile.ZipFile]:
    """Return the wheel of this tree, opened."""
    with zipfile.ZipFile(wheel_file) as archive:
        yield archive


def _project() -> dict[str, object]:
    project: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project


def test_wheel_holds_exactly_the_four_packages(wheel: zipfile.ZipFile) -> None:
    """No generic name lands in a user's site-packages."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES


def test_wheel_holds_every_module_of_the_tree(wheel: zipfile.ZipFile) -> None:
    """Nothing that a program imports is left behind."""
    sources = {
        str(file.relative_to(base))
        for base, package in (
            (ROOT, "sealer"),
            (ROOT / "keys", "sealer_keys"),
            (ROOT / "hooks", "sealer_hooks"),
            (ROOT / "controller", "sealer_controller"),
        )
        for file in (base / package).rglob("*.py")
    }
    assert {name for name in wheel.namelist() if name.endswith(".py")} == sources


def test_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    """Besides modules: the marks of typed packages, the schema of the policy, and metadata."""
    others = {name for name in wheel.namelist() if not name.endswith(".py")}
    described = f"sealer-{sealer.__version__}.dist-info/"
    assert others == DATA | {described + name for name in METADATA}


def test_wheel_names_the_three_programs(wheel: zipfile.ZipFile) -> None:
    """The console scripts are what the documentation calls."""
    (entry_points,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    names = re.findall(r"^(\S+) =", wheel.read(entry_points).decode(), re.MULTILINE)
    assert sorted(names) == ["sealer", "sealer-controller", "sealer-hook"]


def test_version_stands_in_one_place(wheel: zipfile.ZipFile) -> None:
    """The metadata has it from the package, and so has the name of the file."""
    assert "version" not in _project()
    (metadata,) = [name for name in wheel.namelist() if name.endswith("/METADATA")]
    assert f"\nVersion: {sealer.__version__}\n" in wheel.read(metadata).decode()


def test_version_is_named_nowhere_else_wrongly() -> None:
    """What installs us by version (manifests, examples, the README) is of this version."""
    named = {
        (str(file.relative_to(ROOT)), mention[0] or mention[1])
        for file in _tracked()
        if file.is_file() and file.suffix in {".md", ".yaml", ".yml", ""}
        if not file.is_relative_to(ROOT / "tests") and file.name != "LICENSE"
        for mention in MENTIONS.findall(file.read_text())
    }
    assert {"README.md", "deploy/kustomization.yaml", "controller/Dockerfile"} <= dict(named).keys()
    # What an upgrade begins with is an older one.
    upgrade = "docs/operations/upgrade.md"
    older = {version for file, version in named if file == upgrade} - {sealer.__version__}
    assert all(Version(version) < Version(sealer.__version__) for version in older)
    assert {version for file, version in named if file != upgrade} == {sealer.__version__}


def test_changelog_has_its_releases_in_order() -> None:
    """What is not released stands first; below it the newest release, and none from the future."""
    text = (ROOT / "CHANGELOG.md").read_text()
    first, *released = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert first == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", head) for head in released)
    versions = [Version(head[1:].partition("]")[0]) for head in released]
    ours = Version(sealer.__version__)
    assert versions == sorted(set(versions), reverse=True)
    assert all(version <= ours for version in versions)


@pytest.mark.parametrize(
    "lock", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda p: p.name
)
def test_lock_file_holds_versions_and_hashes_and_no_addresses(lock: Path) -> None:
    """Every machine uses its own mirror; every file is verified."""
    text = lock.read_text()
    assert "://" not in text
    requirements = re.findall(r"^[a-z0-9][^\n]*", text, re.MULTILINE)
    assert requirements
    for requirement in requirements:
        assert re.match(r"[a-z0-9._-]+==[^ ]+", requirement), requirement
    assert text.count("==") <= text.count("--hash=sha256:")


def test_core_dependencies_are_the_four_decided() -> None:
    """A new dependency needs a page in docs/decisions."""
    dependencies = _project()["dependencies"]
    assert isinstance(dependencies, list)
    names = [re.split(r"[<>=]", dependency)[0] for dependency in dependencies]
    assert names == ["cryptography", "pyyaml", "gitpython", "click"]


def _tracked() -> list[Path]:
    command = ["git", "-C", str(ROOT), "ls-files", "-z"]
    output = subprocess.run(command, check=True, capture_output=True).stdout
    return [ROOT / name.decode() for name in output.split(b"\0") if name]


def test_tracked_private_keys_are_test_vectors_only() -> None:
    """No private key is in the repository but those marked TEST ONLY (and none in keys/public)."""
    private = re.compile(rb"-----BEGIN (RSA |EC )?PRIVATE KEY-----\r?\n[A-Za-z0-9+/=]{40}")
    for file in _tracked():
        if file.is_file() and not file.is_relative_to(ROOT / "tests" / "vectors"):
            assert not private.search(file.read_bytes()), file


def test_tracked_public_folder_holds_certificates_only() -> None:
    """keys/public is for certificates and words about them."""
    for file in (ROOT / "keys" / "public").iterdir():
        assert file.suffix in {".pem", ".crt", ".md"}
        assert b"PRIVATE KEY" not in file.read_bytes()


def test_layers_point_one_way() -> None:
    """The import contracts of pyproject.toml hold."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    path = ":".join(str(ROOT / part) for part in ("", "keys", "hooks", "controller"))
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={"PYTHONPATH": path}, check=False
    )
    assert done.returncode == 0, done.stdout
