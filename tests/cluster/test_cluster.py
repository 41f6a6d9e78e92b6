"""The test machinery itself: the real API server starts, and a missing one is never overlooked."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster import binaries, leash
from tests.cluster.server import Cluster, ClusterStartError, running

ROOT = Path(__file__).resolve().parents[2]

pytest_plugins = ["pytester"]


@pytest.mark.cluster
def test_cluster_is_started_and_answers(cluster: Cluster) -> None:
    """The fixture's server is ready and knows its administrator."""
    assert cluster.kubectl("get", "--raw", "/readyz") == "ok"
    assert (
        cluster.kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}") == "admin"
    )


@pytest.mark.cluster
def test_token_of_a_service_account_has_no_rights_of_its_own(
    cluster: Cluster, tmp_path: Path
) -> None:
    """A folder as in a Pod holds a token that names the ServiceAccount and may do nothing."""
    namespace = cluster.new_namespace()
    cluster.kubectl("create", "serviceaccount", "robot", "--namespace", namespace)
    folder = cluster.service_account_folder("robot", namespace, tmp_path / "sa")
    assert sorted(path.name for path in folder.iterdir()) == ["ca.crt", "namespace", "token"]
    token = (folder / "token").read_text()
    config = tmp_path / "kubeconfig"
    config.write_text("")
    options = ("--server", cluster.url, "--certificate-authority", folder / "ca.crt")
    arguments = (*options, "--token", token, "get", "secrets", "--namespace", namespace)
    with pytest.raises(AssertionError, match=f"system:serviceaccount:{namespace}:robot") as raised:
        cluster.kubectl(*arguments, kubeconfig=config)
    assert "Forbidden" in str(raised.value)


def test_folder_changes_with_the_modules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A changed go.sum means another folder, so that old programs are never used."""
    for module in binaries.MODULES:
        (tmp_path / module).mkdir()
        for name in ("go.mod", "go.sum"):
            (tmp_path / module / name).write_bytes((binaries.HERE / module / name).read_bytes())
    environ = {"SEALER_CLUSTER_CACHE": str(tmp_path / "cache")}
    before = binaries.folder(environ)
    assert before.parent == tmp_path / "cache"
    monkeypatch.setattr(binaries, "HERE", tmp_path)
    assert binaries.folder(environ) == before
    (tmp_path / "etcd" / "go.sum").write_text("changed")
    assert binaries.folder(environ) != before


def test_build_without_go_says_what_to_do(tmp_path: Path) -> None:
    """Without Go the build names what is missing and the way out, and fails."""
    done = subprocess.run(
        [sys.executable, binaries.__file__],
        env={"PATH": str(tmp_path), "SEALER_CLUSTER_CACHE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    names = ", ".join(program.name for program in binaries.PROGRAMS)
    assert f"cannot build {names}: there is no `go`" in done.stderr
    assert "SEALER_CLUSTER_BIN" in done.stderr


def test_build_with_everything_there_only_prints_the_folder(tmp_path: Path) -> None:
    """A second run builds nothing: it does not even need Go."""
    environ = {"PATH": str(tmp_path), "SEALER_CLUSTER_CACHE": str(tmp_path)}
    directory = binaries.folder(environ)
    directory.mkdir()
    for program in binaries.PROGRAMS:
        (directory / program.name).touch(mode=0o755)
    done = subprocess.run(
        [sys.executable, binaries.__file__], env=environ, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == (f"{directory}\n", "")


def test_failed_build_leaves_nothing_that_could_be_used(tmp_path: Path) -> None:
    """A build that fails says so and leaves no program behind."""
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    go.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    go.chmod(0o755)
    environ = {
        "PATH": f"{go.parent}:/bin:/usr/bin",
        "SEALER_CLUSTER_CACHE": str(tmp_path / "cache"),
    }
    done = subprocess.run(
        [sys.executable, binaries.__file__],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no network" in done.stderr
    assert "etcd was not built" in done.stderr
    assert list(binaries.folder(environ).iterdir()) == []


def test_running_reports_why_the_programs_did_not_start(tmp_path: Path) -> None:
    """A program that ends at once is an error with its last words, after trying other ports."""
    for name, script in (("etcd", "echo last words; exit 1"), ("kube-apiserver", "exec sleep 60")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    with (
        pytest.raises(ClusterStartError, match=r"etcd\.log\nlast words"),
        running(tmp_path, tmp_path / "run"),
    ):
        pass
    assert len(list((tmp_path / "run").iterdir())) == 3


def test_program_on_a_leash_ends_with_its_starter() -> None:
    """When the starter is gone, however it went, the program is killed."""
    command = [sys.executable, leash.__file__, "sh", "-c", "echo $$; exec sleep 600"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline().strip().isdigit()
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait(10) == -signal.SIGKILL % 256


SKIPPING = """
import pytest

