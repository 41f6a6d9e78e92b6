"""`sealer reseal --keys`: what an older key sealed is sealed anew where it stands."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sealer.sealing.reseal import reseal_stream
from sealer_keys.fingerprint import short
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair, private_key_pem
from tests.cli.reseal.conftest import OLD, VALUE, changed_keys, seal, sealers, secret
from tests.support import vectors
from tests.support.program import run, snapshot, write_all

BOTH = ("--keys", "both.yaml")
BASE64 = "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"


def test_reseal_makes_every_item_open_with_the_newest_key(
    repository: Path, both: Keyring, new: KeyPair
) -> None:
    """And changes the lines of the ciphertexts only."""
    before = snapshot(repository)
    done = run("reseal", "m", *BOTH)
    assert done.code == 0, done.err
    assert done.out == b""
    assert "note: sealed anew: 6 items of 3 objects in 2 files" in done.err
    for name in ("m/a.yaml", "m/sub/b.yaml"):
        file = repository / name
        assert sealers(file, both) == {new.fingerprint}
        changed = changed_keys(before[name], file.read_bytes())
        assert set(changed) == {"    password", "    user"}
    assert VALUE not in done.err
    assert BASE64 not in done.err


def test_reseal_again_changes_nothing(repository: Path) -> None:
    """What the newest key sealed stays byte for byte."""
    assert run("reseal", "m", *BOTH).code == 0
    before = snapshot(repository)
    done = run("reseal", "m", *BOTH)
    assert (done.code, snapshot(repository)) == (0, before)
    assert "sealed anew: 0 items of 0 objects in 0 files; the newest key sealed 6 items" in done.err


def test_reseal_leaves_the_items_alone_that_the_newest_key_sealed(
    repository: Path, both: Keyring, new: KeyPair
) -> None:
    """Item by item: a value that was set since keeps its ciphertext."""
    file = repository / "m" / "a.yaml"
    newer = seal(repository, "newer.yaml", secret("a"), certificate="new.pem")
    user = next(line for line in newer.read_text().splitlines() if line.startswith("    user:"))
    text = "\n".join(
        user if line.startswith("    user:") else line for line in file.read_text().split("\n")
    )
    file.write_text(text)
    assert sealers(file, both) == {OLD.fingerprint, new.fingerprint}
    assert run("reseal", str(file), *BOTH).code == 0
    assert sealers(file, both) == {new.fingerprint}
    assert user in file.read_text()


@pytest.mark.parametrize("option", ["--check", "--dry-run"])
def test_reseal_check_tells_what_is_to_do_and_writes_nothing(repository: Path, option: str) -> None:
    """1 as long as something is to do, 0 after."""
    before = snapshot(repository)
    done = run("reseal", "m", *BOTH, option)
    assert (done.code, snapshot(repository)) == (1, before)
    lines = done.out.decode().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("m/a.yaml:3:1: shop/a: not sealed with the newest key: password, us")
    assert run("reseal", "m", *BOTH).code == 0
    done = run("reseal", "m", *BOTH, option)
    assert (done.code, done.out) == (0, b"")


def test_reseal_report_for_machines_says_the_same(repository: Path) -> None:
    """One JSON object, also where there are faults and where there is nothing."""
    write_all(repository, {"m/bad.yaml": "kind: SealedSecret\na: [\n"})
    done = run("reseal", "m", *BOTH, "--json")
    report = json.loads(done.out)
    assert done.code == 3
    first = report["objects"][0]
    assert first == {
        "path": "m/a.yaml",
        "line": 3,
        "document": 1,
        "namespace": "shop",
        "name": "a",
        "scope": "strict",
        "resealed": ["password", "user"],
        "kept": [],
        "unknown": [],
        "faults": [],
    }
    assert {key: report[key] for key in ("resealed", "kept", "unknown", "files")} == {
        "resealed": 6,
        "kept": 0,
        "unknown": 0,
        "files": 2,
    }
    (repository / "empty").mkdir()
    write_all(repository, {"empty/c.yaml": "kind: ConfigMap\napiVersion: v1\n"})
    done = run("reseal", "empty", *BOTH, "--json")
    assert json.loads(done.out)["objects"] == []


def test_reseal_does_everything_that_can_be_done_and_reports_the_rest(
    repository: Path, both: Keyring, new: KeyPair
) -> None:
    """An object with a foreign item is left alone as a whole; others, in its file too, are done."""
    foreign = vectors.key_pair("stranger").certificate
    assert foreign is not None
    write_all(repository, {"foreign.pem": foreign.pem, "m/bad.yaml": "kind: SealedSecret\na: [\n"})
    seal(repository, "m/foreign.yaml", secret("z"), certificate="foreign.pem")
    file = repository / "m" / "sub" / "b.yaml"
    good = file.read_text()
    moved = good.replace("name: c", "name: elsewhere", 1)
    file.write_text(moved)
    done = run("reseal", "m", *BOTH)
    assert done.code == 3  # the first of 3 and 1
    assert "error: m/bad.yaml:3:1: " in done.err
    assert "error: m/foreign.yaml:10:15: shop/z, item password: no key opens the value" in done.err
    tried = (f"{new.fingerprint}, {OLD.fingerprint}", f"{OLD.fingerprint}, {new.fingerprint}")
    assert any(f"hint: tried {keys}; " in done.err for keys in tried)
    assert "shop/elsewhere, item user: no key opens the value as shop/elsewhere" in done.err
    assert sealers(repository / "m" / "a.yaml", both) == {new.fingerprint}
    now = file.read_text()
    first, second = moved.split("---\n")[1:]
    assert now.split("---\n")[1] != first
    assert now.split("---\n")[2] == second
    (repository / "m" / "bad.yaml").unlink()
    assert run("reseal", "m", *BOTH).code == 1


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_reseal_that_fails_sums_up_only_what_was_done(
    repository: Path, options: tuple[str, ...]
) -> None:
    """Nothing is said to be done where all failed; else what is left as before is counted."""
    failed = run("reseal", "m/a.yaml", "--keys", str(vectors.KEYS / "peer-a.key.pem"), *options)
    assert failed.code == 4
    assert "sealed anew" not in failed.err
    write_all(repository, {"m/z.yaml": (repository / "m/a.yaml").read_text().replace(": a", ": z")})
    done = run("reseal", "m", *BOTH, *options)
    assert done.code == 1
    assert "sealed anew: 6 items of 3 objects" in done.err
    assert "the newest key sealed 0 items already; left as before: 1 object\n" in done.err


def test_reseal_keeps_hints_right_and_adds_none(repository: Path, new: KeyPair) -> None:
    """The annotation names the newest key after; where there is none, none is made."""
    done = run("seal", "-", "--cert", "old.pem", "-w", "h.yaml", stdin=secret("h").encode())
    assert done.code == 0, done.err
    file = repository / "h.yaml"
    assert short(OLD.fingerprint) in file.read_text()
    assert run("reseal", "h.yaml", "m/a.yaml", *BOTH).code == 0
    assert short(new.fingerprint) in file.read_text()
    assert short(OLD.fingerprint) not in file.read_text()
    assert "sealing-keys" not in (repository / "m" / "a.yaml").read_text()


def test_reseal_believes_no_hint(repository: Path, both: Keyring, new: KeyPair) -> None:
    """A hint that names the newest key costs a try and no more."""
    run("seal", "-", "--cert", "old.pem", "-w", "h.yaml", stdin=secret("h").encode())
    file = repository / "h.yaml"
    text = file.read_text()
    file.write_text(text.replace(short(OLD.fingerprint), short(new.fingerprint)))
    assert run("reseal", "h.yaml", *BOTH).code == 0
    assert sealers(file, both) == {new.fingerprint}


def test_reseal_seals_with_the_certificate_that_is_named(repository: Path, both: Keyring) -> None:
    """By option or policy; the newest of the keys counts only where nothing is named."""
    seal(repository, "n.yaml", secret("late"), certificate="new.pem")
    done = run("reseal", "n.yaml", *BOTH, "--cert", "old.pem")
    assert done.code == 0, done.err
    assert sealers(repository / "n.yaml", both) == {OLD.fingerprint}
    assert "warning: the private keys hold a newer key than the certificate" in done.err
    policy = "version: 1\nclusters: {old: {certificate: old.pem}}\ndefault: old\n"
    write_all(repository, {".sealer.yaml": policy})
    assert run("reseal", "m", *BOTH, "--check").code == 0
    (repository / ".sealer.yaml").unlink()
    assert run("reseal", "m", *BOTH, "--check").code == 1


def test_reseal_obeys_the_pin(repository: Path) -> None:
    """The newest of the keys is refused (4) where another one is pinned; nothing is written."""
    before = snapshot(repository)
    policy = f"version: 1\nclusters: {{a: {{fingerprint: '{OLD.fingerprint}'}}}}\ndefault: a\n"
    write_all(repository, {".sealer.yaml": policy})
    done = run("reseal", "m", *BOTH)
    assert done.code == 4
    assert "pinned for cluster a is" in done.err
    (repository / ".sealer.yaml").unlink()
    assert snapshot(repository) == before


def test_reseal_to_another_cluster(repository: Path, new: KeyPair) -> None:
    """With the keys of the old one and the certificate of the new one; a second run finishes."""
    policy = (
        "version: 1\nclusters:\n  here: {certificate: old.pem}\n"
        f"  there: {{certificate: new.pem, fingerprint: '{new.fingerprint}'}}\ndefault: here\n"
    )
    write_all(repository, {".sealer.yaml": policy})
    run("seal", "-", "--cert", "old.pem", "-w", "h.yaml", stdin=secret("h").encode())
    keys = ("--keys", "old.yaml", "--to-cluster", "there")
    done = run("reseal", "h.yaml", "m/a.yaml", *keys)
    assert done.code == 0, done.err
    for name in ("h.yaml", "m/a.yaml"):
        assert sealers(repository / name, Keyring([new])) == {new.fingerprint}
    before = snapshot(repository)
    done = run("reseal", "h.yaml", "m/sub/b.yaml", *keys)  # the hint of h.yaml says it is done
    assert done.code == 0, done.err
    assert snapshot(repository)["h.yaml"] == before["h.yaml"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to-cluster", "there"), "--to-cluster needs the private keys"),
        (("--cert", "new.pem"), "--cert goes with --keys"),
        ((*BOTH, "--to-cluster", "a", "--cert", "new.pem"), "exclude each other"),
        ((*BOTH, "--to-cluster", "a", "--cluster", "b"), "exclude each other"),
        ((*BOTH, "--to-cluster", "nowhere"), "there is no cluster nowhere"),
    ],
)
def test_reseal_called_wrongly(repository: Path, arguments: tuple[str, ...], said: str) -> None:
    """2, with words that say what goes together."""
    before = snapshot(repository)
    done = run("reseal", "m", *arguments)
    assert (done.code, snapshot(repository)) == (2, before)
    assert said in done.err


def test_reseal_needs_a_key_with_a_date(repository: Path, new: KeyPair) -> None:
    """Bare private keys do not tell which is the newest; a certificate that is named does."""
    done = run("reseal", "m", "--keys", "rsa2048.key.pem")
    assert done.code == 4
    assert "none of the private keys has a certificate" in done.err
    write_all(repository, {"new.key": private_key_pem(new.private_key)})
    done = run("reseal", "m", "--keys", "new.key,both.yaml", "--check")
    assert done.code == 1, done.err
    assert short(new.fingerprint) in done.err
    assert run("reseal", "m", "--keys", "rsa2048.key.pem", "--cert", "old.pem").code == 0
    assert (repository / "m").is_dir()


def test_reseal_of_the_old_format(repository: Path) -> None:
    """One value for the whole Secret cannot be spliced: refused (3), unless it is up to date."""
    case = next(each for each in vectors.objects() if each.name == "v1-data")
    manifest = vectors.load_manifest(case.steps[-1])
    assert "data" in manifest["spec"]
    write_all(repository, {"v1.json": json.dumps(manifest)})
    keys = ("--keys", str(vectors.KEYS / "both.list.yaml"))
    before = snapshot(repository)
    results = {
        run("reseal", "v1.json", *keys, "--cert", str(vectors.KEYS / f"{name}.crt.pem")).code
        for name in ("peer-a", "peer-b")
    }
    assert results == {0, 3}
    assert snapshot(repository) == before


def test_reseal_of_standard_input_goes_to_standard_output(repository: Path) -> None:
    """A filter: the whole stream comes out, or nothing where something is wrong."""
    data = (repository / "m" / "a.yaml").read_bytes()
    done = run("reseal", "-", *BOTH, stdin=data)
    assert done.code == 0
    assert len(done.out.splitlines()) == len(data.splitlines())
    assert run("reseal", "-", *BOTH, stdin=done.out).out == done.out
    moved = data.replace(b"name: a", b"name: q")
    assert run("reseal", "-", *BOTH, stdin=moved).out == b""
    assert run("reseal", "-", *BOTH, "--json", stdin=data).code == 2


def test_reseal_notices_a_file_that_changes_meanwhile(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That file is left as the other one wrote it (6), the others are done."""
    other = repository / "m" / "a.yaml"
    before = other.read_bytes()

    def change_meanwhile(data: bytes, *arguments: object, **options: object) -> object:
        if data == before:
            other.write_bytes(before + b"# mine\n")
        return reseal_stream(data, *arguments, **options)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr("sealer.cli.resealing.resealing.reseal_stream", change_meanwhile)
    done = run("reseal", "m", *BOTH)
    assert done.code == 6
    assert "m/a.yaml was changed meanwhile, and is left as it is" in done.err
    assert other.read_bytes() == before + b"# mine\n"
    assert "sealed anew: 4 items of 2 objects in 1 file" in done.err
    assert [file for file in snapshot(repository) if "sealer-" in file] == []


