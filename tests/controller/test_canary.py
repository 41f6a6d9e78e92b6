"""No plaintext leaves by another way than the Secret itself, whatever happens on the way.

A marked value goes through every path of a reconcile on an API server. Afterwards it is looked for,
in the clear and in base64, in everything that anybody can read: log records of all packages, at
every level, standard output and error, Events, statuses, results, and the errors themselves.
"""

import base64
import json
import logging
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import pytest

from sealer.envelope import seal_value
from sealer.manifest import SealedSecret, Secret, Template
from sealer.sensitive import SecretBytes
from sealer_controller import reconcile
from sealer_controller.drift import Stamp
from sealer_controller.kube.access import Access
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.store import KubeStore
from sealer_controller.kube.types import secret_body
from sealer_controller.marks import RECREATE_ANNOTATION, RESTART_ANNOTATION
from sealer_controller.objects import Upserted
from sealer_controller.outcome import Reason, Result
from sealer_controller.plan import plan
from sealer_controller.reconcile import Reconciler
from sealer_controller.rendering import Rendering
from sealer_controller.restart import Restarter
from sealer_controller.unsealer import Unsealer
from sealer_keys.keyring import Keyring
from tests.controller.memory import seal, secret, stored
from tests.controller.watching import Recorder
from tests.fake.faults import Answer, Cut, CutAfter, Denied, Page
from tests.fake.kinds import BY_PATH, KINDS, NAMESPACES, SEALED_SECRETS, SECRETS
from tests.fake.server import FakeApi
from tests.support import vectors

CANARY = b"canary-5f1d7c-tweet"
KEY = vectors.key_pair("rsa2048")
_DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment"}
MANAGED = {"sealedsecrets.bitnami.com/managed": "true"}
PATCH = {"sealedsecrets.bitnami.com/patch": "true"}


@dataclass
class Rig:
    """A reconciler on a fake API server."""

    api: FakeApi
    store: KubeStore
    reconciler: Reconciler

    async def reconcile(self, sealed: SealedSecret, times: int = 1) -> Result:
        """Create the SealedSecret and reconcile it as the store reports it; return the result."""
        manifest: dict[str, Any] = sealed.to_object()
        if sealed.legacy_data is not None:
            manifest["spec"]["data"] = sealed.legacy_data
        self.api.store.create(SEALED_SECRETS, manifest, "shop")
        async with aclosing(self.store.changes()) as changes:
            change = await anext(changes)
        assert isinstance(change, Upserted)
        for _ in range(times):
            result = await self.reconciler.reconcile(change.stored)
        return result

    def put(self, plain: Secret) -> None:
        """Let there be a Secret."""
        self.api.store.create(SECRETS, secret_body(plain), "shop")

    def run(self, container: dict[str, Any]) -> None:
        """Put a Deployment with this container there."""
        template = {"spec": {"containers": [container]}}
        manifest = {"metadata": {"name": "web"}, "spec": {"template": template}}
        deployments = BY_PATH["apps", "v1", "deployments"]
        self.api.store.create(deployments, manifest | _DEPLOYMENT, "shop")

    def fail(self, act: Any, resource: str, verb: str = "", times: int = -1) -> None:  # noqa: ANN401 - a fault
        """Let requests fail."""
        self.api.faults.add(act, resource=resource, verb=verb, times=times)


@pytest.fixture
async def rig(fake_api: FakeApi) -> AsyncIterator[Rig]:
    """A rig with one key."""
    fake_api.store.create(NAMESPACES, {"metadata": {"name": "shop"}})
    async with KubeClient(Access(fake_api.url)) as client:
        render = Rendering(lambda: bytes(32))
        with Unsealer(lambda: Keyring([KEY]), render=render, observer=Recorder()) as unsealer:
            store = KubeStore(client)
            restarter = Restarter(store, store.workloads, lambda: bytes(32))
            reconciler = Reconciler(store, unsealer, lambda: bytes(32), restarter=restarter)
            yield Rig(fake_api, store, reconciler)


def _sealed(**fields: Any) -> SealedSecret:  # noqa: ANN401 - of the Secret
    return seal(replace(secret({"k": CANARY, "other": CANARY[::-1] + CANARY}), **fields))


def _annotated(name: str, text: str) -> SealedSecret:
    sealed = _sealed()
    return replace(sealed, annotations={**sealed.annotations, name: text})


def _recreating() -> SealedSecret:
    return _annotated(RECREATE_ANNOTATION, "true")


def _refusing_successors(rig: Rig) -> None:
    """Let a Secret be deleted and none be created in its place, though the trial goes well."""
    rig.put(secret({"k": CANARY}, immutable=True, annotations=MANAGED))
    for trials in (1, 3):  # one, what is put back, and another one
        rig.api.faults.add(Answer(400), verb="create", resource="secrets", skip=trials)


def _v1() -> SealedSecret:
    assert KEY.certificate is not None
    text = seal_value(
        SecretBytes(json.dumps({"data": {"k": [CANARY.decode()]}, "x": CANARY.decode()}).encode()),
        KEY.certificate.public_key,
        _sealed().identity,
    )
    return SealedSecret("shop", "db", {}, legacy_data=text)


