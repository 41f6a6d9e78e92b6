"""What the image holds and what it would run: built and started in a stand-in for an engine.

The base is played by this machine's Python at `/usr/local`, where the official image has its own.
"""

import json
import os
import signal
import struct
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from requirements.sbom import read_lock
from sealer import __version__
from tests.cluster.server import Cluster
from tests.controller.process import Running
from tests.deploy.installation import KEY_LABEL, SYSTEM
from tests.deploy.manifests import DEPLOY, NAME, ROOT, one
from tests.image.dockerfile import Image

# One process builds the image, for all tests that need no API server.
pytestmark = [pytest.mark.xdist_group("image"), pytest.mark.timeout(300)]
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
UNCHECKED = 1  # PEP 552: the hash of the source is there, and nobody compares it
LIST = """
import importlib.metadata, json
print(json.dumps({each.name: each.version for each in importlib.metadata.distributions()}))
"""
IMPORTED = """
import aiohttp, cryptography.x509, prometheus_client, sys
print(*(getattr(each, "__cached__", None) or "" for each in sys.modules.values()), sep="\\n")
"""
USERS = pytest.mark.parametrize("user", ["1001:1001", "4711:0"], ids=["its own", "any"])


def _printed(image: Image, *command: str, user: str = "4711:0") -> str:
    done = image.root.run(*command, environ=image.environ, user=user, is_writable=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_image_holds_the_locked_packages_and_ours(image: Image) -> None:
    """By name and version: nothing is missing, and neither pip nor a build tool is there."""
    found = json.loads(_printed(image, "python", "-c", LIST))
    lock = read_lock(ROOT / "requirements" / "controller.txt")
    expected = {package.name: package.version for package in lock}
    named = {name.lower().replace("_", "-"): version for name, version in found.items()}
    assert named == expected | {"sealer": __version__}


@pytest.mark.parametrize("module", ["pip", "setuptools", "wheel", "ensurepip", "hatchling"])
@pytest.mark.parametrize("python", ["/opt/sealer/bin/python", "/usr/local/bin/python3"])
def test_image_has_nothing_to_install_with(image: Image, python: str, module: str) -> None:
    """Neither in the environment nor in the base's own Python."""
    done = image.root.run(python, "-c", f"import {module}", environ=image.environ)
    assert f"No module named '{module}'" in done.stderr


def test_image_is_compiled_and_needs_no_source_to_be_looked_at(image: Image) -> None:
    """Every module has bytecode that is taken as it is, whatever times a copy has."""
    modules = list((image.root.path / "opt/sealer/lib").rglob("*.py"))
    assert len(modules) > 1000
    for module in modules:
        (cached,) = (module.parent / "__pycache__").glob(f"{module.stem}.cpython-*.pyc")
        with cached.open("rb") as file:
            assert struct.unpack("<4sL", file.read(8)) == (MAGIC_NUMBER, UNCHECKED), module


def test_image_compiles_the_standard_library(image: Image) -> None:
    """The official base leaves it as sources; here all that is imported at a start is compiled."""
    places = [place for place in _printed(image, "python", "-c", IMPORTED).splitlines() if place]
    assert len(places) > 200
    looked_at = f"import os; print([each for each in {places} if not os.path.exists(each)])"
    assert _printed(image, "python", "-c", looked_at) == "[]\n"


def test_image_holds_no_file_that_others_than_root_can_change(image: Image) -> None:
    """Whoever the program runs as, it cannot change itself."""
    for file in (image.root.path / "opt/sealer").rglob("*"):
        status = file.lstat()
        assert status.st_uid == 0, file
        assert file.is_symlink() or not status.st_mode & 0o022, file


def test_image_says_what_it_is(image: Image) -> None:
    """The labels that the OCI names, with this version; and the base that it came from."""
    labels = {
        name.removeprefix("org.opencontainers.image."): text for name, text in image.labels.items()
    }
    assert labels["version"] == __version__
    assert labels["licenses"] == "Apache-2.0"
    assert labels["base.name"] == image.base
    assert {"title", "description", "revision"} <= labels.keys()


@USERS
@pytest.mark.parametrize("name", ["sealer-controller", "controller", "sealer", "sealer-hook"])
def test_image_runs_its_programs_as_any_user(image: Image, name: str, user: str) -> None:
    """On a read-only root, in a folder that is not theirs, without a home."""
    assert _printed(image, name, "--help", user=user)


def test_image_root_is_read_only_in_these_tests(image: Image) -> None:
    """The stand-in refuses what an engine would refuse, or the tests above would prove nothing."""
    for place in ("/x", "/opt/sealer/x", "/usr/local/x", "/etc/x", "/var/x", "/run/x"):
        code = f"open({place!r}, 'w')"
        done = image.root.run("python", "-c", code, environ=image.environ, is_writable=False)
        assert "Read-only file system" in done.stderr, place
    assert _printed(image, "python", "-c", "print(open('/tmp/x', 'w').write('x'))") == "1\n"


@pytest.fixture
def account(cluster: Cluster, tmp_path: Path) -> Iterator[Path]:
    """What a Pod of the installed controller is given; the keys that it makes are removed."""
    cluster.install_crd(DEPLOY / "crd.yaml")
    cluster.kubectl("apply", "--server-side", "-k", DEPLOY)
    yield cluster.service_account_folder(NAME, SYSTEM, tmp_path / "account")
    cluster.kubectl("delete", "secret", "-n", SYSTEM, "-l", f"{KEY_LABEL}=active")


@contextmanager
def _started(image: Image, cluster: Cluster, account: Path, user: str) -> Iterator[Running]:
    """Start what the Deployment starts, with no program around it: no shell, no git, nothing."""
    (container,) = one("Deployment", NAME)["spec"]["template"]["spec"]["containers"]
    empty = account.parent / "empty"
    empty.mkdir(exist_ok=True)
    with image.root.started(
        *container.get("command", image.entrypoint),
        *container["args"],
        *("--key-size=2048", "--listen-addr=127.0.0.1:0", "--listen-metrics-addr=127.0.0.1:0"),
        environ={**image.environ, **cluster.environ, "POD_NAMESPACE": SYSTEM},
        user=user,
        mounts={ACCOUNT: account, "/usr/bin": empty, "/usr/sbin": empty},
    ) as running:
        yield running


@pytest.mark.cluster
@USERS
def test_image_starts_on_a_cluster_and_ends_when_it_is_told_to(
    image: Image, cluster: Cluster, account: Path, user: str
) -> None:
    """Healthy, with no right of the kernel's, nothing written but to /tmp, exit code 0."""
    with _started(image, cluster, account, user) as running:
        port = running.until("listening")["address"].rpartition(":")[2]
        running.until("leading")
        running.until("key_created")
        for path in ("/healthz", "/v1/cert.pem"):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                assert answer.status == HTTPStatus.OK
        process = Path("/proc") / str(running.pid)
        status = dict(
            line.split(":\t", 1) for line in (process / "status").read_text().splitlines()
        )
        assert set(status["Uid"].split()) == {user.partition(":")[0]}
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
        assert status["NoNewPrivs"] == "1"
        opened = {os.readlink(each) for each in (process / "fd").iterdir()}  # noqa: PTH115 - pipes have names, not paths
        assert not [each for each in opened if each.startswith("/") and each != "/dev/null"]
        assert not list((process / "root" / "tmp").iterdir())
        assert running.stop(signal.SIGTERM) == 0
