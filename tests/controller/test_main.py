"""The whole program on folders: what a person does, and what comes of it."""

import asyncio
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from sealer import __version__
from sealer_controller.main import main
from sealer_keys.certificate import load_certificate
from tests.controller.folders import CANARY, Folders, make_folders, sealed, text_of
from tests.controller.process import environment, finished, started
from tests.support import vectors


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Folders]:
    """Folders with a key; whatever a test does, no temporary file stays behind."""
    made = make_folders(tmp_path)
    yield made
    assert made.leftovers() == []


def once(folders: Folders, *more: str) -> tuple[int, str]:
    """Run the controller once; return exit code and all output, which holds no plaintext."""
    done = finished(*folders.arguments, "--once", *more)
    output = done.stdout + done.stderr
    assert CANARY not in output
    if (folders.target / ".sealer").exists():
        assert CANARY not in folders.state()
    return done.returncode, output


def test_first_run_makes_a_key_and_serves_its_certificate(tmp_path: Path) -> None:
    """On empty folders a key appears, and what is sealed with its certificate opens."""
    folders = Folders(tmp_path / "source", tmp_path / "target", tmp_path / "keys")
    folders.source.mkdir()
    arguments = (*folders.arguments, "--key-size", "2048", "--listen-addr", ":0")
    with started(*arguments) as running:
        address = running.until("listening")["address"]
        assert address.startswith("127.0.0.1:")  # this machine only, unless stated
        running.until("key_created")
        with urllib.request.urlopen(f"http://{address}/v1/cert.pem", timeout=30) as answer:
            certificate = load_certificate(answer.read())
        folders.put("db.yaml", sealed("first", certificate=certificate))
        running.until("reconciled", name="db", outcome="created")
        assert running.stop(signal.SIGTERM) == 0
    assert folders.secret() == {"password": f"{CANARY} first"}
    digest_key, key = sorted(folders.keys.iterdir())
    assert digest_key.name == "sealed-secrets-digest-key.yaml"
    assert key.name.startswith("sealed-secrets-key")
    for file in (digest_key, key):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert CANARY not in str(running.lines)
    assert "PRIVATE KEY" not in str(running.lines)
    assert running.lines[-1]["msg"] == "stopped"


def test_signal_makes_a_key_and_the_certificate_follows(folders: Folders) -> None:
    """SIGUSR1 with renewal off; `/v1/cert.pem` changes without a restart (lines 16, 89)."""
    arguments = (*folders.arguments, "--key-size", "2048", "--listen-addr", ":0")
    with started(*arguments) as running:
        address = running.until("listening")["address"]
        running.until("keys_loaded", keys=1)
        before = _served(address)
        running.signal(signal.SIGUSR1)
        made = running.until("key_created", cause="asked")
        after = _served(address)
        assert running.stop() == 0
    recorded = vectors.key_pair("rsa2048").certificate
    assert recorded is not None
    assert before == recorded.pem
    assert after.decode() == made["certificate"]
    assert after.count(b"BEGIN CERTIFICATE") == 1
    assert (folders.target / ".sealer" / "certificate.pem").read_bytes() == after


def test_key_that_comes_opens_what_waited_for_it(folders: Folders) -> None:
    """At once; and when its file goes, it opens nothing more."""
    waiting = vectors.key_pair("stranger").certificate
    folders.put("db.yaml", sealed("one", certificate=waiting))
    with started(*folders.arguments) as running:
        running.until("reconciled", name="db", reason="NoMatchingKey")
        for ending in ("crt", "key"):
            content = (vectors.KEYS / f"stranger.{ending}.pem").read_bytes()
            (folders.keys / f"late.{ending}").write_bytes(content)
        running.until("reconciled", name="db", outcome="created")
        for ending in ("key", "crt"):
            (folders.keys / f"late.{ending}").unlink()
        running.until("keys_loaded", keys=1)
        folders.put("other.yaml", sealed("two", name="other", certificate=waiting))
        running.until("reconciled", name="other", reason="NoMatchingKey")
        assert running.stop() == 0
    assert folders.secret() == {"password": f"{CANARY} one"}


def test_key_that_is_too_old_is_renewed(folders: Folders) -> None:
    """By the period, while the program runs."""
    arguments = (*folders.arguments, "--key-size", "2048", "--key-renew-period", "1ms")
    with started(*arguments) as running:
        running.until("key_created", cause="age")
        assert running.stop() == 0


def test_key_from_before_the_cutoff_is_replaced_at_the_start(folders: Folders) -> None:
    """The date is written as `date -R` prints it; renewal may be off."""
    cutoff = format_datetime(datetime.now(UTC))
    arguments = (*folders.arguments, "--key-size", "2048", "--key-cutoff-time", cutoff)
    with started(*arguments) as running:
        running.until("key_created", cause="cutoff")
        assert running.stop() == 0


