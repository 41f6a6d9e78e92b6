"""Opening objects on several threads: right, complete, counted, and never stuck."""

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from sealer.envelope import seal_value
from sealer.errors import (
    CorruptCiphertextError,
    ElsewhereError,
    EncodingError,
    ManifestError,
    ManyErrors,
    NoMatchingKeyError,
    SealerError,
    UnsealError,
)
from sealer.manifest import SealedSecret, Template
from sealer.rendered import Rendered
from sealer.scope import Identity, Scope
from sealer.sealing.hints import SEALING_KEYS, write_hints
from sealer.sensitive import SecretBytes
from sealer_controller.unsealer import Unsealer
from sealer_keys.fingerprint import Fingerprint
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


async def test_unseal_works_on_as_many_objects_as_there_are_workers() -> None:
    """None waits for a place behind another one, whose item may be waiting for a turn."""
    barrier = threading.Barrier(70, timeout=30)

    def render(entries: Mapping[str, str], _items: Mapping[str, SecretBytes]) -> Rendered:
        barrier.wait()
        return Rendered({key: SecretBytes(b"") for key in entries})

    sealed = stored(replace(seal(), template=Template(data={"t": ""})))
    with Unsealer(lambda: Keyring([OLD]), render=lambda _: render, workers=70) as unsealer:
        await asyncio.gather(*(unsealer.unseal(sealed) for _ in range(70)))


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
    with _unsealer(OLD, NEW, observer=observer, threads=1) as unsealer:
        for _ in range(2):
            await unsealer.unseal(sealed)
        more = stored(seal(secret({"a": b"1", "new": b"2"})))
        await unsealer.unseal(more)
        unsealer.forget(SHOP_DB)
        await unsealer.unseal(sealed)
    assert observer.used == [(2, 1), (2, 0), (2, 0), (2, 1)]


async def test_unseal_sees_keys_that_come_later() -> None:
    """The keys are asked for each time, so that a new one heals what it fits."""
    keyrings = [Keyring([NEW]), Keyring([NEW, OLD])]
    with Unsealer(lambda: keyrings.pop(0)) as unsealer:
        with pytest.raises(UnsealError):
            await unsealer.unseal(stored(seal()))
        assert (await unsealer.unseal(stored(seal()))).keys == {"k": OLD.fingerprint}


async def test_unseal_does_not_repeat_a_try_that_was_in_vain() -> None:
    """An object that does not open costs its tries once, until a key comes that was not tried."""
    observer, keys = Recorder(), [NEW]
    foreign = stored(seal())
    with Unsealer(lambda: Keyring(keys), observer=observer) as unsealer:
        for _ in range(3):
            with pytest.raises(UnsealError) as caught:
                await unsealer.unseal(foreign)
        assert caught.value.faults["k"].message.endswith("(1 tried)")
        keys.append(OLD)
        await unsealer.unseal(foreign)
    assert observer.used == [(0, 1), (0, 0), (0, 0), (1, 0)]


async def test_unseal_tries_first_what_the_object_notes() -> None:
    """With the hints that `sealer` writes, no try is in vain; wrong hints cost one and no more."""
    observer = Recorder()
    sealed = seal(secret({"a": b"1", "b": b"2"}))
    notes = {item: (text, OLD.fingerprint) for item, text in sealed.encrypted_data.items()}
    lies = {item: (text, NEW.fingerprint) for item, text in sealed.encrypted_data.items()}
    with _unsealer(OLD, NEW, observer=observer, threads=1) as unsealer:
        for hints in (notes, lies, lies):
            annotations = {SEALING_KEYS: write_hints(hints)}
            await unsealer.unseal(stored(replace(sealed, annotations=annotations)))
    assert observer.used == [(2, 0), (2, 2), (2, 0)]


async def test_unseal_tries_first_the_key_that_was_the_newest_when_the_object_was_made() -> None:
    """An old object in a cluster with a newer key opens at the first try."""
    observer = Recorder()
    assert OLD.certificate is not None
    assert NEW.certificate is not None
    old = replace(OLD, certificate=replace(OLD.certificate, not_before=NOW))
    new = replace(NEW, certificate=replace(NEW.certificate, not_before=NOW + timedelta(days=1)))
    with _unsealer(old, new, observer=observer) as unsealer:
        await unsealer.unseal(stored(seal(), created=NOW + timedelta(hours=1)))
    assert observer.used == [(1, 0)]


async def _explained(
    sealed: SealedSecret, *keys: KeyPair, observer: Recorder | None = None
) -> UnsealError:
    """Return the error of an object that does not open, explained."""
    object_ = stored(sealed)
    with _unsealer(*keys, observer=observer) as unsealer:
        with pytest.raises(UnsealError) as caught:
            await unsealer.unseal(object_)
        explained = await unsealer.explain(object_, caught.value)
        again = await unsealer.explain(object_, caught.value)
    assert [str(fault) for fault in again.faults.values()] == [
        str(fault) for fault in explained.faults.values()
    ]
    assert explained.message == caught.value.message
    return explained


