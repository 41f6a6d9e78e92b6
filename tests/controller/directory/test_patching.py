"""A manifest in the target that others let us patch stays theirs, and can be taken back."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.controller.folders import CANARY, Folders, make_folders, sealed
from tests.controller.process import finished

PATCH = "sealedsecrets.bitnami.com/patch"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Three folders, with somebody's manifest in the target."""
    made = make_folders(tmp_path)
    theirs: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop", "annotations": {PATCH: "true"}},
        "stringData": {"theirs": "precious"},
    }
    _file(made).parent.mkdir(parents=True)
    _file(made).write_text(yaml.safe_dump(theirs))
    return made


def _file(folders: Folders) -> Path:
    return folders.target / "shop" / "db.yaml"


def _take_back(folders: Folders) -> bytes:
    """Take the annotation off, as the owner does; return the file then."""
    found = yaml.safe_load(_file(folders).read_text())
    del found["metadata"]["annotations"][PATCH]
    _file(folders).write_text(yaml.safe_dump(found))
    return _file(folders).read_bytes()


def _run(folders: Folders) -> int:
    return finished(*folders.arguments, "--once").returncode


def test_patched_manifest_that_its_owner_takes_back_is_not_touched(folders: Folders) -> None:
    """Neither overwritten, nor after a change of the source, nor removed with it."""
    source = folders.put("db.yaml", sealed("one"))
    assert _run(folders) == 0
    items = folders.secret()
    assert items is not None
    assert (items["theirs"], items["password"].removeprefix(CANARY).strip()) == ("precious", "one")
    taken = _take_back(folders)
    for _ in range(2):
        assert _run(folders) == 1
        assert folders.entry()["reason"] == "NotManaged"
        assert _file(folders).read_bytes() == taken
        folders.put("db.yaml", sealed("two"))
    source.unlink()
    assert _run(folders) == 0
    assert _file(folders).read_bytes() == taken


def test_patched_manifest_stays_when_its_source_goes(folders: Folders) -> None:
    """With what we put there: who it belongs to decides what becomes of it."""
    source = folders.put("db.yaml", sealed("one"))
    assert _run(folders) == 0
    patched = _file(folders).read_bytes()
    source.unlink()
    assert _run(folders) == 0
    assert _file(folders).read_bytes() == patched