def _served(address: str) -> bytes:
    with urllib.request.urlopen(f"http://{address}/v1/cert.pem", timeout=30) as answer:
        content: bytes = answer.read()
    return content


def test_changes_and_removals_are_followed(folders: Folders) -> None:
    """A changed file changes its Secret, a removed one takes it along, and nothing else."""
    source = folders.put("db.yaml", sealed("one"))
    folders.put("other.yaml", sealed("other", name="other"))
    with started(*folders.arguments) as running:
        running.until("reconciled", name="db")
        folders.put("db.yaml", sealed("two"))
        running.until("reconciled", name="db", generation=2, outcome="replaced")
        assert folders.secret() == {"password": f"{CANARY} two"}
        source.unlink()
        running.until("secret_removed", name="db")
        assert folders.secret() is None
        assert folders.secret("other") == {"password": f"{CANARY} other"}
        assert running.stop(signal.SIGINT) == 0
    assert [each["name"] for each in folders.status()["objects"]] == ["other"]


def test_broken_file_is_reported_and_its_secret_stays(folders: Folders) -> None:
    """A typing error takes nothing away; once it is mended, things go on."""
    folders.put("db.yaml", sealed("one"))
    with started(*folders.arguments) as running:
        running.until("reconciled", name="db")
        (folders.source / "db.yaml").write_text("kind: SealedSecret\nmetadata: {name: db\n")
        problem = running.until("source_problem")
        assert problem["source"].startswith("db.yaml:")
        assert folders.secret() == {"password": f"{CANARY} one"}
        folders.put("db.yaml", sealed("mended"))
        running.until("reconciled", name="db", generation=2)
        assert folders.secret() == {"password": f"{CANARY} mended"}
        assert running.stop() == 0
    assert folders.status()["problems"] == []


def test_once_does_everything_and_exits(folders: Folders) -> None:
    """`--once` with nothing wrong ends with 0, and again with 0 and nothing to do."""
    folders.put("a/db.yaml", sealed("one"), sealed("two", name="other"))
    code, _ = once(folders)
    assert code == 0
    assert folders.secret() == {"password": f"{CANARY} one"}
    assert folders.secret("other") == {"password": f"{CANARY} two"}
    before = (folders.target / "shop" / "db.yaml").stat()
    code, output = once(folders)
    assert code == 0
    assert '"outcome": "unchanged"' in output
    assert (folders.target / "shop" / "db.yaml").stat() == before


def test_once_tells_what_failed_and_does_the_rest(folders: Folders) -> None:
    """An object that was copied to another namespace does not open; its neighbour does."""
    copied = text_of(sealed("one")).replace("namespace: shop", "namespace: rival")
    folders.put("copied.yaml", copied)
    folders.put("good.yaml", sealed("one", name="good"))
    code, output = once(folders)
    assert code == 1
    assert folders.secret(namespace="rival") is None
    assert folders.secret("good") == {"password": f"{CANARY} one"}
    entry = folders.entry(namespace="rival")
    assert (entry["synced"], entry["reason"]) == (False, "NoMatchingKey")
    assert entry["message"].startswith("no key could decrypt secret (password)")
    assert '"msg": "finished", "failed": 1, "problems": 0' in output


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("  encryptedData:", "  encryptedDate:"),
        ("spec:", "specs:"),
        ("  encryptedData:", "  encryptedData: null\n  template:"),
    ],
)
def test_typing_error_does_not_empty_a_secret(folders: Folders, right: str, wrong: str) -> None:
    """What a cluster would refuse is refused, and what was made stays."""
    source = folders.put("db.yaml", sealed("one"))
    assert once(folders)[0] == 0
    source.write_text(source.read_text().split("\n  template:")[0].replace(right, wrong) + "\n")
    assert once(folders)[0] == 1
    assert folders.secret() == {"password": f"{CANARY} one"}
    entry = folders.entry()
    assert (entry["synced"], entry["reason"]) == (False, "Malformed")
    assert " is missing" in entry["message"]


def test_items_that_are_no_texts_are_told_with_the_others(folders: Folders) -> None:
    """The original's line names them all, and ours say what is wrong with each."""
    good = text_of(sealed("one"))
    folders.put("db.yaml", good.replace("encryptedData:", "encryptedData:\n    a: 5\n    d: AA=="))
    assert once(folders)[0] == 1
    first, *lines = folders.entry()["message"].splitlines()
    assert first == "no key could decrypt secret (a, d)"
    assert "item a: the value must be a string and is a number" in lines


