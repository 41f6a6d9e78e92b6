"""Many files are sealed anew by copies of the process, and nobody can tell from what comes out."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair
from tests.cli.reseal.conftest import OLD, sealers
from tests.support.program import snapshot

BOTH = ("--keys", "both.yaml")
COUNT = 40
# The programs say in which process they work.
_WATCHED = """
import os, signal, sys, time
from pathlib import Path
from sealer.cli.resealing import sharing
from sealer.cli.main import main

original, mother = sharing.reseal_file, os.getpid()

def reseal_file(file, *arguments, **options):
    with Path("workers.log").open("a") as log:
        log.write(f"{os.getpid() == mother} {os.getpid()}\\n")
    if sys.argv[1] == "kill" and file.name.endswith("20.yaml"):
        os.kill(mother, signal.SIGKILL)
    while sys.argv[1] == "kill" and "24" <= file.name[-7:-5] and os.getppid() == mother:
        time.sleep(0.01)  # whoever is faster waits until it has happened
    if sys.argv[1] == "lose" and file.name.endswith("20.yaml"):
        os.kill(os.getpid(), signal.SIGKILL)
    return original(file, *arguments, **options)

sharing.reseal_file = reseal_file
sys.exit(main(sys.argv[2:]))
"""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.cpu_count() == 1, reason="the process is not copied here"
)


def _run(*arguments: str, how: str = "watch") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _WATCHED, how, *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)


def _workers() -> list[str]:
    return Path("workers.log").read_text().splitlines()


@pytest.fixture
def many(repository: Path) -> Path:
    """Return a folder of many files, of which two hold no SealedSecret."""
    folder = repository / "many"
    folder.mkdir()
    text = (repository / "m" / "a.yaml").read_text()
    for number in range(COUNT):
        (folder / f"{number:02}.yaml").write_text(text)
    (folder / "05.yaml").write_text("kind: ConfigMap\n")
    (folder / "15.yaml").write_text(text.replace("password: A", "password: B"))
    return folder


def test_reseal_of_many_files_is_done_by_copies(many: Path, both: Keyring, new: KeyPair) -> None:
    """Every file that opens, by more than one process, and none by the one that was started."""
    done = _run("reseal", "many", *BOTH)
    assert done.returncode == 1
    assert len(_workers()) == COUNT
    assert {line.split()[0] for line in _workers()} == {"False"}
    assert len(set(_workers())) > 1
    for file in many.glob("*.yaml"):
        if file.name not in ("05.yaml", "15.yaml"):
            assert sealers(file, both) == {new.fingerprint}
    assert f"sealed anew: {2 * (COUNT - 2)} items of {COUNT - 2} objects" in done.stderr


def test_reseal_of_many_files_tells_each_thing_once_and_in_order(many: Path) -> None:
    """What the copies say about all files once, and the rest file by file."""
    os.link(many / "03.yaml", "other-name")
    done = _run("reseal", "many", *BOTH, "-v")
    assert done.stderr.count("sealing with the certificate from") == 1
    told = [line for line in done.stderr.splitlines() if ": sealed anew: password, user" in line]
    assert len(told) == COUNT - 2
    assert told == sorted(told)
    assert re.search("many/15.yaml:[0-9]+:15: shop/a, item password: the value is", done.stderr)
    assert "many/03.yaml: other names (hard links) keep the old content" in done.stderr


def test_reseal_of_many_files_gives_the_report_that_threads_give(many: Path) -> None:
    """The same JSON, file by file."""
    alone = [
        _run("reseal", "--check", "--json", str(file), *BOTH)
        for file in sorted(many.glob("0*.yaml"))
    ]
    together = _run("reseal", "--check", "--json", "many", *BOTH)
    objects = json.loads(together.stdout)["objects"]
    expected = [each for done in alone for each in json.loads(done.stdout)["objects"]]
    assert [each for each in objects if each["path"].startswith("many/0")] == [
        {**each, "path": str(Path(each["path"]).relative_to(many.parent))} for each in expected
    ]


def test_reseal_killed_among_many_files_leaves_each_old_or_new_and_no_process(
    many: Path, both: Keyring, new: KeyPair
) -> None:
    """Reading standard error to its end waits for the last process that has it."""
    done = _run("reseal", "many", *BOTH, how="kill")
    assert done.returncode == -signal.SIGKILL
    (many / "15.yaml").unlink()
    keys = [sealers(file, both) for file in many.glob("*.yaml") if file.name != "05.yaml"]
    assert all(each in ({OLD.fingerprint}, {new.fingerprint}) for each in keys)
    assert {OLD.fingerprint} in keys
    assert _run("reseal", "many", *BOTH).returncode == 0
    assert [name for name in snapshot(many) if "sealer-" in name] == []


@pytest.mark.usefixtures("many")
def test_reseal_with_a_copy_that_is_killed_tells_which_files_are_left() -> None:
    """Nothing is claimed to be done that is not."""
    done = _run("reseal", "many", *BOTH, how="lose")
    assert done.returncode != 0
    assert "many/20.yaml: not known to be done: a process" in done.stderr
    assert done.stderr.count("not known to be done") == 4  # others did what it was not given
