"""The Dockerfile: what its build copies exists, is let through, and is pinned."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sealer import __version__
from tests.controller.process import environment
from tests.deploy.manifests import NAME, ROOT, one
from tests.image.dockerfile import build, instructions

TEXT = (ROOT / "controller" / "Dockerfile").read_text()
STEPS = list(instructions(TEXT))
IGNORED = (ROOT / "controller" / "Dockerfile.dockerignore").read_text().splitlines()
COPIED = {
    path
    for name, rest in STEPS
    if name == "COPY" and not rest.startswith("--from")
    for path in rest.split()[:-1]
}


def test_build_copies_what_exists_and_is_let_through() -> None:
    """Every path of a COPY is in the repository, and not kept out by the ignore file."""
    assert {"requirements/controller.txt", "pyproject.toml", "sealer/"} <= COPIED
    for path in COPIED:
        assert (ROOT / path).exists(), path
    assert IGNORED[1] == "*"
    assert {line.removeprefix("!") for line in IGNORED if line.startswith("!")} == COPIED


def test_build_has_every_package_of_the_wheel() -> None:
    """What pyproject packages is copied into the build."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {f"{package}/" for package in packages} <= COPIED


def test_image_runs_as_the_deployments_user() -> None:
    """The container says which one, and the image demands the same without one."""
    (container,) = one("Deployment", NAME)["spec"]["template"]["spec"]["containers"]
    users = [rest.partition(":")[0] for name, rest in STEPS if name == "USER"]
    assert users == [str(container["securityContext"]["runAsUser"])]


def test_image_installs_only_what_is_locked() -> None:
    """Packages come by hash, as wheels and from no address; our own brings none along."""
    runs = [rest for name, rest in STEPS if name == "RUN"]
    installs = [
        part
        for run in runs
        for part in run.split("&&")
        if re.search(r"pip\S*( \S+)* install", part)
    ]
    assert len(installs) == 3
    for install in installs[:2]:
        assert "--require-hashes --only-binary=:all:" in install
    assert "--no-deps --no-index" in installs[2]
    assert not re.search(r"https?://|curl|wget|apt|ADD", TEXT)


def test_base_is_one_exact_version_in_all_stages() -> None:
    """Version and distribution are named, and one argument changes both stages."""
    (base,) = [rest for name, rest in STEPS if name == "ARG" and rest.startswith("BASE=")]
    assert re.fullmatch(r"BASE=docker\.io/library/python:3\.11\.\d+-slim-[a-z]+", base)
    assert all(rest.startswith("${BASE}") for name, rest in STEPS if name == "FROM")


@pytest.mark.parametrize(
    "base", ["docker.io/library/python:3.11.16", "registry.example.com/hard/python:3.11@sha256:00"]
)
def test_image_names_the_base_that_it_was_given(tmp_path: Path, base: str) -> None:
    """In full, in whichever registry it is."""
    steps = (f"{name} {rest}" for name, rest in STEPS if name in ("ARG", "FROM", "LABEL"))
    text = re.sub(r"^ARG BASE=.*", f"ARG BASE={base}", "\n".join(steps), count=1)
    made = build(text, ROOT, tmp_path, tmp_path)
    assert made.base == base
    assert made.labels["org.opencontainers.image.base.name"] == base


def test_base_is_the_python_that_the_locks_are_made_for() -> None:
    """The lowest one that pyproject allows, which is also the one the tests run on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (found,) = re.findall(r"^ARG BASE=\S+/python:(\d+\.\d+)\.", TEXT, re.MULTILINE)
    assert project["requires-python"] == f">={found}"


def test_image_has_no_healthcheck_and_needs_no_shell_to_start() -> None:
    """Kubernetes has probes of its own; what starts is a program and not a line of shell."""
    names = [name for name, _ in STEPS]
    assert "HEALTHCHECK" not in names
    assert STEPS[-1] == ("ENTRYPOINT", '["sealer-controller"]')


def test_program_answers_to_both_names(tmp_path: Path) -> None:
    """`controller` is the name that manifests of the original start (controller.md 10)."""
    (container,) = one("Deployment", NAME)["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["controller"]
    linked = re.search(r"ln -s (\S+) \S+/bin/(\S+)", TEXT)
    assert linked is not None
    script, alias = linked.groups()
    assert alias == "controller"
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


def test_unknown_instruction_fails_the_stand_in(tmp_path: Path) -> None:
    """What the tests cannot carry out they do not pass over."""
    with pytest.raises(AssertionError, match="ONBUILD is not known here"):
        build("ONBUILD RUN true\n", ROOT, tmp_path, tmp_path)


def test_stand_in_knows_arguments_where_an_engine_does(tmp_path: Path) -> None:
    """Those before the first stage in FROM and where they are named again; a stage's in it only."""
    lines = """
ARG BASE=python
ARG FULL=example.com/${BASE}
FROM ${FULL} AS first
ARG OWN=1
LABEL own="${OWN}${FULL}"
FROM ${FULL}
ARG FULL
LABEL full="${FULL}" own="${OWN}" base="${BASE}" path="$PATH"
"""
    made = build(lines, ROOT, tmp_path, tmp_path)
    assert made.base == "example.com/python"
    path = made.labels.pop("path")
    assert path.startswith("/usr/local/bin:")
    assert made.labels == {"full": "example.com/python", "own": "", "base": ""}