def test_what_does_no_harm_is_shown_and_fails_nothing(folders: Folders) -> None:
    """A field that does not exist, and a file of others that is no YAML."""
    folders.put("db.yaml", text_of(sealed("one")) + "bogus: 1\n")
    folders.put("chart.yaml", "a: {{ .Values.a }\n")
    code, output = once(folders)
    assert code == 0
    assert output.count('"msg": "source_problem"') == 2
    assert '"msg": "finished", "failed": 0, "problems": 0' in output
    problems = folders.status()["problems"]
    assert [each["source"].split(":")[0] for each in problems] == ["chart.yaml", "db.yaml"]
    assert all(each["isHarmless"] for each in problems)


def test_name_that_no_file_can_have_is_invalid(folders: Folders) -> None:
    """A Secret may have a name of 253 characters, and no file one that is longer by its ending."""
    name = "n" * 253
    folders.put("db.yaml", sealed("one", name=name))
    assert once(folders)[0] == 1
    entry = folders.entry(name)
    assert (entry["synced"], entry["reason"]) == (False, "Invalid")
    assert "names of 255 bytes" in entry["message"]


def test_once_without_its_source_changes_nothing(folders: Folders) -> None:
    """A missing source folder is an error that removes nothing."""
    folders.put("db.yaml", sealed("one"))
    assert once(folders)[0] == 0
    folders.source.rename(folders.source.with_name("elsewhere"))
    code, output = once(folders)
    assert code == 1
    assert output == f"sealer-controller: {folders.source}: No such file or directory\n"
    assert folders.secret() == {"password": f"{CANARY} one"}


def test_removal_while_nobody_ran_is_made_up_for(folders: Folders) -> None:
    """What was removed between two runs is gone after the second; the rest keeps its identity."""
    source = folders.put("db.yaml", sealed("one"))
    folders.put("other.yaml", sealed("two", name="other"))
    assert once(folders)[0] == 0
    uid = folders.entry("other")["uid"]
    source.unlink()
    assert once(folders)[0] == 0
    assert folders.secret() is None
    assert folders.entry("other")["uid"] == uid


def test_foreign_secret_is_neither_overwritten_nor_removed(folders: Folders) -> None:
    """A file that the controller did not make is somebody else's, whatever happens around it."""
    foreign = folders.target / "shop" / "db.yaml"
    foreign.parent.mkdir(parents=True)
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\ndata: {a: YQ==}\n"
    foreign.write_text(text)
    source = folders.put("db.yaml", sealed("one"))
    assert once(folders)[0] == 1
    assert folders.entry()["reason"] == "NotManaged"
    source.unlink()
    assert once(folders)[0] == 0
    assert foreign.read_text() == text


def test_files_format_looks_like_a_mounted_volume(folders: Folders) -> None:
    """With `--target-format files` every item is a file, with mode and links of a volume."""
    folders.put("db.yaml", sealed("one"))
    assert once(folders, "--target-format", "files", "--target-mode", "0640")[0] == 0
    item = folders.target / "shop" / "db" / "password"
    assert item.read_text() == f"{CANARY} one"
    assert stat.S_IMODE(item.stat().st_mode) == 0o640
    assert str(item.readlink()) == "..data/password"
    assert stat.S_IMODE(item.parent.stat().st_mode) == 0o750


def test_second_controller_on_the_same_target_is_refused(folders: Folders) -> None:
    """One target has one controller."""
    with started(*folders.arguments) as running:
        running.until("listed")
        code, output = once(folders)
        assert code == 1
        assert "another controller works on this folder" in output
        assert running.stop() == 0


