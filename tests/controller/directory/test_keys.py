"""The keys folder: which files hold keys, which are reported, and how new keys are written."""

import asyncio
import errno
import json
import logging
import os
import stat
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from sealer.errors import RetryableError, TerminalError
from sealer.keysecret import DIGEST_KEY, key_pair_of, key_secret
from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.digestkey import keep_digest_key, load_digest_key
from sealer_controller.directory.files import Folder
from sealer_controller.directory.keys import DirectoryKeys
from sealer_controller.errors import ChangedMeanwhileError
from sealer_controller.keystore import KeyStore, KeyStoreOptions
from sealer_controller.objects import Event
from sealer_controller.ports import KeySecret
from sealer_keys.generate import KeyOptions
from tests.support import vectors

NOW = datetime(2027, 1, 1, 12, 30, 15, 5, tzinfo=UTC)
LABEL = "sealedsecrets.bitnami.com/sealed-secrets-key"
Told = Callable[[], list[str]]


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Told:
    """Return what was reported so far, as file name and message."""

    def messages() -> list[str]:
        fields = [record.__dict__["sealer_fields"] for record in caplog.records]
        return [f"{Path(each['path']).name}: {each['message']}" for each in fields]

    return messages


def vault(path: Path) -> DirectoryKeys:
    """Return the vault over a folder."""
    return DirectoryKeys(path, namespace="own", now=lambda: NOW)


def put(path: Path, content: str | bytes) -> Path:
    """Write a file that only its owner may read."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(0o600)
    return path


def manifest(name: str, *, label: str | None = "active", created: str = "") -> str:
    """Return a key Secret as JSON."""
    secret = key_secret(vectors.key_pair("rsa2048"), namespace="kube-system", name=name)
    found = json.loads(json.dumps(secret.to_object()))
    found["metadata"]["labels"] = {LABEL: label} if label is not None else {}
    if created:
        found["metadata"]["creationTimestamp"] = created
    return json.dumps(found)


def pem(kind: str) -> bytes:
    """Return one of the recorded PEM files."""
    return (vectors.KEYS / f"rsa2048.{kind}.pem").read_bytes()


def listing(path: Path) -> list[str]:
    """Return the names of everything in a folder."""
    return sorted(each.name for each in path.iterdir())


async def names(path: Path) -> list[str]:
    """Return the names of the keys found, in order."""
    return [each.secret.name for each in await vault(path).key_secrets()]


async def test_recorded_key_secrets_are_read(tmp_path: Path, told: Told) -> None:
    """What the original's controller stored is a key here too, alone or in a List."""
    for name in ("peer-a.secret.yaml", "both.list.json"):
        put(tmp_path / name, (vectors.KEYS / name).read_bytes())
    found = await vault(tmp_path).key_secrets()
    pairs = {key_pair_of(each.secret).fingerprint for each in found}
    assert pairs == {vectors.key_pair(name).fingerprint for name in ("peer-a", "peer-b")}
    assert all(each.created for each in found)
    assert told() == []


async def test_pair_of_pem_files_is_a_key(tmp_path: Path, told: Told) -> None:
    """`NAME.key` and `NAME.crt` make the key Secret NAME in our own namespace."""
    put(tmp_path / "mine.key", pem("key"))
    put(tmp_path / "mine.crt", pem("crt"))
    (found,) = await vault(tmp_path).key_secrets()
    assert (found.secret.namespace, found.secret.name) == ("own", "mine")
    assert key_pair_of(found.secret).fingerprint == vectors.key_pair("rsa2048").fingerprint
    assert told() == []


async def test_keys_come_oldest_first(tmp_path: Path) -> None:
    """By the creation that a manifest tells, else by the file's time."""
    put(tmp_path / "a.json", manifest("late", created="2026-12-01T00:00:00Z"))
    put(tmp_path / "b.json", manifest("early", created="2020-01-01T00:00:00Z"))
    put(tmp_path / "c.json", manifest("between"))
    when = datetime(2024, 1, 1, tzinfo=UTC).timestamp()
    os.utime(tmp_path / "c.json", (when, when))
    assert await names(tmp_path) == ["early", "between", "late"]


