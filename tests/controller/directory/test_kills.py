"""A target survives a kill at every single step of what is done to it."""

import subprocess
import sys
from pathlib import Path

import pytest

from sealer_controller.directory.records import TargetFormat
from tests.controller.process import environment

_ROOT = Path(__file__).parents[3]
# Fewer calls than this, and the functions that change files are no longer the ones counted.
_LEAST_STEPS = 30


@pytest.mark.parametrize("form", list(TargetFormat))
def test_kill_at_any_step_leaves_old_or_new_and_nothing_else(
    tmp_path: Path, form: TargetFormat
) -> None:
    """Whoever reads finds a whole Secret; the next run finds all that is ours, and tidies."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.controller.directory.killing", tmp_path, form.value],
        cwd=_ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= _LEAST_STEPS