def _damaged() -> SealedSecret:
    sealed = _sealed()
    text = sealed.encrypted_data["k"]
    spoilt = text[:-8] + ("A" if text[-8] != "A" else "B") + text[-7:]
    return replace(sealed, encrypted_data={**sealed.encrypted_data, "k": spoilt})


def _templated(text: str = "{{ .k }}") -> SealedSecret:
    sealed = _sealed()
    return replace(sealed, template=Template(data={"t": text}))


_FIELD = {"reason": "FieldValueInvalid", "field": "data[k]", "message": CANARY.decode()}


def _quoting(*causes: dict[str, str], code: int = 422) -> Answer:
    """Return what a policy answers that quotes a value as it stands in the Secret."""
    words = f"refused: {base64.b64encode(CANARY).decode()}, {CANARY.decode()}"
    return Answer(code, "Invalid", words, causes=causes)


def _quoting_what_was(rig: Rig) -> None:
    """Let there be a Secret that has to be made anew, and a policy that forbids to delete it."""
    rig.put(secret({"k": CANARY}, immutable=True, annotations=MANAGED))
    rig.fail(_quoting(code=403), "secrets", "delete")


PATHS: dict[str, tuple[Callable[[Rig], object], Callable[[], SealedSecret], Reason]] = {
    "created": (lambda _: None, _sealed, Reason.UNSEALED),
    "managed": (lambda rig: rig.put(secret(annotations=MANAGED)), _sealed, Reason.UNSEALED),
    "patched": (lambda rig: rig.put(secret(annotations=PATCH)), _sealed, Reason.UNSEALED),
    "foreign": (lambda rig: rig.put(secret({"k": CANARY})), _sealed, Reason.NOT_MANAGED),
    "immutable": (
        lambda rig: rig.put(secret({"k": CANARY}, immutable=True, annotations=MANAGED)),
        _sealed,
        Reason.IMMUTABLE,
    ),
    "other-type": (
        lambda rig: rig.put(secret({"k": CANARY}, type="example.com/t", annotations=MANAGED)),
        _sealed,
        Reason.IMMUTABLE,
    ),
    "anew": (
        lambda rig: rig.put(secret({"k": CANARY}, immutable=True, annotations=MANAGED)),
        _recreating,
        Reason.UNSEALED,
    ),
    "restarted": (
        lambda rig: rig.run({"envFrom": [{"secretRef": {"name": "db"}}]}),
        lambda: _annotated(RESTART_ANNOTATION, "auto"),
        Reason.UNSEALED,
    ),
    "not-restarted": (
        lambda rig: rig.fail(Denied(), "deployments"),
        lambda: _annotated(RESTART_ANNOTATION, "auto"),
        Reason.UNSEALED,
    ),
    "put-back": (
        _refusing_successors,
        _recreating,
        Reason.INVALID,
    ),
    "invalid-type": (lambda _: None, lambda: _sealed(type="kubernetes.io/tls"), Reason.INVALID),
    "invalid-json": (
        lambda _: None,
        lambda: seal(secret({".dockerconfigjson": CANARY}, type="kubernetes.io/dockerconfigjson")),
        Reason.INVALID,
    ),
    "too-long": (
        lambda _: None,
        lambda: seal(secret({"k": CANARY * 60_000})),
        Reason.INVALID,
    ),
    "too-large": (
        lambda _: None,
        lambda: seal(secret({"k": CANARY * 110_000, "l": CANARY * 50_000})),
        Reason.INVALID,
    ),
    "one-bad-item": (
        lambda _: None,
        lambda: replace(_sealed(), encrypted_data={**_sealed().encrypted_data, "bad": "%"}),
        Reason.MALFORMED,
    ),
    "damaged": (lambda _: None, _damaged, Reason.MALFORMED),
    "v1-without-a-secret": (lambda _: None, _v1, Reason.MALFORMED),
    "wrong-name": (
        lambda _: None,
        lambda: replace(_sealed(), name="other"),
        Reason.NO_MATCHING_KEY,
    ),
    "wrong-name-and-damaged": (
        lambda _: None,
        lambda: replace(_damaged(), name="other"),
        Reason.MALFORMED,
    ),
    "template": (lambda _: None, _templated, Reason.UNSEALED),
    "template-that-fails-with-a-value": (
        lambda _: None,
        lambda: _templated("{{ fail .k }}"),
        Reason.TEMPLATE_ERROR,
    ),
    "template-of-a-wrong-type": (
        lambda _: None,
        lambda: _templated("{{ index .k .other }}"),
        Reason.TEMPLATE_ERROR,
    ),
    "template-too-long": (
        lambda _: None,
        lambda: _templated("{{ repeat 100000000 .k }}"),
        Reason.TEMPLATE_ERROR,
    ),
    "policy-that-quotes": (
        lambda rig: rig.fail(_quoting({"message": "x"}), "secrets", "create"),
        _sealed,
        Reason.API_ERROR,
    ),
    "webhook-that-quotes": (
        lambda rig: rig.fail(_quoting(_FIELD), "secrets", "create"),
        _sealed,
        Reason.INVALID,
    ),
    "server-that-quotes": (
        lambda rig: rig.fail(_quoting(code=500), "secrets", "create"),
        _sealed,
        Reason.API_ERROR,
    ),
    "policy-that-quotes-what-was": (
        _quoting_what_was,
        _recreating,
        Reason.IMMUTABLE,
    ),
    "read-denied": (lambda rig: rig.fail(Denied(), "secrets"), _sealed, Reason.API_ERROR),
    "conflict": (
        lambda rig: rig.fail(Answer(409, "AlreadyExists"), "secrets", "create"),
        _sealed,
        Reason.API_ERROR,
    ),
    "busy": (
        lambda rig: rig.fail(Answer(429, "TooManyRequests", retry_after=1), "secrets", "create"),
        _sealed,
        Reason.API_ERROR,
    ),
    "broken": (lambda rig: rig.fail(Answer(500), "secrets", "create"), _sealed, Reason.API_ERROR),
    "cut": (lambda rig: rig.fail(Cut(), "secrets", "create"), _sealed, Reason.API_ERROR),
    "cut-after": (
        lambda rig: rig.fail(CutAfter(), "secrets", "create"),
        _sealed,
        Reason.API_ERROR,
    ),
    "proxy-page": (lambda rig: rig.fail(Page(502), "secrets", "create"), _sealed, Reason.API_ERROR),
    "no-status": (
        lambda rig: rig.fail(Denied(), "sealedsecrets/status"),
        _sealed,
        Reason.UNSEALED,
    ),
    "no-event": (lambda rig: rig.fail(Denied(), "events"), _sealed, Reason.UNSEALED),
}


