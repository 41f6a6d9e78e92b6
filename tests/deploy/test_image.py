"""The image: what its build copies exists, and what it starts works under both names."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from sealer import __version__
from tests.controller.process import environment
from tests.deploy.manifests import NAME, ROOT, one

DOCKERFILE = (ROOT / "controller" / "Dockerfile").read_text()
IGNORED = (ROOT / "controller" / "Dockerfile.dockerignore").read_text().splitlines()
COPIED = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)


def test_build_copies_what_exists_and_is_let_through() -> None:
    """Every path of a COPY is in the repository, and not kept out by the ignore file."""
    paths = {path for line in COPIED for path in line.split()}
    assert paths >= {"requirements/", "pyproject.toml", "sealer/"}
    for path in paths:
        assert (ROOT / path).exists(), path
    assert IGNORED[1] == "*"
    assert {line.removeprefix("!") for line in IGNORED if line.startswith("!")} == paths


def test_build_has_every_package_of_the_wheel() -> None:
    """What pyproject packages is copied into the build."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {f"{package}/" for package in packages} <= set(COPIED)


def test_image_runs_as_the_deployments_user() -> None:
    """User 1001, as the Deployment demands, and no other later on."""
    pod = one("Deployment", NAME)["spec"]["template"]["spec"]
    users = re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE)
    assert users == [str(pod["securityContext"]["runAsUser"])]


def test_image_installs_only_what_is_locked() -> None:
    """Packages come by hash; our own brings none along."""
    installs = re.findall(
        r"pip install (.+?)(?:&&|$)", DOCKERFILE.replace("\\\n", " "), re.MULTILINE
    )
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-deps" in installs[1]


def test_program_answers_to_both_names(tmp_path: Path) -> None:
    """`controller` is the name that manifests of the original start (controller.md 10)."""
    (container,) = one("Deployment", NAME)["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["controller"]
    linked = re.search(r"ln -s (\S+) \S+/bin/(\S+)", DOCKERFILE)
    assert linked is not None
    script, alias = linked.groups()
    assert alias == "controller"
    assert f'ENTRYPOINT ["{script}"]' in DOCKERFILE
    (tmp_path / alias).symlink_to(Path(sys.executable).parent / script)
    # As in the image: nothing may be written, and the folder of the program is the path.
    path = os.pathsep.join((str(tmp_path), str(Path(sys.executable).parent)))
    done = subprocess.run(
        [alias, "--version"],
        env={**environment({"PATH": path}), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"controller version: {__version__}\n"