def test_port_that_is_taken_ends_the_program(folders: Folders) -> None:
    """A failed listen is no log line that nobody reads (compat.md 3.2, FIX)."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = finished(*folders.arguments, "--listen-addr", address)
    assert done.returncode == 1
    assert f"cannot listen on {address}: Address already in use" in done.stderr


def test_missing_key_is_an_error_where_one_must_exist(folders: Folders) -> None:
    """With `--require-existing-key` an empty keys folder ends the program, and stays empty."""
    for path in folders.keys.iterdir():
        path.unlink()
    code, output = once(folders, "--require-existing-key")
    assert code == 1
    assert "--require-existing-key forbids to make one" in output
    assert list(folders.keys.iterdir()) == []


def test_write_that_fails_leaves_nothing_half_done(folders: Folders) -> None:
    """Where no file may grow, as on a full disk, the run fails and no part of a Secret is left."""
    folders.put("db.yaml", sealed("one"))
    code = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (64, 64)); import sys; "
    code += "from sealer_controller.main import main; sys.exit(main())"
    command = [sys.executable, "-P", "-c", code, *folders.arguments, "--once"]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert folders.secret() is None
    written = {path.name for path in folders.target.rglob("*") if path.is_file()}
    assert written <= {"lock", "status.json", ".folder"}
    assert once(folders)[0] == 0
    assert folders.secret() == {"password": f"{CANARY} one"}


def test_version_is_printed_as_the_original_does() -> None:
    """`--version` prints one line and exits with 0 (conformance 52)."""
    done = finished("--version")
    assert (done.returncode, done.stdout) == (0, f"controller version: {__version__}\n")


def test_help_lists_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` exits with 0."""
    assert main(["--help"]) == 0
    assert "--source" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "environ", "words"),
    [
        (["--bogus"], {}, "unrecognized arguments: --bogus"),
        (["--key-size", "many"], {}, "argument --key-size: 'many' is no whole number"),
        ([], {"SEALED_SECRETS_KEY_TTL": "3d"}, "variable SEALED_SECRETS_KEY_TTL: '3d' is no"),
        (["--source", "."], {}, "argument --source: --target, --keys must be given too"),
    ],
)
def test_misuse_is_one_line_and_exit_2(
    arguments: list[str], environ: dict[str, str], words: str
) -> None:
    """A flag or variable that cannot be used is named, and nothing is started."""
    done = finished(*arguments, environ=environ)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"sealer-controller: {words}")
    assert done.stderr.count("\n") == 1


def test_start_outside_a_cluster_says_what_to_do() -> None:
    """Without arguments and without a cluster there is one line on standard error, and exit 1."""
    done = finished()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "give --server, or --source and --target to work on folders" in done.stderr


def test_print_settings_shows_values_and_origins(capsys: pytest.CaptureFixture[str]) -> None:
    """`--print-settings` starts nothing and exits with 0."""
    assert main(["--print-settings", "--key-size=3072"]) == 0
    assert "--key-size=3072 " in capsys.readouterr().out


def test_help_imports_nothing_heavy() -> None:
    """Help and version come at once: neither aiohttp nor cryptography is loaded for them."""
    code = (
        "import sys; from sealer_controller.main import main; main(['--version']); "
        "print(sorted({'aiohttp', 'cryptography', 'msgspec', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_folders_without_http_need_no_http_packages(folders: Folders) -> None:
    """Half of the memory is saved where nobody listens."""
    code = (
        "import sys; from sealer_controller.main import main; main(sys.argv[1:]); "
        "print(sorted({'aiohttp', 'prometheus_client'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, *folders.arguments, "--once"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_second_signal_ends_everything_at_once(tmp_path: Path) -> None:
    """The first one waits for work in hand, here a key that takes long; the second one does not."""
    folders = Folders(tmp_path / "source", tmp_path / "target", tmp_path / "keys")
    folders.source.mkdir()
    with started(*folders.arguments, "--key-size", "16384") as running:
        running.until("keys_loaded", keys=0)
        running.signal(signal.SIGTERM)
        running.until("stopping", signal="SIGTERM")
        assert running.stop(signal.SIGTERM) == -signal.SIGTERM
    assert not list(folders.keys.glob("sealed-secrets-key*"))


@pytest.mark.parametrize("error", [ValueError(CANARY), RuntimeError(CANARY)])
def test_fault_of_ours_ends_the_program_without_its_text(
    folders: Folders,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    """The text of an exception that is not ours may hold anything: type and place must do."""

    async def fail(_self: object) -> None:
        raise error

    monkeypatch.setattr("sealer_controller.controller.Controller.run_once", fail)
    assert main([*folders.arguments, "--once"]) == 1
    shown = capsys.readouterr()
    assert CANARY not in shown.out + shown.err
    last = shown.err.splitlines()[-1]
    assert last.startswith("sealer-controller: internal error, please report it: ")
    assert f"error={type(error).__name__} " in last
    assert "> fail:" in last


def test_fault_that_nobody_waits_for_is_told_without_its_text(
    folders: Folders, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A callback that fails is one line, and not the exception's own words."""

    def fail() -> None:
        raise ValueError(CANARY)

    async def schedule(_self: object) -> tuple[()]:
        asyncio.get_running_loop().call_soon(fail)
        return ()

    monkeypatch.setattr("sealer_controller.controller.Controller.run_once", schedule)
    assert main([*folders.arguments, "--once"]) == 0
    shown = capsys.readouterr()
    assert CANARY not in shown.out + shown.err
    assert '"msg": "unhandled", "error": "ValueError", "trace": "' in shown.err
