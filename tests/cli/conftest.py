"""A folder with a certificate, a key and a Secret in it, and an environment without settings."""

import os
import shutil
from pathlib import Path

import pytest

from tests.support import vectors
from tests.support.program import write_all

VALUE = "correct-horse-battery"
SECRET = f"""\
apiVersion: v1
kind: Secret
metadata:
  name: db
  namespace: shop
stringData:
  password: {VALUE}
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}  # mine\n"


@pytest.fixture(autouse=True)
def _clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    for name in os.environ:
        if name.startswith(("SEALER_", "SEALED_SECRETS_", "KUBE", "GIT_")) or name == "CI":
            monkeypatch.delenv(name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder, made the current one, with what most commands need."""
    write_all(tmp_path, {"secret.yaml": SECRET, "config.yaml": CONFIG})
    for name in ("rsa2048.crt.pem", "rsa2048.key.pem"):
        shutil.copy(vectors.KEYS / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path