_KILLED = """
import os, signal, sys
from sealer.cli.resealing import resealing
from sealer.cli.main import main

original, left = resealing.reseal_file, [3]

def reseal_file(*arguments, **options):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return original(*arguments, **options)

resealing.reseal_file = reseal_file
main(sys.argv[1:])
"""


def test_reseal_killed_in_the_middle_leaves_each_file_old_or_new(
    repository: Path, both: Keyring, new: KeyPair
) -> None:
    """And the next run finishes."""
    text = (repository / "m" / "a.yaml").read_text()
    for number in range(12):
        write_all(repository, {f"many/{number:02}.yaml": text})
    before = snapshot(repository / "many")
    command = [sys.executable, "-c", _KILLED, "reseal", "many", *BOTH]
    done = subprocess.run(command, check=False, capture_output=True, env=dict(os.environ))
    assert done.returncode == -signal.SIGKILL
    keys = [sealers(file, both) for file in sorted((repository / "many").glob("*.yaml"))]
    assert len(keys) == 12
    assert all(each in ({OLD.fingerprint}, {new.fingerprint}) for each in keys)
    untouched = [
        name for name, data in before.items() if snapshot(repository)[f"many/{name}"] == data
    ]
    assert untouched
    assert run("reseal", "many", *BOTH).code == 0
    assert run("reseal", "many", *BOTH, "--check").code == 0


def test_reseal_of_what_holds_no_sealed_secret_says_so(repository: Path) -> None:
    """Success after doing nothing is told."""
    done = run("reseal", "config.yaml", *BOTH)
    assert done.code == 0
    assert "there is no SealedSecret in the input" in done.err
    assert (repository / "config.yaml").is_file()