@pytest.mark.parametrize("path", PATHS)
async def test_canary_stays_in_the_secret(
    rig: Rig,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    path: str,
) -> None:
    """On every path, success or not, the value is in the Secret or nowhere."""
    prepare, sealed, reason = PATHS[path]
    prepare(rig)
    with caplog.at_level(logging.DEBUG):
        result = await rig.reconcile(sealed(), times=2)
    if path != "cut-after":  # the first time fails, the second finds what the first has done
        assert result.reason is reason
    _assert_clean(rig, caplog, capfd.readouterr(), repr(result))


async def test_canary_stays_out_of_what_a_fault_of_ours_tells(
    rig: Rig,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An unforeseen error whose text holds the value is told without its text."""

    def stumble(*_arguments: object) -> None:
        raise ValueError(CANARY)

    monkeypatch.setattr(reconcile, "plan", stumble)
    with caplog.at_level(logging.DEBUG):
        result = await rig.reconcile(_sealed())
    assert result.reason is Reason.INTERNAL_ERROR
    _assert_clean(rig, caplog, capfd.readouterr(), repr(result))


async def test_canary_stays_out_of_errors_and_reprs(rig: Rig) -> None:
    """Neither values, plans nor errors with all their causes show it when printed."""
    render = Rendering(lambda: bytes(32))
    with Unsealer(lambda: Keyring([KEY]), render=render) as unsealer:
        opened = await unsealer.unseal(stored(_sealed()))
        refused: list[str] = []
        for sealed in (
            _damaged(),
            _v1(),
            _templated("{{ fail .k }}"),
            replace(_sealed(), name="other"),
        ):
            refused += await _printed(unsealer.unseal(stored(sealed)))
    existing = await rig.store.create_secret(opened.secret)
    refused += await _printed(rig.store.create_secret(opened.secret))
    refused += await _printed(
        rig.store.replace_secret(existing, replace(opened.secret, type="kubernetes.io/tls"))
    )
    assert len(refused) == 6
    stamp = Stamp(bytes(32), stored())
    owned = replace(existing, secret=_owned(existing.secret))
    replacing = plan(stored(), opened.secret, owned, stamp)
    creating = plan(stored(), opened.secret, None, stamp)
    _assert_absent("\n".join((*refused, f"{opened} {existing!r} {replacing} {creating!r}")))


def _owned(plain: Secret) -> Secret:
    return replace(plain, annotations=MANAGED, data={"old": SecretBytes(CANARY)})


async def _printed(call: Any) -> list[str]:  # noqa: ANN401 - any coroutine
    try:
        await call
    except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
        return ["".join(traceback.format_exception(error)) + repr(error)]
    return []


def _assert_clean(
    rig: Rig, caplog: pytest.LogCaptureFixture, output: tuple[str, str], results: str
) -> None:
    told = [
        obj
        for kind in KINDS
        if kind is not SECRETS
        for obj in rig.api.store.select(kind, lambda _: True)
    ]
    assert caplog.records
    lines = [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
    calls = [f"{call}" for call in rig.api.calls]
    _assert_absent("\n".join((json.dumps(told), results, caplog.text, *lines, *calls, *output)))


def _assert_absent(text: str) -> None:
    for at in range(3):  # base64 of a part depends on where in the whole it begins
        encoded = base64.b64encode(b"x" * at + CANARY).decode()[4:-4]
        assert encoded not in text
    assert CANARY.decode() not in text
