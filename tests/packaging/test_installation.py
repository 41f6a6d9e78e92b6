"""The wheel, installed into clean environments: what works without the extra, and what with it."""

import base64
import json
import subprocess
from pathlib import Path

import pytest

from sealer import __version__
from tests.packaging.environments import ROOT, Environment

OPTIONAL = ("aiohttp", "msgspec", "prometheus_client", "watchfiles", "bcrypt", "re2")
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData: {password: hunter2}
"""
# One process makes the environments, the others have no use for them.
pytestmark = pytest.mark.xdist_group("installation")
CERTIFICATE = ROOT / "tests" / "vectors" / "keys" / "rsa2048.crt.pem"
KEY = ROOT / "tests" / "vectors" / "keys" / "rsa2048.key.pem"


@pytest.fixture(scope="module")
def plain(wheel_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment with the wheel and nothing optional."""
    return _installed(tmp_path_factory.mktemp("plain"), "core.txt", str(wheel_file))


@pytest.fixture(scope="module")
def full(wheel_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment with the wheel and the controller's extra."""
    folder = tmp_path_factory.mktemp("full")
    return _installed(folder, "controller.txt", f"{wheel_file}[controller]")


def _installed(folder: Path, lock: str, what: str) -> Environment:
    environment = Environment(folder, lock)
    installed = environment.pip("install", what)
    assert installed.returncode == 0, installed.stderr
    return environment


def _ran(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("kind", ["plain", "full"])
def test_installed_packages_are_the_lock_and_ours(
    kind: str, request: pytest.FixtureRequest
) -> None:
    """The lock is all that is needed, and pip finds nothing missing or in conflict."""
    environment: Environment = request.getfixturevalue(kind)
    assert _ran(environment.pip("check")) == "No broken requirements found.\n"
    listed = json.loads(_ran(environment.pip("list", "--format=json")))
    assert {"name": "sealer", "version": __version__} in listed
    assert ("aiohttp" in {package["name"] for package in listed}) == (kind == "full")


def test_plain_environment_has_none_of_the_extra(plain: Environment) -> None:
    """So that the tests below show what they say."""
    code = f"from importlib.util import find_spec; print([*map(find_spec, {OPTIONAL})])"
    assert _ran(plain.run("python", "-c", code)) == f"{[None] * len(OPTIONAL)}\n"


def test_installed_package_is_the_one_of_the_environment(plain: Environment) -> None:
    """Not this tree."""
    path = _ran(plain.run("python", "-c", "import sealer; print(sealer.__file__)"))
    assert Path(path.strip()).is_relative_to(plain.bin.parent)


def test_client_tells_its_version_and_does_its_job(plain: Environment) -> None:
    """Without the extra: what it seals is not readable, and opens again with the key."""
    assert _ran(plain.run("sealer", "--version")) == f"sealer {__version__}\n"
    sealed = plain.home / "sealed.yaml"
    done = plain.run("sealer", "seal", "--cert", CERTIFICATE, "-", text=SECRET)
    assert done.returncode == 0, done.stderr
    assert "hunter2" not in done.stdout
    sealed.write_text(done.stdout)
    opened = plain.run("sealer", "unseal", "--keys", KEY, sealed)
    assert opened.returncode == 0, opened.stderr
    assert base64.b64encode(b"hunter2").decode() in opened.stdout


def test_demo_needs_the_controller_and_says_so(plain: Environment, full: Environment) -> None:
    """The main job, end to end, is shown by both; with the client alone it names the extra."""
    done = plain.run("sealer", "demo")
    assert done.returncode == 1
    assert "pip install '.[controller]'" in done.stderr
    shown = full.run("sealer", "demo")
    assert shown.returncode == 0, shown.stderr


def test_client_finds_its_schema_and_its_help(plain: Environment) -> None:
    """Data and lazily loaded modules came along: every command shows its help."""
    names = _ran(plain.run("python", "-c", "from sealer.cli.main import _NAMES; print(*_NAMES)"))
    for name in names.split():
        assert _ran(plain.run("sealer", name, "--help"))
    code = "from importlib.resources import files; print(*files('sealer.schema').iterdir())"
    assert "sealer-policy.schema.json" in _ran(plain.run("python", "-c", code))


def test_hook_refuses_and_lets_pass(plain: Environment) -> None:
    """Without the extra."""
    (plain.home / "db.yaml").write_text(SECRET)
    (plain.home / "harmless.yaml").write_text("kind: ConfigMap\n")
    assert plain.run("sealer-hook", "db.yaml").returncode == 1
    assert plain.run("sealer-hook", "harmless.yaml").returncode == 0


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """Return the flags for a run of the controller on empty folders."""
    for name in ("source", "target", "keys"):
        (tmp_path / name).mkdir(mode=0o700)
    return [*(f"--{name}={tmp_path / name}" for name in ("source", "target", "keys")), "--once"]


@pytest.mark.parametrize("kind", ["once", "serving", "cluster"])
def test_controller_without_its_extra_says_what_to_install(
    plain: Environment, folders: list[str], tmp_path: Path, kind: str
) -> None:
    """Version and help come; a start ends with one line, and with no words about a bug."""
    version = f"controller version: {__version__}\n"
    assert _ran(plain.run("sealer-controller", "--version")) == version
    (tmp_path / "token").write_text("token")
    arguments = {
        "once": folders,
        "serving": folders[:-1],
        "cluster": ["--server=https://127.0.0.1:9", f"--token-file={tmp_path / 'token'}"],
    }
    done = plain.run("sealer-controller", *arguments[kind])
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("sealer-controller: the package ")
    assert line.endswith("in the checkout: pip install '.[controller]')")


@pytest.mark.parametrize("module", ["sealer_controller.http", "sealer_controller.kube.client"])
def test_controller_cannot_be_imported_without_its_extra(plain: Environment, module: str) -> None:
    """The error names a package that the extra brings."""
    done = plain.run("python", "-c", f"import {module}")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last in {f"ModuleNotFoundError: No module named '{name}'" for name in OPTIONAL}


def test_controller_with_its_extra_does_its_job(full: Environment, folders: list[str]) -> None:
    """On folders: it makes a key, and opens what was sealed with its certificate."""
    assert full.run("sealer-controller", *folders, "--key-size=2048").returncode == 0
    source, target = (Path(folder.partition("=")[2]) for folder in folders[:2])
    certificate = target / ".sealer" / "certificate.pem"
    sealed = full.run("sealer", "seal", "--cert", certificate, "-", text=SECRET)
    (source / "db.yaml").write_text(sealed.stdout)
    done = full.run("sealer-controller", *folders)
    assert done.returncode == 0, done.stderr
    (made,) = target.glob("shop/db.*")
    assert base64.b64encode(b"hunter2").decode() in made.read_text()