async def test_label_decides_which_secrets_are_keys(tmp_path: Path, told: Told) -> None:
    """Active ones and the legacy one count; others are reported and left alone."""
    put(tmp_path / "1.json", manifest("one"))
    put(tmp_path / "2.json", manifest("two", label="compromised"))
    put(tmp_path / "3.json", manifest("three", label=None))
    put(tmp_path / "4.json", manifest("sealed-secrets-key", label=None))
    assert sorted(await names(tmp_path)) == ["one", "sealed-secrets-key"]
    assert told() == [
        "2.json: key Secret two is labelled 'compromised', not 'active'",
        f"3.json: Secret three has no label {LABEL}",
    ]


async def test_other_files_are_reported_once_and_left_alone(tmp_path: Path, told: Told) -> None:
    """Notes, folders and lone certificates are no keys; hidden files are nobody's business."""
    put(tmp_path / "README.md", "notes")
    put(tmp_path / "lone.crt", pem("crt"))
    put(tmp_path / ".hidden", "x")
    put(tmp_path / "other.yaml", "kind: ConfigMap\n")
    (tmp_path / "folder").mkdir()
    keys = vault(tmp_path)
    assert await keys.key_secrets() == []
    assert await keys.key_secrets() == []
    assert [line.split(":")[0] for line in told()] == [
        "README.md",
        "folder",
        "lone.crt",
        "other.yaml",
    ]
    assert len(listing(tmp_path)) == 5


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.yaml", "a: [", "did not find expected node content"),
        ("a.yaml", b"\xff\xff\xff", "the file is not UTF-8 text"),
        ("a.yaml", "kind: Secret\ndata: {tls.key: '%'}\n", "data.tls.key: illegal base64 data"),
        ("a.yaml", "kind: Secret\ndata: 5\ntype: 5\n", "data must be a mapping"),
        ("a.key", pem("key"), "a.key has no certificate a.crt beside it"),
    ],
)
async def test_damaged_key_is_reported_as_a_key_that_cannot_be_used(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    """It counts as unusable; the others are used all the same."""
    put(tmp_path / name, content)
    put(tmp_path / "good.json", manifest("good"))
    good, bad = await vault(tmp_path).key_secrets()
    assert good.fault is None
    assert bad.secret == Secret("", name, {})
    assert bad.fault is not None
    assert message in bad.fault.message


async def test_link_is_not_followed(tmp_path: Path) -> None:
    """A key is a file of this folder."""
    keys = tmp_path / "keys"
    keys.mkdir()
    put(tmp_path / "elsewhere.json", manifest("one"))
    (keys / "a.json").symlink_to("../elsewhere.json")
    (found,) = await vault(keys).key_secrets()
    assert found.fault is not None
    assert "a symbolic link is in the way" in found.fault.message


async def test_file_that_others_may_read_is_used_and_reported(tmp_path: Path, told: Told) -> None:
    """To stop all work would be worse than to say so."""
    put(tmp_path / "a.json", manifest("one")).chmod(0o644)
    assert await names(tmp_path) == ["one"]
    assert told() == ["a.json: others may read it (mode 0644): chmod 600"]


async def test_new_key_is_a_private_manifest(tmp_path: Path) -> None:
    """It has the name of its Secret, mode 0600, and is read back as the same key."""
    folder = tmp_path / "keys"
    pair = vectors.key_pair("rsa2048")
    secret = key_secret(pair, namespace="own", name="my-prefixabcde", labels={"a": "b"})
    created = await vault(folder).create_key_secret(secret, "my-prefix")
    (file,) = folder.iterdir()
    assert file.name == "my-prefixabcde.yaml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert created == KeySecret(secret, NOW.replace(microsecond=0))
    assert list(await vault(folder).key_secrets()) == [created]
    metadata = yaml.safe_load(file.read_text())["metadata"]
    assert metadata["labels"] == {"a": "b", LABEL: "active"}


async def test_name_that_is_taken_is_never_overwritten(tmp_path: Path) -> None:
    """Whoever comes second is told so, and looks again."""
    taken = put(tmp_path / "p-xxxxx.yaml", "precious")
    secret = key_secret(vectors.key_pair("rsa2048"), namespace="own", name="p-xxxxx")
    with pytest.raises(ChangedMeanwhileError, match=r"there is a file p-xxxxx\.yaml"):
        await vault(tmp_path).create_key_secret(secret, "p-")
    assert taken.read_text() == "precious"


@pytest.mark.parametrize("name", ["a-file", "missing/keys"])
async def test_folder_that_cannot_be_used_says_why(tmp_path: Path, name: str) -> None:
    """A file is no folder, and no folders are made above it: that is a typing error."""
    (tmp_path / "a-file").touch()
    keys = vault(tmp_path / name)
    secret = key_secret(vectors.key_pair("rsa2048"), namespace="own")
    with pytest.raises(RetryableError) as raised:
        await keys.create_key_secret(secret, "p")
    assert raised.value.message.startswith(f"{tmp_path / name}: ")
    assert listing(tmp_path) == ["a-file"]


async def test_missing_folder_holds_no_keys(tmp_path: Path) -> None:
    """The first start makes it."""
    assert list(await vault(tmp_path / "keys").key_secrets()) == []


DIGESTS = Secret("own", DIGEST_KEY, {"key": SecretBytes(bytes(32))}, type="Opaque")


async def test_digest_key_is_a_manifest_beside_the_keys(tmp_path: Path, told: Told) -> None:
    """Only we may read it, it counts as no sealing key, and nothing is said about it."""
    folder = tmp_path / "keys"
    assert await vault(folder).digest_key() is None
    assert await vault(folder).create_digest_key(DIGESTS) == DIGESTS
    (file,) = folder.iterdir()
    assert file.name == f"{DIGEST_KEY}.yaml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert await vault(folder).digest_key() == DIGESTS
    assert await names(folder) == []
    assert told() == []


async def test_digest_key_is_found_in_any_manifest(tmp_path: Path) -> None:
    """A restored file may hold all keys of a cluster."""
    put(tmp_path / "all.json", manifest("first") + json.dumps(DIGESTS.to_object()))
    assert await vault(tmp_path).digest_key() == DIGESTS
    assert await names(tmp_path) == ["first"]


async def test_digest_key_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    """Whoever comes second is told so, be it a file that cannot be read."""
    file = put(tmp_path / f"{DIGEST_KEY}.yaml", "a: [")
    assert await vault(tmp_path).digest_key() is None
    with pytest.raises(ChangedMeanwhileError):
        await vault(tmp_path).create_digest_key(DIGESTS)
    assert file.read_text() == "a: ["


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EROFS, TerminalError),
        (errno.EACCES, TerminalError),
        (errno.EPERM, TerminalError),
        (errno.ENOSPC, RetryableError),
    ],
)
async def test_digest_key_that_cannot_be_written_tells_whether_that_may_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception]
) -> None:
    """A folder that is not ours to write stays so; a full disk does not."""

    def refuse(*_arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Folder, "create", refuse)
    with pytest.raises(kind, match=os.strerror(number)):
        await vault(tmp_path).create_digest_key(DIGESTS)


