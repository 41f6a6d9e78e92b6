"""`examples/plain-host/compose.yaml`: valid, and its container does its job in the image."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sealer import __version__
from tests.examples.test_plain_host import EXAMPLE
from tests.image.dockerfile import Image
from tests.support.console import BIN

pytestmark = [pytest.mark.xdist_group("image"), pytest.mark.timeout(300)]
COMPOSE = yaml.safe_load((EXAMPLE / "compose.yaml").read_text())
CONTROLLER: dict[str, Any] = COMPOSE["services"]["sealer-controller"]
SHOP: dict[str, Any] = COMPOSE["services"]["shop"]
PLACES = ("/repository", "/keys", "/secrets")


def test_file_is_valid_by_the_schema() -> None:
    """The one of the Compose Specification."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    subprocess.run([*command, EXAMPLE / "compose.yaml"], check=True)


def test_image_is_of_this_version() -> None:
    """The one that controller/README.md builds."""
    assert CONTROLLER["image"] == f"sealer-controller:{__version__}"


def test_controller_is_locked_down() -> None:
    """No network, no capability, no new rights, nothing to write to but its two folders."""
    assert CONTROLLER["network_mode"] == "none"
    assert CONTROLLER["cap_drop"] == ["ALL"]
    assert CONTROLLER["security_opt"] == ["no-new-privileges:true"]
    assert CONTROLLER["read_only"] is True
    assert CONTROLLER["volumes"] == [
        "./repository:/repository:ro",
        "./keys:/keys",
        "secrets:/secrets",
    ]


@pytest.fixture
def container(image: Image) -> Iterator[Image]:
    """Return the image with the folders that the file mounts into it, as it asks for them."""
    owner = COMPOSE["volumes"]["secrets"]["driver_opts"]["o"]
    assert owner == "uid=1001,gid=1001,mode=0750"
    for place, mode in zip(PLACES, (0o755, 0o700, 0o750), strict=True):
        folder = image.root.path / place.lstrip("/")
        folder.mkdir()
        folder.chmod(mode)
        if place != "/repository":
            os.chown(folder, 1001, 1001)
    yield image
    for place in PLACES:
        subprocess.run(["rm", "-r", image.root.path / place.lstrip("/")], check=True)


def _in(image: Image, *command: str, user: str = CONTROLLER["user"]) -> tuple[int, str]:
    """Run a program in the container; return its exit code and what it prints."""
    environ = image.environ | CONTROLLER["environment"]
    done = image.root.run(
        *command, environ=environ, user=user, volumes=PLACES[1:], is_writable=False
    )
    return done.returncode, done.stdout + done.stderr


def _seal(container: Image) -> None:
    """Put a sealed Secret into the repository, with the certificate that the first start made."""
    certificate = container.root.path / "secrets" / ".sealer" / "certificate.pem"
    seal = ["create", "generic", "db", "-n", "shop", "--from-env=password=WORD", "-q"]
    sealed = subprocess.run(
        [BIN / "sealer", *seal, "--no-cache", "--cert", certificate],
        env={**os.environ, "WORD": "correct horse"},
        capture_output=True,
        text=True,
        check=True,
    )
    (container.root.path / "repository" / "db.yaml").write_text(sealed.stdout)


def test_container_is_healthy_when_the_other_one_can_read_its_secret(container: Image) -> None:
    """The shop, and nobody of another group; so it starts when its Secret is there."""
    kind, *check = CONTROLLER["healthcheck"]["test"]
    assert kind == "CMD"
    (group,), (volume,) = SHOP["group_add"], SHOP["volumes"]
    file = f"/{volume['source']}/{volume['volume']['subpath']}/password"
    assert SHOP["command"] == ["--password-file", f"{volume['target']}/password"]
    assert _in(container, *check)[0] == 1
    assert _in(container, *container.entrypoint, "--once")[0] == 0
    _seal(container)
    with container.root.started(
        *container.entrypoint,
        environ=container.environ | CONTROLLER["environment"],
        user=CONTROLLER["user"],
        volumes=PLACES[1:],
        has_network=False,
    ) as running:
        while _in(container, *check)[0]:  # as the engine asks, again and again
            continue
        assert _in(container, "cat", file, user=f"4711:{group}") == (0, "correct horse")
        assert "Permission denied" in _in(container, "cat", file, user="4711:4711")[1]
        assert running.stop() == 0


def test_shop_waits_until_the_controller_is_healthy() -> None:
    """Its Secret is there when it starts, or it does not start."""
    waits = SHOP["depends_on"]["sealer-controller"]
    assert waits == {"condition": "service_healthy"}
    assert Path(SHOP["volumes"][0]["target"]).is_relative_to("/run/secrets")
