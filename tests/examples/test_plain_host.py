"""`examples/plain-host`: the units, and what they do on a host, with the real controller."""

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.controller.process import Running
from tests.examples.units import Service, Unit
from tests.image.dockerfile import Image
from tests.support.console import examples
from tests.support.sandbox import Root

pytestmark = [pytest.mark.xdist_group("image"), pytest.mark.timeout(300)]
ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "plain-host"
UNITS = sorted([*EXAMPLE.glob("*.service"), *EXAMPLE.glob("*.path")])
CONTROLLER = Unit(EXAMPLE / "sealer-controller.service")
SHOP = Unit(EXAMPLE / "shop.service")
# systemd is not at work where tests run, and neither is Docker: the tests below do what they would.
ELSEWHERE = (
    "python3 -m venv",
    "/opt/sealer/bin/pip ",
    "systemctl ",
    "journalctl ",
    "docker compose ",
)


@pytest.fixture
def host(image: Image) -> Iterator[Image]:
    """Return the root of a host, and clear it of what the test left."""
    yield image
    for place in (
        "etc/sysusers.d",
        "etc/systemd",
        "var/lib/sealer",
        "run/sealer",
        "srv/repository",
        "example",
    ):
        shutil.rmtree(image.root.path / place, ignore_errors=True)
    for name in ("passwd", "group", "shadow", "gshadow"):
        (image.root.path / "etc" / name).unlink(missing_ok=True)


def _run(root: Root, command: str, user: str = "0:0") -> subprocess.CompletedProcess[str]:
    """Run a line of the page as somebody on the host, in a copy of the example."""
    environ = {"PATH": "/opt/sealer/bin:/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp"}  # noqa: S108 - of the root
    return root.run("sh", "-ec", f"cd /example\n{command}", environ=environ, user=user)


def _read(host: Image, path: str) -> str:
    return (host.root.path / path.lstrip("/")).read_text()


def _play(host: Image, begins: str, stack: ExitStack) -> Running:
    """Run the part of the page about systemd, in order; return the controller that it starts."""
    shutil.copytree(EXAMPLE, host.root.path / "example")
    (host.root.path / "example" / "password.txt").write_text(begins)
    running = None
    for example in examples(EXAMPLE / "README.md"):
        if example.command == "systemctl enable --now sealer-controller.service":
            running = _start(host, stack)
        if example.command.startswith(ELSEWHERE):
            continue
        if example.command.startswith("cat "):
            assert running is not None
            running.until("reconciled", outcome="created")
        done = _run(host.root, example.command)
        assert done.returncode == 0, done.stderr
        assert done.stdout.rstrip("\n") == example.output.rstrip("\n")
    assert running is not None
    return running


def _start(host: Image, stack: ExitStack) -> Running:
    """Do what systemd does to start the unit: everything once, then for good."""
    service = Service(host, CONTROLLER, _user(host, CONTROLLER.one("User")))
    assert service.before() == [0]
    return stack.enter_context(service.started())


def _user(host: Image, name: str) -> str:
    """Return the numbers of a user and its group, as systemd-sysusers made them."""
    (line,) = re.findall(rf"^{name}:[^:]*:(\d+:\d+):", _read(host, "/etc/passwd"), re.MULTILINE)
    assert not line.startswith("0:")
    return str(line)


def test_readme_makes_a_secret_that_the_service_is_given(host: Image) -> None:
    """From nothing to the credential: its file is there, for root and the controller alone."""
    with ExitStack() as stack:
        running = _play(host, "correct horse", stack)
        _, _, source = SHOP.one("LoadCredential").partition(":")
        assert _read(host, source) == "correct horse"
        done = _run(host.root, f"cat {source}", user="4711:4711")
        assert "Permission denied" in done.stderr
        assert running.stop(signal.SIGTERM) == 0
        assert _read(host, source) == "correct horse"
    assert CONTROLLER.one("RuntimeDirectoryPreserve") == "yes"  # and systemd leaves it there too


