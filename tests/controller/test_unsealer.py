"""Opening objects on several threads: right, complete, counted, and never stuck."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from sealer.errors import ManifestError, ManyErrors, SealerError, UnsealError
from sealer.manifest import SealedSecret, Template
from sealer_controller.unsealer import Unsealer
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair
from tests.controller.memory import NOW, SHOP_DB, seal, secret, stored
from tests.controller.watching import Recorder, with_hook
from tests.support import vectors

OLD = replace(vectors.key_pair("rsa2048"), order_time=NOW)
NEW = replace(vectors.key_pair("stranger"), order_time=NOW + timedelta(days=1))


def _unsealer(*keys: KeyPair, threads: int = 2, observer: Recorder | None = None) -> Unsealer:
    keyring = Keyring(keys or [OLD])
    return Unsealer(lambda: keyring, threads=threads, observer=observer)


@pytest.mark.parametrize("threads", [1, 2, 8])
async def test_unseal_many_objects_on_few_threads_opens_all(threads: int) -> None:
    """More objects with more items than there are threads: each opens whole, and none waits."""
    plain = [
        secret({f"k{item}": f"{at} {item}".encode() for item in range(7)}, name=f"db-{at}")
        for at in range(10)
    ]
    with _unsealer(threads=threads) as unsealer:
        async with asyncio.timeout(60):
            opened = await asyncio.gather(*(unsealer.unseal(stored(seal(p))) for p in plain))
    assert [unsealed.secret.data for unsealed in opened] == [each.data for each in plain]


async def test_unseal_items_of_one_object_run_in_parallel() -> None:
    """Two items meet in two threads: neither could pass the barrier alone."""
    barrier = threading.Barrier(2, timeout=30)
    with _unsealer(with_hook(barrier.wait)) as unsealer:
        await unsealer.unseal(stored(seal(secret({"a": b"1", "b": b"2"}))))


async def test_unseal_does_not_block_the_event_loop() -> None:
    """While a key is being used, other tasks go on: one of them ends the use."""
    begun, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hook() -> None:
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(30)

    with _unsealer(with_hook(hook)) as unsealer:
        opening = asyncio.create_task(unsealer.unseal(stored(seal())))
        await begun.wait()
        go_on.set()
        assert (await opening).secret.data["k"].reveal() == b"value"


async def test_unseal_tries_the_key_that_opened_it_before() -> None:
    """The first time costs a try of the newer key, the second time none."""
    observer = Recorder()
    sealed = stored(seal(secret({"a": b"1", "b": b"2"})))
    with _unsealer(OLD, NEW, observer=observer) as unsealer:
        for _ in range(2):
            await unsealer.unseal(sealed)
        more = stored(seal(secret({"a": b"1", "new": b"2"})))
        await unsealer.unseal(more)
        unsealer.forget(SHOP_DB)
        await unsealer.unseal(sealed)
    assert observer.used == [(2, 2), (2, 0), (2, 0), (2, 2)]


async def test_unseal_sees_keys_that_come_later() -> None:
    """The keys are asked for each time, so that a new one heals what it fits."""
    keyrings = [Keyring([NEW]), Keyring([NEW, OLD])]
    with Unsealer(lambda: keyrings.pop(0)) as unsealer:
        with pytest.raises(UnsealError):
            await unsealer.unseal(stored(seal()))
        assert (await unsealer.unseal(stored(seal()))).keys == {"k": OLD.fingerprint}


def _v1() -> SealedSecret:
    case = next(case for case in vectors.objects() if case.name == "v1-data")
    spec = vectors.load_manifest(case.folder / "sealed.yaml")["spec"]
    return SealedSecret("shop", "legacy", {}, legacy_data=spec["data"])


def _damaged(sealed: SealedSecret) -> SealedSecret:
    text = sealed.encrypted_data["k"]
    flipped = text[:-8] + ("A" if text[-8] != "A" else "B") + text[-7:]
    return replace(sealed, encrypted_data={**sealed.encrypted_data, "k": flipped})


def _with_template(sealed: SealedSecret) -> SealedSecret:
    return replace(sealed, template=Template(data={"t": "x"}))


TWO = seal(secret({"k": b"1", "l": b"2"}))


@pytest.mark.parametrize(
    ("sealed", "used"),
    [
        (replace(TWO, namespace="elsewhere"), (0, 4)),
        (_damaged(TWO), (2, 2)),
        (_with_template(TWO), (2, 2)),
        (replace(TWO, encrypted_data={"k": "AgA=", "l": "%"}), (0, 0)),
        (replace(TWO, encrypted_data={"k": TWO.encrypted_data["k"], "l": "%"}), (1, 1)),
        (replace(TWO, legacy_data="AgA="), (0, 0)),
        (replace(_v1(), name="other"), (0, 1)),
        (SealedSecret("shop", "db", {}, Template(data={"t": "x"})), (0, 0)),
    ],
    ids=["foreign", "damaged", "template", "no-values", "one-bad", "both", "v1", "no-items"],
)
async def test_unseal_refused_object_is_counted_by_what_its_keys_did(
    sealed: SealedSecret, used: tuple[int, int]
) -> None:
    """Each use of a private key is counted once, as opened or not, also when all was in vain."""
    observer = Recorder()
    keys = [vectors.key_pair("peer-a")] if sealed.name == "other" else [OLD, NEW]
    with _unsealer(*keys, observer=observer) as unsealer, pytest.raises(UnsealError):
        await unsealer.unseal(stored(sealed))
    assert observer.used == [used]


async def test_unseal_v1_object_opens_and_is_counted() -> None:
    """The old format is one value for the whole Secret."""
    observer = Recorder()
    with _unsealer(vectors.key_pair("peer-a"), observer=observer) as unsealer:
        unsealed = await unsealer.unseal(stored(_v1()))
    assert sorted(unsealed.secret.data) == ["k", "l"]
    assert observer.used == [(1, 0)]


async def test_unseal_v1_object_is_refused_where_the_format_is_off() -> None:
    """The switch of the original is obeyed."""
    unsealer = Unsealer(lambda: Keyring([OLD]), accept_v1=False)
    with unsealer, pytest.raises(UnsealError, match="deprecated"):
        await unsealer.unseal(stored(_v1()))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (ManifestError("spec must be a mapping", hint="mend it"), "spec must be a mapping"),
        (ManyErrors([ManifestError("one"), ManifestError("two")]), "one; two"),
    ],
)
async def test_unseal_object_that_cannot_be_read_is_refused(
    fault: SealerError, message: str
) -> None:
    """What the store could not read does not reach a key; all its faults are told."""
    observer = Recorder()
    with _unsealer(observer=observer) as unsealer, pytest.raises(UnsealError) as caught:
        await unsealer.unseal(stored(fault=fault))
    assert (caught.value.message, caught.value.hint) == (message, fault.hint)
    assert observer.used == []


async def test_unsealer_left_finishes_the_item_in_hand_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An object of ten thousand items cannot hold up the end."""
    begun, leaving = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    uses: list[int] = []

    def hook() -> None:
        uses.append(1)
        loop.call_soon_threadsafe(begun.set)
        assert leaving.wait(30)

    shutdown = ThreadPoolExecutor.shutdown

    def leave(self: ThreadPoolExecutor, **options: bool) -> None:
        leaving.set()
        shutdown(self, **options)

    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", leave)
    with _unsealer(with_hook(hook), threads=1) as unsealer:
        items = {f"k{at}": b"x" for at in range(5)}
        opening = asyncio.create_task(unsealer.unseal(stored(seal(secret(items)))))
        await begun.wait()
    with pytest.raises(RuntimeError, match="closed"):
        await opening
    assert uses == [1]