async def test_every_change_of_the_folder_is_news(tmp_path: Path) -> None:
    """A file that comes, changes or goes; the first news come without any."""
    keys = vault(tmp_path)
    async with asyncio.timeout(30), aclosing(keys.changes()) as changes:
        await anext(changes)
        file = put(tmp_path / "a.json", manifest("one"))
        await anext(changes)
        assert await names(tmp_path) == ["one"]
        put(file, manifest("one", label="retired"))
        while await names(tmp_path):
            await anext(changes)
        put(file, manifest("two"))
        while await names(tmp_path) != ["two"]:
            await anext(changes)
        file.unlink()
        while await names(tmp_path):
            await anext(changes)


async def test_folder_that_has_gone_is_an_error_and_not_empty(tmp_path: Path) -> None:
    """What was unmounted comes back: no key is forgotten, and none is made meanwhile."""
    folder = tmp_path / "keys"
    keys = vault(folder)
    folder.mkdir()
    assert await keys.key_secrets() == []
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(RetryableError, match="the folder of the keys is gone"):
        await keys.key_secrets()
    (tmp_path / "elsewhere").rename(folder)
    assert await keys.key_secrets() == []


async def test_keys_are_published_by_the_store_and_reported_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """There is no API server to tell."""
    keys = vault(tmp_path)
    await keys.publish(b"pem")
    with caplog.at_level(logging.INFO):
        await keys.record("one", Event("Warning", "KeyUnusable", "empty"))
        await keys.record("two", Event("Normal", "Other", "fine"))
    assert listing(tmp_path) == []
    told = [(line.levelname, line.__dict__["sealer_fields"]["key"]) for line in caplog.records]
    assert told == [("WARNING", "one"), ("INFO", "two")]