@pytest.mark.parametrize(
    ("place", "template", "message"),
    [
        (
            Identity(Scope.STRICT, "team-a", "db"),
            Template(namespace="team-a", name="db"),
            "sealed for team-a/db, this object is team-b/db",
        ),
        (
            Identity(Scope.STRICT, "team-b", "old"),
            Template(name="old"),
            "sealed for team-b/old, this object is team-b/db",
        ),
        (
            Identity(Scope.NAMESPACE_WIDE, "team-b", ""),
            Template(),
            "sealed for namespace team-b (namespace-wide), this object is team-b/db (strict)",
        ),
        (
            Identity(Scope.CLUSTER_WIDE, "", ""),
            Template(),
            "sealed for any namespace (cluster-wide), this object is team-b/db (strict)",
        ),
    ],
)
async def test_explain_names_the_place_that_the_object_was_sealed_for(
    place: Identity, template: Template, message: str
) -> None:
    """What the template names, and wider scopes, are tried with the keys at hand."""
    text = seal_value(SecretBytes(b"x"), OLD.private_key.public_key(), place)
    sealed = SealedSecret("team-b", "db", {"k": text, "odd": "%"}, template)
    error = await _explained(sealed, OLD, NEW)
    fault = error.faults["k"]
    assert isinstance(fault, ElsewhereError)
    assert fault.message == message
    assert fault.tried == (NEW.fingerprint, OLD.fingerprint)
    assert fault.hint.endswith("seal the value anew")
    assert type(error.faults["odd"]) is EncodingError


async def test_explain_value_that_belongs_elsewhere_and_is_damaged_says_both() -> None:
    """To move it would not help."""
    sealed = replace(_damaged(seal()), name="other", template=Template(name="db"))
    fault = (await _explained(sealed)).faults["k"]
    assert type(fault) is CorruptCiphertextError
    assert fault.message == "sealed for shop/db, this object is shop/other; and it is damaged"


async def test_explain_value_of_a_foreign_key_stays_what_it_is_in_bounds() -> None:
    """One key, four other places: four tries for each of twenty items at most, and never again."""
    observer = Recorder()
    sealed = seal(secret({f"k{at:02}": b"x" for at in range(30)}), key="stranger")
    sealed = replace(sealed, template=Template(namespace="elsewhere"))
    error = await _explained(sealed, observer=observer)
    assert all(type(fault) is NoMatchingKeyError for fault in error.faults.values())
    # A few of the values are above the modulus, which shows without an operation.
    (_, first), (_, explaining), again = observer.used
    assert (0 < first <= 30, 0 < explaining <= 20 * 4, again) == (True, True, (0, 0))


async def test_explain_takes_a_bounded_number_of_tries_however_many_keys_there_are() -> None:
    """The more keys, the fewer items are looked at."""
    observer = Recorder()
    sealed = seal(secret({f"k{at:02}": b"x" for at in range(5)}), key="rsa3072")
    sealed = replace(sealed, name="elsewhere", template=Template())
    many = [_counterfeit(vectors.key_pair("rsa3072"), at) for at in range(60)]
    await _explained(sealed, *many, observer=observer)
    (_, first), (_, explaining), _ = observer.used
    assert first == 5 * 60
    assert 0 < explaining <= 240


def _counterfeit(pair: KeyPair, at: int) -> KeyPair:
    """Return the same key under another fingerprint: it opens the same and counts as another."""
    assert pair.certificate is not None
    name = Fingerprint(f"SHA256:{at:043}")
    return replace(pair, certificate=replace(pair.certificate, fingerprint=name))


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
        (_with_template(TWO), (2, 1)),
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
    with _unsealer(*keys, observer=observer, threads=1) as unsealer, pytest.raises(UnsealError):
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


async def test_unseal_in_a_hurry_stops_at_the_first_item_that_no_key_opens() -> None:
    """That it does not open is known then; which items do not is for when there is time."""
    observer = Recorder()
    object_ = stored(replace(seal(secret({f"k{at}": b"x" for at in range(9)})), name="other"))
    with _unsealer(threads=1, observer=observer) as unsealer:
        with pytest.raises(UnsealError):
            await unsealer.unseal(object_, hurried=True)
        with pytest.raises(UnsealError) as caught:
            await unsealer.unseal(object_)
    assert len(caught.value.faults) == 9
    assert observer.used == [(0, 1), (0, 8)]


async def test_unseal_object_of_many_items_searches_for_its_key_once() -> None:
    """Items of one object mostly share a key: side by side each would search for it."""
    observer = Recorder()
    newer = [_counterfeit(NEW, at) for at in range(9)]
    object_ = stored(seal(secret({f"k{at}": b"x" for at in range(6)})))
    with _unsealer(OLD, *newer, threads=4, observer=observer) as unsealer:
        await unsealer.unseal(object_)
    assert observer.used == [(6, 9)]


