"""The commands of the README and docs/keys.md work as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import vectors

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
PAGES = [ROOT / "README.md", ROOT / "docs" / "keys.md"]
# What cannot run here, and where it is shown instead.
SHOWN_ELSEWHERE = {
    "make demo": "tests/cli runs `sealer demo`, all that the target does in its environment",
    "make test": "this is it",
    "pipx install .": "tests/packaging builds what is installed",
    "pip install '.[controller]'": "the environment that the tests run in",
    "helm install sealed-secrets deploy/chart -n kube-system"
    " --set image.registry=registry.example.com": "tests/operations, on the real API server",
    "kubectl apply -k deploy/": "tests/deploy, on the real API server",
    "kubectl apply -f sealing-key.yaml": "tests/conformance, on the real API server",
    "pre-commit install --hook-type pre-commit --hook-type pre-merge-commit --hook-type pre-push": (
        "tests/hooks, with the framework in real repositories"
    ),
    "sealer git install": "tests/cli/gitsetup, in real repositories",
    "sealer-controller --source repo/ --target secrets/ --keys keys/": "tests/controller",
}
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData: {password: correct horse}
"""


def _commands(page: Path) -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [re.sub(r"\s{2,}#.*$", "", line) for line in lines]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with what the commands take for granted."""
    (tmp_path / "secret.yaml").write_text(SECRET)
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "db.yaml").write_text(SECRET)
    return tmp_path


def _run(command: str, folder: Path) -> None:
    if command.startswith("kubectl get --raw"):
        # The certificate's way out of a cluster; the answer is what a controller serves.
        shutil.copy(vectors.KEYS / "peer-a.crt.pem", folder / "cert.pem")
        return
    environment = {"PATH": f"{BIN}:{os.environ['PATH']}", "TOKEN": "t0p", "HOME": str(folder)}
    done = subprocess.run(
        ["sh", "-ec", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    assert "t0p" not in done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_a_page_run_in_order(page: Path, folder: Path) -> None:
    """Each command either runs here or is shown in the test that is named."""
    commands = _commands(page)
    assert commands
    for command in commands:
        if command not in SHOWN_ELSEWHERE:
            _run(command, folder)
    if page.name == "README.md":
        for file in ("sealed.yaml", "manifests/db.yaml"):
            text = (folder / file).read_text()
            assert "kind: SealedSecret" in text
            assert "correct horse" not in text


def test_commands_shown_elsewhere_are_still_in_the_pages() -> None:
    """No exception outlives its command."""
    known = {command for page in PAGES for command in _commands(page)}
    assert SHOWN_ELSEWHERE.keys() <= known