@pytest.mark.cluster
def test_one(cluster):
    pass

@pytest.mark.cluster
def test_other():
    pytest.skip("for no good reason")

def test_unmarked():
    pytest.skip("which is fine")
"""


@pytest.mark.parametrize(("required", "failed", "skipped"), [("", 0, 3), ("1", 2, 1)])
def test_skip_is_a_failure_where_the_cluster_is_required(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    required: str,
    failed: int,
    skipped: int,
) -> None:
    """Without its programs a marked test is skipped and says how to build them, or fails in CI."""
    monkeypatch.setenv("SEALER_REQUIRE_CLUSTER", required)
    monkeypatch.setenv("SEALER_CLUSTER_BIN", str(pytester.path / "nothing"))
    pytester.makeini(f"[pytest]\npythonpath = {ROOT}\nmarkers = cluster: x\n")
    pytester.makepyfile(SKIPPING)
    result = pytester.runpytest_subprocess("-rs", "-p", "tests.cluster.fixtures", "-p", "no:xdist")
    counts = result.parseoutcomes()
    assert counts.get("failed", 0) + counts.get("errors", 0) == failed
    assert counts.get("skipped", 0) == skipped
    if required:
        result.stdout.fnmatch_lines(["*skipped although SEALER_REQUIRE_CLUSTER=1*"])
    else:
        result.stdout.fnmatch_lines(["*run `make cluster` once*"])


SPREAD = """
import os
from pathlib import Path
import pytest

@pytest.mark.cluster
@pytest.mark.parametrize("number", range(4))
def test_marked(number, request):
    place = Path(request.config.rootpath, "workers", os.environ["PYTEST_XDIST_WORKER"])
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{Path(__file__).stem}-{number}").touch()
"""


def test_tests_of_another_group_run_in_one_worker(pytester: pytest.Pytester) -> None:
    """What shares something else is kept together as well."""
    pytester.makeini(f"[pytest]\npythonpath = {ROOT}\n")
    grouped = SPREAD.replace("pytest.mark.cluster", 'pytest.mark.xdist_group("image")')
    pytester.makepyfile(test_one=grouped, test_two=grouped)
    options = ("-p", "tests.cluster.fixtures", "-n", "2", "--dist", "loadgroup")
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=8)
    (worker,) = (pytester.path / "workers").iterdir()
    assert len(list(worker.iterdir())) == 8


def test_marked_tests_run_in_one_worker(pytester: pytest.Pytester) -> None:
    """However many workers there are, one API server is enough."""
    pytester.makeini(f"[pytest]\npythonpath = {ROOT}\nmarkers = cluster: x\n")
    pytester.makepyfile(test_one=SPREAD, test_two=SPREAD)
    options = ("-p", "tests.cluster.fixtures", "-n", "2", "--dist", "loadgroup")
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=8)
    (worker,) = (pytester.path / "workers").iterdir()
    assert len(list(worker.iterdir())) == 8