async def test_unseal_in_a_hurry_looks_at_one_item_alone() -> None:
    """Where its likely keys do not open it, they open the others hardly ever."""
    observer = Recorder()
    newer = [_counterfeit(NEW, at) for at in range(9)]
    object_ = stored(seal(secret({f"k{at}": b"x" for at in range(6)})))
    unsealer = _unsealer(OLD, *newer, threads=4, observer=observer)
    with unsealer, pytest.raises(UnsealError):
        await unsealer.unseal(object_, hurried=True)
    assert observer.used == [(0, 2)]


async def test_unseal_in_a_hurry_tries_the_likely_keys_alone() -> None:
    """With many keys an object that needs an old one waits, and others do not wait for it."""
    observer = Recorder()
    old = replace(vectors.key_pair("rsa3072"), order_time=NOW)
    others = [_counterfeit(old, at) for at in range(5)]
    object_ = stored(replace(seal(key="rsa3072"), name="other"))
    with _unsealer(old, *others, observer=observer) as unsealer:
        for hurried in (True, True, False, False):
            with pytest.raises(UnsealError) as caught:
                await unsealer.unseal(object_, hurried=hurried)
            assert caught.value.faults["k"].message.endswith("(6 tried)")
    assert observer.used == [(0, 2), (0, 2), (0, 2), (0, 0)]


async def test_unseal_without_hurry_goes_on_where_the_hurry_ended() -> None:
    """An object that needs an old key opens then, and no try was in vain twice."""
    observer = Recorder()
    newer = [_counterfeit(NEW, at) for at in range(3)]
    object_ = stored(seal())
    with _unsealer(OLD, *newer, observer=observer) as unsealer:
        with pytest.raises(UnsealError):
            await unsealer.unseal(object_, hurried=True)
        assert (await unsealer.unseal(object_)).keys == {"k": OLD.fingerprint}
    assert observer.used == [(0, 2), (1, 1)]


async def test_unseal_in_a_hurry_tells_all_faults_that_no_key_can_cure() -> None:
    """They cost no time: nothing is postponed for them, so nothing may be missing."""
    items = {"a": "%", "b": "AgA=", "c": seal().encrypted_data["k"], "d": "%%"}
    object_ = stored(SealedSecret("shop", "db", items))
    with _unsealer() as unsealer, pytest.raises(UnsealError) as caught:
        await unsealer.unseal(object_, hurried=True)
    assert sorted(caught.value.faults) == ["a", "b", "d"]


async def test_unseal_object_of_many_items_delays_no_other() -> None:
    """One item waits for one item, not for a thousand."""
    uses: list[str] = []
    begun, loop = asyncio.Event(), asyncio.get_running_loop()
    many = stored(seal(secret({f"k{at:03}": b"x" for at in range(200)})))
    few = stored(seal(secret(name="few")))

    def use(name: str) -> KeyPair:
        def hook() -> None:
            uses.append(name)
            loop.call_soon_threadsafe(begun.set)

        return with_hook(hook)

    keyrings = [Keyring([use("many")]), Keyring([use("few")])]
    with Unsealer(lambda: keyrings.pop(0), threads=1) as unsealer:
        long = asyncio.create_task(unsealer.unseal(many))
        await begun.wait()
        await unsealer.unseal(few)
        assert not long.done()
        assert len((await long).keys) == 200
    assert uses.index("few") < 150


async def test_unseal_that_takes_long_counts_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks at metrics and health sees that something happens."""
    monkeypatch.setattr("sealer_controller.unsealer._COUNTING_SECONDS", 0.01)
    seen, uses = threading.Event(), list[int]()

    class Watcher(Recorder):
        def keys_used(self, opened: int, not_opened: int) -> None:
            super().keys_used(opened, not_opened)
            if opened:
                seen.set()

    def hook() -> None:
        uses.append(1)
        assert len(uses) == 1 or seen.wait(30)

    observer = Watcher()
    with _unsealer(with_hook(hook), threads=1, observer=observer) as unsealer:
        await unsealer.unseal(stored(seal(secret({"a": b"1", "b": b"2", "c": b"3"}))))
    assert sum(opened for opened, _ in observer.used) == 3
    assert len([used for used in observer.used if used != (0, 0)]) > 1


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

    join = threading.Thread.join

    def leave(self: threading.Thread, timeout: float | None = None) -> None:
        leaving.set()
        join(self, timeout)

    monkeypatch.setattr(threading.Thread, "join", leave)
    with _unsealer(with_hook(hook), threads=1) as unsealer:
        items = {f"k{at}": b"x" for at in range(5)}
        opening = asyncio.create_task(unsealer.unseal(stored(seal(secret(items)))))
        await begun.wait()
    with pytest.raises(RuntimeError, match="closed"):
        await opening
    assert uses == [1]
