"""The project keeps its own rule: its hook refuses nothing of its own tree."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from sealer_hooks.main import main

ROOT = Path(__file__).parents[2]


def test_hook_refuses_no_file_of_the_project(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is left out by its own configuration holds readable Secrets on purpose."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = {hook["id"]: hook for repo in config["repos"] for hook in repo["hooks"]}
    left_out = re.compile(hooks["sealer-hook"]["exclude"])
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    files = [name for name in listed.stdout.split("\0") if name and not left_out.search(name)]
    monkeypatch.chdir(ROOT)
    assert (main(files), capsys.readouterr().out) == (0, "")
    assert len(files) > 500
