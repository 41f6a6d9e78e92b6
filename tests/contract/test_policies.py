"""What an admission policy refuses is told from what the API server refuses, on the real one."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sealer.errors import TerminalError
from sealer_controller.errors import RejectedByStoreError
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.errors import ForbiddenError, InvalidError
from sealer_controller.kube.store import KubeStore
from sealer_controller.objects import Key
from sealer_controller.outcome import Reason, Retry
from sealer_controller.reconcile import Reconciler
from sealer_controller.unsealer import Unsealer
from sealer_keys.keyring import Keyring
from tests.contract.api import Api
from tests.controller.memory import seal, secret
from tests.support import vectors

pytestmark = pytest.mark.cluster

_GROUP = "/apis/admissionregistration.k8s.io/v1/"
_RULE = {
    "apiGroups": [""],
    "apiVersions": ["v1"],
    "operations": ["CREATE"],
    "resources": ["secrets"],
}
VALUE = b"c4n4ry-v4lue"
QUOTING = "'refused: ' + (has(object.data) ? string(object.data['k']) : '')"


@asynccontextmanager
async def _refusing(api: Api, **validation: str) -> AsyncIterator[str]:
    """Refuse every Secret of the namespace by a policy, from when that works until the end."""
    name = f"no-{api.namespace}"
    label = {"kubernetes.io/metadata.name": api.namespace}
    spec = {
        "matchConstraints": {
            "resourceRules": [_RULE],
            "namespaceSelector": {"matchLabels": label},
        },
        "validations": [{"expression": "false", **validation}],
    }
    binding = {"policyName": name, "validationActions": ["Deny"]}
    kinds = {"validatingadmissionpolicies": spec, "validatingadmissionpolicybindings": binding}
    for kind, each in kinds.items():
        body = {"metadata": {"name": name}, "spec": each}
        assert (await api.raw("POST", _GROUP + kind, body))[0] == 201
    try:
        await _until(api, lambda status: status != 201)
        yield name
    finally:
        for kind in kinds:
            await api.raw("DELETE", f"{_GROUP}{kind}/{name}")


async def _until(api: Api, condition: Callable[[int], bool]) -> None:
    """Wait until a Secret would be answered to in that way: policies work with a delay."""
    trial: dict[str, Any] = {"metadata": {"name": "trial"}, "data": {"k": ""}}
    async with asyncio.timeout(60):
        # Nobody tells when a policy begins or ends to work.
        path = f"{api.secrets_path}?dryRun=All"
        while not condition((await api.raw("POST", path, trial))[0]):  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.2)


def _writes(api: Api, client: KubeClient) -> list[Callable[[], Awaitable[object]]]:
    store, plain = KubeStore(client), secret({"k": VALUE}, namespace=api.namespace)
    return [lambda: store.dry_run_create(plain), lambda: store.create_secret(plain)]


@pytest.mark.parametrize(
    ("validation", "error"),
    [({}, InvalidError), ({"reason": "Forbidden", "message": "not here"}, ForbiddenError)],
)
async def test_policy_is_no_fault_of_the_secret_and_ends(
    real_api: Api, validation: dict[str, str], error: type[TerminalError]
) -> None:
    """Whichever status it answers with, 422 unless it says otherwise; without it all is well."""
    writes = _writes(real_api, real_api.client)
    async with _refusing(real_api, **validation) as name:
        for write in writes:
            with pytest.raises(error, match=f"ValidatingAdmissionPolicy '{name}'"):
                await write()
    await _until(real_api, lambda status: status == 201)
    for write in writes:
        await write()


async def test_policy_that_quotes_a_value_is_not_quoted(real_api: Api) -> None:
    """Its words may hold what it sees, and it sees the Secret."""
    async with _refusing(real_api, messageExpression=QUOTING):
        status, answer = await real_api.raw(
            "POST",
            real_api.secrets_path,
            {"metadata": {"name": "x"}, "data": {"k": b64encode(VALUE).decode()}},
        )
        assert (status, b64encode(VALUE).decode() in answer["message"]) == (422, True)
        for write in _writes(real_api, real_api.client):
            with pytest.raises(InvalidError, match="answers 422; its words hold a value"):
                await write()


async def test_object_that_a_policy_refuses_is_tried_again_and_heals(real_api: Api) -> None:
    """It is told as what may pass, without the value, and another try after the policy works."""
    sealed = seal(secret({"k": VALUE}, namespace=real_api.namespace))
    await real_api.raw("POST", real_api.sealed_path, sealed.to_object())
    key = Key(real_api.namespace, sealed.name)
    store = KubeStore(real_api.client)
    with Unsealer(lambda: Keyring([vectors.key_pair("rsa2048")])) as unsealer:
        reconciler = Reconciler(store, unsealer, lambda: bytes(32))
        async with _refusing(real_api, messageExpression=QUOTING):
            stored = await store.read_sealed_secret(key)
            assert stored is not None
            result = await reconciler.reconcile(stored)
            assert (result.reason, result.retry) == (Reason.API_ERROR, Retry())
            told = await real_api.raw("GET", f"{real_api.sealed_path}/{sealed.name}")
            assert [each["type"] for each in told[1]["status"]["conditions"]] == [
                "Synced",
                "Reconciling",
            ]
            assert "its words hold a value" in str(told)
            assert b64encode(VALUE).decode() not in str(told)
        await _until(real_api, lambda status: status == 201)
        stored = await store.read_sealed_secret(key)
        assert stored is not None
        assert (await reconciler.reconcile(stored)).reason is Reason.UNSEALED


async def test_refusal_of_the_server_itself_names_the_fields(real_api: Api) -> None:
    """What our own checks have missed is found by the API server."""
    plain = secret({"a b": VALUE}, namespace=real_api.namespace)
    with pytest.raises(RejectedByStoreError, match="valid config key"):
        await KubeStore(real_api.client).create_secret(plain)
