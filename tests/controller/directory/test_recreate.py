"""On folders too a Secret that cannot be changed is made anew where that is asked for."""

from dataclasses import replace
from pathlib import Path

import pytest

from sealer.manifest import SealedSecret
from sealer_controller.marks import RECREATE_ANNOTATION
from tests.controller.folders import CANARY, Folders, make_folders, sealed
from tests.controller.process import finished


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Three folders."""
    return make_folders(tmp_path)


def frozen(text: str, *, asks: bool) -> SealedSecret:
    """Return what makes an immutable Secret."""
    made = sealed(text, immutable=True)
    annotations = {**made.annotations, RECREATE_ANNOTATION: "true"} if asks else made.annotations
    return replace(made, annotations=annotations)


@pytest.mark.parametrize("target_format", ["manifest", "files"])
def test_immutable_secret_is_made_anew_only_where_that_is_asked_for(
    folders: Folders, target_format: str
) -> None:
    """By the object or by the setting; without, the old content stays and the run fails."""
    arguments = (*folders.arguments, "--once", "--target-format", target_format)

    def run(text: str, *more: str, asks: bool = False) -> tuple[int, str]:
        folders.put("db.yaml", frozen(text, asks=asks))
        code = finished(*arguments, *more).returncode
        if target_format == "files":
            found = (folders.target / "shop" / "db" / "password").read_text()
        else:
            found = (folders.secret() or {})["password"]
        return code, found.removeprefix(CANARY).strip()

    assert run("one") == (0, "one")
    assert run("two") == (1, "one")
    assert run("three", asks=True) == (0, "three")
    assert run("four", "--recreate-immutable") == (0, "four")
    assert run("five") == (1, "four")
