"""`sealer keys backup`, `verify-backup` and `restore`, and backups wherever keys are taken."""

import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from getpass import GetPassWarning
from pathlib import Path
from typing import NoReturn

import pytest

from sealer.backup import lock
from sealer.backup.container import Cost
from sealer.backup.contents import Contents, KeptSecret, collect
from sealer.cli.cluster.keys import ClusterKeys
from sealer.cli.cluster.kubectl import Kubectl
from sealer.cli.commands.keys_restore import restore_to_cluster
from sealer.cli.console import Console
from sealer.cli.errors import ConflictError
from sealer.cli.values import prompt
from sealer.documents.emit import emit_yaml
from sealer.keysecret import (
    COMPROMISED,
    DIGEST_KEY,
    STATE_ANNOTATION,
    key_pair_of,
    key_secret,
    load_key_secrets,
    load_keys,
)
from sealer.keystate import backed_up_at, backed_up_note
from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from tests.cli.conftest import VALUE
from tests.support import vectors
from tests.support.program import Done, run, snapshot, write_all

PHRASE = "correct horse battery staple"
PIN = vectors.key_pair("rsa2048").fingerprint
PASSPHRASE = SecretBytes(PHRASE.encode())


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make passphrases cheap; one test of the container has the real cost."""
    monkeypatch.setattr(lock, "Cost", lambda: Cost(16, 1, 1))


@pytest.fixture
def here(folder: Path) -> Path:
    """Return a folder with key Secrets, the digest key and a key that is kept elsewhere."""
    secrets = [
        key_secret(vectors.key_pair(name), namespace="sealing", name=f"key-{name}")
        for name in ("rsa2048", "peer-a")
    ]
    secrets.append(Secret("sealing", DIGEST_KEY, {"key": SecretBytes(bytes(32))}))
    keys = "---\n".join(emit_yaml(secret.to_object()) for secret in secrets)
    write_all(folder, {"keys.yaml": keys})
    for kind in ("key", "crt"):
        pem = (vectors.KEYS / f"stranger.{kind}.pem").read_bytes()
        write_all(folder, {f"offline.{kind}": pem})
    return folder


@pytest.fixture
def phrase() -> Iterator[Callable[[bytes], str]]:
    """Return a function that gives a file descriptor from which a text can be read once."""
    opened: list[int] = []

    def give(text: bytes) -> str:
        reader, writer = os.pipe()
        os.write(writer, text)
        os.close(writer)
        opened.append(reader)
        return str(reader)

    yield give
    for descriptor in opened:
        os.close(descriptor)


Phrase = Callable[[bytes], str]


def backup(phrase: Phrase, *arguments: str, text: bytes = PHRASE.encode()) -> Done:
    """Back up `keys.yaml` with a passphrase."""
    given = ("--passphrase-fd", phrase(text + b"\n"))
    return run("keys", "backup", "--keys", "keys.yaml", "-w", "keys.backup", *given, *arguments)


def verify(phrase: Phrase, *arguments: str, text: bytes = PHRASE.encode()) -> Done:
    """Verify it."""
    return run("keys", "verify-backup", "keys.backup", "--passphrase-fd", phrase(text), *arguments)


def test_backup_shows_nothing_of_what_is_in_it(here: Path, phrase: Phrase) -> None:
    """One file for its owner only; fingerprints in the clear, and no key material."""
    done = backup(phrase)
    assert done.code == 0, done.err
    file = here / "keys.backup"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    fields = json.loads(file.read_bytes())
    assert PIN in fields["keys"]
    assert len(fields["keys"]) == 2
    for name in ("rsa2048", "peer-a"):
        for line in (vectors.KEYS / f"{name}.key.pem").read_bytes().splitlines()[1:-1]:
            assert line not in file.read_bytes()
    assert PHRASE not in done.err


def test_verify_proves_every_key(here: Path, phrase: Phrase) -> None:
    """A line for each; the digest key is there."""
    backup(phrase)
    done = verify(phrase)
    assert done.code == 0, done.err
    lines = done.out.decode().splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["key-rsa2048", "key-peer-a", DIGEST_KEY]
    assert sum("opens its canary" in line for line in lines) == 2
    facts = json.loads(verify(phrase, "--json").out)
    assert [row["verified"] for row in facts["keys"]] == [True, True, True]
    assert here.is_dir()


@pytest.mark.parametrize("text", [b"another", b"", b"\n", b"x" * 5_000])
def test_verify_with_another_passphrase_fails(here: Path, phrase: Phrase, text: bytes) -> None:
    """Code 4 for a wrong one; 2 for none at all."""
    backup(phrase)
    done = verify(phrase, text=text)
    assert done.code == (4 if text == b"another" else 2)
    assert ("passphrase is wrong" in done.err) is (text == b"another")
    assert here.is_dir()


def test_verify_of_a_damaged_file_says_so_before_it_asks(here: Path, phrase: Phrase) -> None:
    """Code 4, and no passphrase is read for it."""
    backup(phrase)
    file = here / "keys.backup"
    for data in (file.read_bytes()[:-30], file.read_bytes().replace(b"created", b"Created"), b""):
        file.write_bytes(data)
        done = run("keys", "verify-backup", "keys.backup")
        assert done.code == 4
        assert "error: keys.backup: the backup is damaged" in done.err
    assert run("keys", "verify-backup", "missing").code == 4


def test_passphrase_is_asked_for_without_a_descriptor(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice for a new one, and again for one that was mistyped."""
    answers = [PASSPHRASE, PASSPHRASE, SecretBytes(b"typo"), PASSPHRASE]
    monkeypatch.setattr(prompt, "ask", lambda _: answers.pop(0))
    monkeypatch.setattr("sealer.cli.keys.passphrase.ask", lambda _: answers.pop(0))
    assert run("keys", "backup", "--keys", "keys.yaml", "-w", "keys.backup").code == 0
    assert run("keys", "verify-backup", "keys.backup").code == 0
    assert answers == []
    answers += [SecretBytes(b"no")] * 3
    done = run("keys", "verify-backup", "keys.backup")
    assert done.code == 4
    assert answers == []
    assert here.is_dir()