async def test_controllers_that_start_at_once_on_one_folder_make_one_key(tmp_path: Path) -> None:
    """Ten with a key in hand: one is stored, beside one digest key, and all use it."""
    folder = tmp_path / "keys"
    together = asyncio.Barrier(10)

    class Together(DirectoryKeys):
        async def create_key_secret(self, secret: Secret, prefix: str) -> KeySecret:
            await together.wait()
            return await super().create_key_secret(secret, prefix)

    options = KeyStoreOptions("own", key=KeyOptions(bits=2048))
    stores = [KeyStore(Together(folder, namespace="own"), options) for _ in range(10)]
    await asyncio.gather(*(each.load() for each in stores))
    assert len({each.keyring.active.fingerprint for each in stores}) == 1
    (made,) = await names(folder)
    assert listing(folder) == [f"{DIGEST_KEY}.yaml", f"{made}.yaml"]


async def test_folder_that_somebody_else_makes_meanwhile_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was missing when we looked, and is there when we want to make it."""
    monkeypatch.setattr(Path, "exists", lambda _path: False)
    assert await vault(tmp_path).create_digest_key(DIGESTS) == DIGESTS


async def test_private_key_that_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    """Unless it is so young that somebody may be writing it, or its name is not one of ours."""
    left = tmp_path / ".sealer-0123456789abcdef"
    young, theirs = tmp_path / ".sealer-fedcba9876543210", tmp_path / ".sealer-notes"
    for file in (left, young, theirs):
        put(file, "private")
    for file in (left, theirs):
        os.utime(file, (0, 0))
    assert await names(tmp_path) == []
    assert listing(tmp_path) == [young.name, theirs.name]


async def test_file_whose_name_is_no_utf_8_stops_nothing(tmp_path: Path, told: Told) -> None:
    """It is reported under a name that can be written."""
    put(tmp_path / "one.json", manifest("one"))
    for name in (b"\xff.txt", b"\xff.key"):
        path = os.path.join(os.fsencode(tmp_path), name)  # noqa: PTH118 - a Path is text
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    assert await names(tmp_path) == ["one", "\\xff.key"]
    assert told() == ["\\xff.txt: no key: neither a manifest nor a pair NAME.key and NAME.crt"]


async def test_digest_key_whose_file_is_deleted_is_news_and_put_back(tmp_path: Path) -> None:
    """With the same bytes, so that a restart finds all as it was."""
    keys = vault(tmp_path)
    key = await load_digest_key(keys, "own")
    file = tmp_path / f"{DIGEST_KEY}.yaml"
    kept = file.read_bytes()
    async with asyncio.timeout(30), aclosing(keys.changes()) as changes:
        await anext(changes)
        file.unlink()
        await anext(changes)
    await keep_digest_key(keys, "own", key)
    assert file.read_bytes() == kept