def test_changed_secret_is_noticed_by_the_path_unit(host: Image) -> None:
    """The folder that it watches is changed along with the value, whole."""
    watched = Unit(EXAMPLE / "shop-secrets.path").one("PathChanged")
    with ExitStack() as stack:
        running = _play(host, "correct horse", stack)
        folder = host.root.path / watched.lstrip("/")
        before = folder.stat().st_mtime_ns
        change = (
            "printf other | sealer set db.yaml password --cert certificate.pem -q && "
            "install -m 644 db.yaml /srv/repository/"
        )
        assert _run(host.root, change).returncode == 0
        running.until("reconciled", outcome="replaced")
        assert (folder / "password").read_text() == "other"
        assert folder.stat().st_mtime_ns > before


def test_restart_of_the_host_makes_the_secrets_again_before_others_start(host: Image) -> None:
    """What was in memory is gone; the unit counts as started when the files are there."""
    with ExitStack() as stack:
        _play(host, "correct horse", stack).stop(signal.SIGTERM)
    shutil.rmtree(host.root.path / "run" / "sealer")
    service = Service(host, CONTROLLER, _user(host, CONTROLLER.one("User")))
    assert service.before() == [0]
    assert _read(host, SHOP.one("LoadCredential").partition(":")[2]) == "correct horse"
    assert "sealer-controller.service" in SHOP.one("After")


def test_object_that_does_not_open_keeps_nothing_else_from_starting(host: Image) -> None:
    """The first pass ends with 1, which systemd is told to pass over, and the rest is there."""
    with ExitStack() as stack:
        _play(host, "correct horse", stack).stop(signal.SIGTERM)
    foreign = ROOT / "examples" / "gitops-repo" / "clusters" / "staging" / "api.yaml"
    (host.root.path / "srv" / "repository" / "api.yaml").write_text(foreign.read_text())
    service = Service(host, CONTROLLER, _user(host, CONTROLLER.one("User")))
    assert service.before() == [1]
    assert "NoMatchingKey" in _read(host, "/run/sealer/secrets/.sealer/status.json")
    assert _read(host, "/run/sealer/secrets/shop/db/password") == "correct horse"


def test_units_are_what_systemd_understands(tmp_path: Path) -> None:
    """`systemd-analyze verify` has nothing to say, once the programs that they start exist."""
    analyze = _systemd_analyze()
    for unit in UNITS:
        text = unit.read_text()
        for program in re.findall(r"^Exec\w+=-?(\S+)", text, re.MULTILINE):
            text = text.replace(program, "/bin/true")
        (tmp_path / unit.name).write_text(text)
    done = subprocess.run(
        [analyze, "verify", *(str(tmp_path / unit.name) for unit in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "shop" in line]
    assert (done.returncode, ours) == (0, [])


def test_controllers_unit_leaves_next_to_nothing_exposed() -> None:
    """Below 1 of 10, by systemd's own count; the network and every capability are gone."""
    unit = EXAMPLE / "sealer-controller.service"
    command = [_systemd_analyze(), "security", "--offline=yes", "--threshold=10", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    exposed = set(re.findall(r"^✗ (\S+) ", done.stdout, re.MULTILINE))
    # The host's root, read-only; sockets of its own event loop; the devices that all have.
    assert exposed == {
        "RootDirectory=/RootImage=",
        "RestrictAddressFamilies=~AF_UNIX",
        "DeviceAllow=",
    }


def test_keys_reach_neither_a_core_dump_nor_swap() -> None:
    """Private keys are in the memory of the controller."""
    assert CONTROLLER.one("LimitCORE") == "0"
    assert CONTROLLER.one("MemorySwapMax") == "0"


def test_restart_unit_starts_the_service_anew_and_is_the_one_that_the_path_starts() -> None:
    """A path unit starts the service of its own name."""
    assert (EXAMPLE / "shop-secrets.path").with_suffix(".service").exists()
    restart = Unit(EXAMPLE / "shop-secrets.service").one("ExecStart")
    assert restart == "/usr/bin/systemctl try-restart shop.service"


def test_readme_names_every_file() -> None:
    """And every file that it copies exists."""
    page = (EXAMPLE / "README.md").read_text()
    for file in EXAMPLE.iterdir():
        assert file.name == "README.md" or f"`{file.name}`" in page, file.name


def _systemd_analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("needs systemd-analyze")
    return found