def test_passphrase_without_a_terminal_says_how_else(
    here: Path, phrase: Phrase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code 2, with the option to use in a job."""

    def nobody(_: str) -> NoReturn:
        raise GetPassWarning

    monkeypatch.setattr("getpass.getpass", nobody)
    backup(phrase)
    for arguments in (
        ("verify-backup", "keys.backup"),
        ("backup", "--keys", "keys.yaml", "-w", "other"),
    ):
        done = run("keys", *arguments)
        assert done.code == 2
        assert "passphrase, and there is no terminal to ask on" in done.err
        assert "--passphrase-fd 3 3<FILE" in done.err
    assert here.is_dir()


def test_passphrase_that_is_short_is_warned_of(here: Path, phrase: Phrase) -> None:
    """It is used all the same; a good one is not commented on."""
    done = backup(phrase, text=b"hunter2")
    assert done.code == 0
    assert "warning: the passphrase has 7 characters" in done.err
    assert "warning" not in backup(phrase, "--force").err
    assert here.is_dir()


def test_passphrase_from_nowhere_is_wrong_usage(here: Path) -> None:
    """A closed descriptor, and one that is no number."""
    assert here.is_dir()
    arguments = ("keys", "backup", "--keys", "keys.yaml", "-w", "keys.backup", "--passphrase-fd")
    done = run(*arguments, "987")
    assert done.code == 2
    assert "cannot be read from descriptor 987: Bad file descriptor" in done.err
    assert run(*arguments, "x").code == 2


def test_backup_for_recipients_opens_with_their_keys(here: Path) -> None:
    """No passphrase is asked for."""
    arguments = ("keys", "backup", "--keys", "keys.yaml", "-w", "keys.backup", "--recipient")
    assert run(*arguments, "offline.crt").code == 0
    done = run("keys", "verify-backup", "keys.backup", "--keys", "offline.key")
    assert done.code == 0, done.err
    done = run("keys", "verify-backup", "keys.backup", "--keys", "keys.yaml")
    assert done.code == 4
    assert vectors.key_pair("stranger").fingerprint in done.err
    assert here.is_dir()


def test_backup_for_a_key_that_is_in_it_is_refused(here: Path) -> None:
    """Code 4, and nothing is written."""
    arguments = ("keys", "backup", "--keys", "keys.yaml", "-w", "keys.backup", "--recipient")
    done = run(*arguments, "rsa2048.crt.pem")
    assert done.code == 4
    assert f"the backup holds the key {PIN} itself" in done.err
    assert not (here / "keys.backup").exists()


def test_backup_takes_passphrase_or_recipients(here: Path, phrase: Phrase) -> None:
    """Not both: the weaker of the two would decide."""
    assert backup(phrase, "--recipient", "offline.crt").code == 2
    assert not (here / "keys.backup").exists()


def test_backup_replaces_nothing_without_force(here: Path, phrase: Phrase) -> None:
    """The old one may be the only one that has a lost key."""
    write_all(here, {"keys.backup": "old"})
    assert backup(phrase).code == 6
    assert (here / "keys.backup").read_text() == "old"
    assert backup(phrase, "--force").code == 0


def test_backup_into_a_git_work_tree_is_refused(here: Path, phrase: Phrase) -> None:
    """Encrypted or not: what was pushed once can be tried for ever."""
    (here / ".git").mkdir()
    (here / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    done = backup(phrase)
    assert done.code == 2
    assert "would stay in its history for ever" in done.err
    assert backup(phrase, "--force").code == 0


def test_backup_of_pem_files_makes_secrets_of_them(here: Path, phrase: Phrase) -> None:
    """With the certificate that lies beside the key, as `keys generate` writes it."""
    arguments = ("keys", "backup", "--keys", "offline.key", "-w", "keys.backup")
    assert run(*arguments, "--passphrase-fd", phrase(PHRASE.encode())).code == 0
    done = run("keys", "restore", "keys.backup", "-d", "out", "--passphrase-fd", phrase(b"x"))
    assert done.code == 4
    given = ("--passphrase-fd", phrase(PHRASE.encode()))
    assert run("keys", "restore", "keys.backup", "-d", "out", *given).code == 0
    assert (here / "out" / "offline.yaml").exists()


def test_backup_is_sealed_to_somebody_else(here: Path, phrase: Phrase) -> None:
    """The key that opens the old one does not get into the new one."""
    write_all(here, {"old.backup": sealed_backup(kept(here))})
    again = ("--keys", "offline.key,old.backup", "--passphrase-fd", phrase(PHRASE.encode()))
    done = run("keys", "backup", "-w", "keys.backup", *again)
    assert done.code == 0, done.err
    assert "the key offline opens a backup that is given, and is left out itself" in done.err
    rows = json.loads(verify(phrase, "--json").out)["keys"]
    assert [row["name"] for row in rows] == ["key-rsa2048", "key-peer-a", DIGEST_KEY]


def test_backup_of_two_backups_holds_each_key_once(here: Path, phrase: Phrase) -> None:
    """What is in both is the same."""
    for name in ("old.backup", "older.backup"):
        write_all(here, {name: sealed_backup(kept(here))})
    again = ("--keys", "offline.key,old.backup,older.backup", "--passphrase-fd")
    assert run("keys", "backup", "-w", "keys.backup", *again, phrase(PHRASE.encode())).code == 0
    assert len(json.loads(verify(phrase, "--json").out)["keys"]) == 3


def test_backup_that_does_not_open_is_told_with_its_name(here: Path, phrase: Phrase) -> None:
    """Code 4, and nothing is written."""
    write_all(here, {"old.backup": sealed_backup(kept(here))})
    done = backup(phrase, "--keys", "old.backup")
    assert done.code == 4
    assert "old.backup: the backup is sealed to" in done.err
    assert not (here / "keys.backup").exists()


def test_list_shows_what_is_in_a_backup(here: Path) -> None:
    """As it shows the keys of a cluster, without the digest key."""
    write_all(here, {"keys.backup": sealed_backup(kept(here))})
    done = run("keys", "list", "--keys", "offline.key", "--keys", "keys.backup", "--json")
    assert done.code == 0, done.err
    rows = {row["name"]: row["backedUp"] for row in json.loads(done.out)["keys"]}
    time = backed_up_note(created(here / "keys.backup"))
    assert rows == {"key-peer-a": time, "key-rsa2048": time}
    assert "the key offline opens a backup" in done.err


def test_backup_of_nothing_is_refused(here: Path) -> None:
    """A file without a key in it must not look like a backup."""
    text = emit_yaml(Secret("a", DIGEST_KEY, {"key": SecretBytes(b"x")}).to_object())
    write_all(here, {"digest.yaml": text})
    done = run("keys", "backup", "--keys", "digest.yaml", "-w", "keys.backup")
    assert done.code == 4
    assert not (here / "keys.backup").exists()


def test_restore_writes_the_folder_that_a_controller_reads(here: Path, phrase: Phrase) -> None:
    """One manifest a Secret, for its owner only; what is the same is left alone."""
    backup(phrase)
    restore = ("keys", "restore", "keys.backup", "-d", "keys", "--passphrase-fd")
    done = run(*restore, phrase(PHRASE.encode()))
    assert done.code == 0, done.err
    files = sorted((here / "keys").iterdir())
    assert [file.name for file in files] == [
        "key-peer-a.yaml",
        "key-rsa2048.yaml",
        f"{DIGEST_KEY}.yaml",
    ]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    (secret,) = load_key_secrets(files[0].read_bytes(), origin="", namespace="")
    assert backed_up_at(secret) == created(here / "keys.backup")
    assert stat.S_IMODE((here / "keys").stat().st_mode) == 0o700
    before = snapshot(here)
    done = run(*restore, phrase(PHRASE.encode()))
    assert done.code == 0
    assert "restored 0 Secrets into keys; there already: 3" in done.err
    assert snapshot(here) == before


@pytest.mark.parametrize("there", ["kind: ConfigMap\n", ""])
def test_restore_over_something_else_writes_nothing(here: Path, phrase: Phrase, there: str) -> None:
    """Code 6, and none of the other files either."""
    backup(phrase)
    write_all(here, {"keys/key-peer-a.yaml": there})
    before = snapshot(here)
    done = restore(phrase)
    assert done.code == 6
    assert snapshot(here) == before


def test_restore_beside_another_key_of_the_name_takes_the_next_one(
    here: Path, phrase: Phrase
) -> None:
    """As a controller on folders may have made one; what is there stays, and twice adds nothing."""
    backup(phrase)
    for name, pair in (("key-peer-a", "stranger"), ("key-peer-a-2", "peer-b")):
        other = key_secret(vectors.key_pair(pair), namespace="a", name=name)
        write_all(here, {f"keys/{name}.yaml": emit_yaml(other.to_object())})
    before = snapshot(here)
    done = restore(phrase)
    assert done.code == 0, done.err
    assert "key-peer-a is another Secret there: this one is now key-peer-a-3" in done.err
    after = snapshot(here)
    assert before.items() <= after.items()
    (secret,) = load_key_secrets(
        (here / "keys" / "key-peer-a-3.yaml").read_bytes(), origin="", namespace=""
    )
    assert secret.name == "key-peer-a-3"
    assert key_pair_of(secret).fingerprint == vectors.key_pair("peer-a").fingerprint
    assert "restored 0 Secrets" in restore(phrase).err
    assert snapshot(here) == after


def test_restore_of_a_key_that_is_there_under_another_name_adds_nothing(
    here: Path, phrase: Phrase
) -> None:
    """Twice the same key would have to be retired twice."""
    backup(phrase)
    other = key_secret(vectors.key_pair("peer-a"), namespace="a", name="moved")
    write_all(here, {"keys/moved.yaml": emit_yaml(other.to_object()), "keys/odd.yaml": "a: ["})
    assert "restored 2 Secrets into keys; there already: 1" in restore(phrase).err
    assert not (here / "keys" / "key-peer-a.yaml").exists()


def test_restore_of_two_keys_of_one_name_writes_both(here: Path, phrase: Phrase) -> None:
    """As PEM files of two folders have it; neither takes the other's place."""
    for name in ("a", "b"):
        (here / name).mkdir()
        assert run("keys", "generate", "-w", f"{name}/tls.key").code == 0
    given = ("--passphrase-fd", phrase(PHRASE.encode()))
    assert run("keys", "backup", "--keys", "a,b", "-w", "keys.backup", *given).code == 0
    done = restore(phrase)
    assert "restored 2 Secrets into keys\n" in done.err
    assert "tls is another Secret there: this one is now tls-2" in done.err
    assert restored(here) == {
        name: load_keys((here / folder / "tls.key").read_bytes())[0].fingerprint
        for name, folder in (("tls", "a"), ("tls-2", "b"))
    }
    assert "restored 0 Secrets into keys; there already: 2" in restore(phrase).err


def test_restore_of_one_name_many_times_loses_no_key_and_no_mark(here: Path) -> None:
    """As key Secrets of several clusters have it: the same key once, but for a compromised one."""
    write_all(here, {"keys.backup": sealed_backup(collect(NAMESAKES))})
    done = run("keys", "restore", "keys.backup", "-d", "keys", "--keys", "offline.key")
    assert "restored 5 Secrets into keys; there already: 2" in done.err
    assert restored(here) == NAMED
    again = run("keys", "restore", "keys.backup", "-d", "keys", "--keys", "offline.key")
    assert "restored 0 Secrets into keys; there already: 7" in again.err


def test_restore_of_one_name_many_times_into_a_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    """With the names that a folder gets, and no name is tried twice."""
    cluster = Racing(None)
    restore_to_cluster(collect(NAMESAKES), cluster, "sealing", Console())
    found = {name: key_pair_of(secret) for name, secret in cluster.secrets.items()}
    assert {name: pair.fingerprint for name, pair in found.items()} == NAMED
    assert [name for name, pair in found.items() if not pair.may_seal] == ["key-4"]
    assert "restored 5 Secrets into namespace sealing; there already: 2" in capsys.readouterr().err


def namesakes() -> Iterator[KeptSecret]:
    """Yield key Secrets of several namespaces: most have one name, and some hold the same key."""
    for number, (name, pair, state) in enumerate(
        [
            ("key", "rsa2048", ""),
            ("key", "peer-a", ""),
            ("key-2", "peer-b", ""),
            ("key", "rsa2048", ""),
            ("key", "rsa2048", COMPROMISED),
            ("key", "peer-a", ""),
            ("key", "rsa3072", ""),
        ]
    ):
        notes = {STATE_ANNOTATION: state} if state else {}
        keys = vectors.key_pair(pair)
        yield KeptSecret(key_secret(keys, namespace=f"n{number}", name=name, annotations=notes))


NAMESAKES = tuple(namesakes())
NAMED = {
    name: vectors.key_pair(pair).fingerprint
    for name, pair in {
        "key": "rsa2048",
        "key-2": "peer-b",
        "key-3": "peer-a",
        "key-4": "rsa2048",
        "key-5": "rsa3072",
    }.items()
}


def restored(here: Path) -> dict[str, str]:
    """Return the keys in the folder that `restore` writes, by name."""
    found: dict[str, str] = {}
    for file in (here / "keys").iterdir():
        (secret,) = load_key_secrets(file.read_bytes(), origin="", namespace="")
        assert file.stem == secret.name
        found[secret.name] = key_pair_of(secret).fingerprint
    return found


class Racing(ClusterKeys):
    """A namespace whose controller takes a name just before it is asked for."""

    def __init__(self, takes: str | None) -> None:
        super().__init__(Kubectl(), "sealing", Console())
        self.takes = takes
        self.secrets: dict[str, Secret] = {}

    def every(self) -> list[KeptSecret]:
        """Return all that there are."""
        return [KeptSecret(each) for each in self.secrets.values()]

    def get(self, name: str) -> KeptSecret | None:
        """Return the one of a name."""
        return KeptSecret(self.secrets[name]) if name in self.secrets else None

    def create(self, secret: Secret) -> None:
        """Store one, but for that which comes too late."""
        assert secret.name not in self.secrets
        if secret.name == self.takes:
            other = key_secret(vectors.key_pair("stranger"), namespace="sealing", name=secret.name)
            self.secrets[secret.name] = other
            raise ConflictError("it exists already")
        self.secrets[secret.name] = secret


def test_restore_against_a_controller_that_is_faster_looks_again(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was written before is counted, and nothing is missing or there twice."""
    cluster = Racing("key-peer-a")
    restore_to_cluster(kept(here), cluster, "sealing", Console())
    assert set(cluster.secrets) == {"key-rsa2048", "key-peer-a", "key-peer-a-2", DIGEST_KEY}
    assert "restored 3 Secrets into namespace sealing\n" in capsys.readouterr().err


def restore(phrase: Phrase) -> Done:
    """Restore what `backup` made into a folder."""
    given = ("--passphrase-fd", phrase(PHRASE.encode()))
    return run("keys", "restore", "keys.backup", "-d", "keys", *given)


def kept(here: Path) -> Contents:
    """Return what `keys.yaml` holds as contents of a backup."""
    secrets = load_key_secrets((here / "keys.yaml").read_bytes(), origin="", namespace="")
    return collect(KeptSecret(secret) for secret in secrets)


def created(file: Path) -> datetime:
    """Return when a backup was made."""
    return datetime.fromisoformat(json.loads(file.read_bytes())["created"])


def sealed_backup(contents: Contents) -> bytes:
    """Return a backup that `offline.key` opens."""
    recipient = vectors.key_pair("stranger").certificate
    assert recipient is not None
    keys = list(contents.canaries)
    now = datetime.now(UTC)
    content = contents.pack()
    return lock.lock_for_recipients(content, [recipient], created=now, keys=keys).to_json()


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_verify_of_a_key_that_does_not_open_its_canary_is_no(
    here: Path, as_json: tuple[str, ...]
) -> None:
    """Code 1: the file is whole, and what it promises is not in it."""
    pairs = [vectors.key_pair(name) for name in ("rsa2048", "peer-a")]
    secrets = [key_secret(pair, namespace="a", name=f"key-{pair.origin}") for pair in pairs]
    contents = collect(KeptSecret(secret) for secret in secrets)
    one, other = contents.canaries
    exchanged = {one: contents.canaries[other], other: contents.canaries[other]}
    write_all(here, {"keys.backup": sealed_backup(replace(contents, canaries=exchanged))})
    done = run("keys", "verify-backup", "keys.backup", "--keys", "offline.key", *as_json)
    assert done.code == 1
    assert (b'"verified": false' if as_json else b"FAILED") in done.out


def test_verify_of_a_secret_that_was_no_key_is_yes(here: Path) -> None:
    """It was kept as it was found, and that is told."""
    junk = Secret("a", "junk", {"tls.key": SecretBytes(b"x"), "tls.crt": SecretBytes(b"y")})
    good = key_secret(vectors.key_pair("rsa2048"), namespace="a", name="good")
    contents = collect([KeptSecret(junk), KeptSecret(good)])
    write_all(here, {"keys.backup": sealed_backup(contents)})
    done = run("keys", "verify-backup", "keys.backup", "--keys", "offline.key")
    assert done.code == 0
    assert b"junk was no usable key when it was backed up" in done.out
    restored = run("keys", "restore", "keys.backup", "--keys", "offline.key", "-d", "out")
    assert restored.code == 0
    assert "warning: Secret junk of the backup: " in restored.err


def test_restore_of_a_name_that_leads_elsewhere_is_refused(here: Path) -> None:
    """Anyone can seal a backup to a certificate; its names are not to be trusted."""
    evil = key_secret(vectors.key_pair("rsa2048"), namespace="a", name="../../evil")
    write_all(here, {"keys.backup": sealed_backup(collect([KeptSecret(evil)]))})
    before = snapshot(here)
    done = run("keys", "restore", "keys.backup", "-d", "a/b", "--keys", "offline.key")
    assert done.code == 3
    assert snapshot(here) == before


def test_unseal_takes_keys_from_a_backup(
    here: Path, phrase: Phrase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the descriptor that the environment names, or with the key of a recipient beside it."""
    backup(phrase)
    run("seal", "secret.yaml", "--cert", "rsa2048.crt.pem", "-w", "sealed.yaml")
    monkeypatch.setenv("SEALER_PASSPHRASE_FD", phrase(PHRASE.encode()))
    done = run("unseal", "sealed.yaml", "--keys", "keys.backup")
    assert done.code == 0, done.err
    monkeypatch.delenv("SEALER_PASSPHRASE_FD")
    arguments = ("keys", "backup", "--keys", "keys.yaml", "-w", "other.json", "--recipient")
    assert run(*arguments, "offline.crt").code == 0
    assert run("unseal", "sealed.yaml", "--keys", "other.json,offline.key").code == 0
    assert run("unseal", "sealed.yaml", "--keys", "other.json").code == 4
    monkeypatch.setenv("SEALER_PASSPHRASE_FD", "x")
    assert run("unseal", "sealed.yaml", "--keys", "keys.backup").code == 2
    assert here.is_dir()


def test_unseal_takes_keys_from_a_folder_with_a_backup_in_it(here: Path, phrase: Phrase) -> None:
    """A damaged one is told and left alone, like any other file of a folder."""
    backup(phrase)
    run("seal", "secret.yaml", "--cert", "rsa2048.crt.pem", "-w", "sealed.yaml")
    damaged = (here / "keys.backup").read_bytes()[:-40]
    write_all(here, {"k/keys.yaml": (here / "keys.yaml").read_bytes(), "k/b.json": damaged})
    done = run("unseal", "sealed.yaml", "--keys", "k")
    assert done.code == 0, done.err
    assert "left alone: the backup is damaged" in done.err
    assert VALUE not in done.err


def test_load_key_secrets_of_a_file_without_any_says_what_it_holds() -> None:
    """As when keys are loaded for opening."""
    from sealer_keys.errors import NoPrivateKeyError

    with pytest.raises(NoPrivateKeyError):
        load_key_secrets(b"", origin="a", namespace="b")
