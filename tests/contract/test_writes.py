"""How the API server takes writes: names, versions, generations, preconditions (platform.md 9)."""

import base64

import pytest
from msgspec.structs import replace

from sealer_controller.kube.errors import (
    AlreadyExistsError,
    ApiTerminalError,
    ConflictError,
    InvalidError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
)
from sealer_controller.kube.objects import ObjectMeta
from tests.contract.api import SEALED_SECRETS, SECRETS, Api, Secret, sealed_body

MODIFIED = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


async def test_create_returns_what_is_stored(api: Api) -> None:
    """A new object has a uid, a version, a time and generation 1, and can be read back."""
    made = await api.seal("a", labels={"t": "x"})
    assert made.metadata.uid
    assert made.metadata.resource_version
    assert made.metadata.creation_timestamp
    assert made.metadata.generation == 1
    assert made.metadata.namespace == api.namespace
    assert await api.client.get(SEALED_SECRETS, "a", api.namespace) == made


async def test_create_ignores_what_only_the_server_may_set(api: Api) -> None:
    """A uid, generation or time that a client sends is not taken over."""
    made = await api.seal("a", uid="mine", generation=7, creationTimestamp=None)
    assert made.metadata.uid != "mine"
    assert made.metadata.generation == 1


async def test_create_of_a_taken_name_is_refused(api: Api) -> None:
    """409 AlreadyExists is an error of its own."""
    await api.seal("a")
    with pytest.raises(AlreadyExistsError) as caught:
        await api.seal("a")
    assert caught.value.message == 'sealedsecrets.bitnami.com "a" already exists'
    assert (caught.value.code, caught.value.reason) == (409, "AlreadyExists")


async def test_create_with_generate_name_makes_up_a_name(api: Api) -> None:
    """The prefix is followed by five characters, as key Secrets rely on."""
    body = Secret(metadata=ObjectMeta(generate_name="sealed-secrets-key"))
    first = await api.client.create(SECRETS, body, api.namespace)
    second = await api.client.create(SECRETS, body, api.namespace)
    for made in (first, second):
        assert made.metadata.name.startswith("sealed-secrets-key")
        assert len(made.metadata.name) == len("sealed-secrets-key") + 5
    assert first.metadata.name != second.metadata.name


async def test_create_in_a_missing_namespace_is_refused(api: Api) -> None:
    """404 names the namespace."""
    body = Secret(metadata=ObjectMeta(name="a"))
    with pytest.raises(NotFoundError, match='namespaces "nowhere" not found'):
        await api.client.create(SECRETS, body, "nowhere")


async def test_create_with_another_namespace_in_the_body_is_refused(api: Api) -> None:
    """400: the URL and the body must agree."""
    body = Secret(metadata=ObjectMeta(name="a", namespace="other"))
    with pytest.raises(ApiTerminalError, match="does not match the namespace sent") as caught:
        await api.client.create(SECRETS, body, api.namespace)
    assert caught.value.code == 400


async def test_create_with_a_version_is_refused(api: Api) -> None:
    """A copy of a stored object cannot be created as it is; the server calls that a 500."""
    body = Secret(metadata=ObjectMeta(name="a", resource_version="5"))
    with pytest.raises(UnavailableError, match="resourceVersion should not be set"):
        await api.client.create(SECRETS, body, api.namespace)


@pytest.mark.parametrize("name", ["A", "a_b", "-a", "a" * 254, "a..b"])
async def test_create_with_a_bad_name_is_refused(api: Api, name: str) -> None:
    """422 with the field at fault."""
    with pytest.raises(InvalidError) as caught:
        await api.seal(name)
    assert [(cause.field, cause.reason) for cause in caught.value.causes] == [
        ("metadata.name", "FieldValueInvalid")
    ]


async def test_body_above_three_mebibytes_is_refused(api: Api) -> None:
    """413, before anything is looked at."""
    body = sealed_body("a", {"encryptedData": {"k": "A" * (3 << 20)}})
    with pytest.raises(TooLargeError, match="limit is 3145728"):
        await api.client.create(SEALED_SECRETS, body, api.namespace)


async def test_put_with_a_stale_version_is_a_conflict(api: Api) -> None:
    """The text is the server's own; the type says to read again."""
    stale = await api.secret("a")
    await api.client.replace(SECRETS, replace(stale, data={"k": "dg=="}), "a", api.namespace)
    with pytest.raises(ConflictError) as caught:
        await api.client.replace(SECRETS, stale, "a", api.namespace)
    message = f'Operation cannot be fulfilled on secrets "a": {MODIFIED}'
    assert (caught.value.message, caught.value.reason) == (message, "Conflict")


async def test_put_without_a_version_overwrites_a_secret_and_no_custom_resource(api: Api) -> None:
    """Only some kinds may be overwritten blindly."""
    await api.secret("a")
    body = Secret(metadata=ObjectMeta(name="a"), data={"k": "dg=="})
    assert (await api.client.replace(SECRETS, body, "a", api.namespace)).data == {"k": "dg=="}
    await api.seal("a")
    with pytest.raises(InvalidError) as caught:
        await api.client.replace(SEALED_SECRETS, sealed_body("a"), "a", api.namespace)
    assert caught.value.causes[0].field == "metadata.resourceVersion"


async def test_put_with_another_uid_is_a_conflict(api: Api) -> None:
    """An object that was deleted and made again is not the one that was read."""
    made = await api.secret("a")
    other = replace(made, metadata=replace(made.metadata, uid="other", resource_version=""))
    with pytest.raises(ConflictError, match="UID in precondition: other"):
        await api.client.replace(SECRETS, other, "a", api.namespace)


async def test_put_of_a_missing_object_is_refused(api: Api) -> None:
    """404 `NotFound`: a PUT does not create."""
    for version in ("", "1"):
        body = Secret(metadata=ObjectMeta(name="a", resource_version=version))
        with pytest.raises(NotFoundError) as caught:
            await api.client.replace(SECRETS, body, "a", api.namespace)
        assert caught.value.message == 'secrets "a" not found'


async def test_put_under_another_name_is_refused(api: Api) -> None:
    """400: the URL and the body must agree."""
    await api.secret("a")
    body = Secret(metadata=ObjectMeta(name="b"))
    with pytest.raises(ApiTerminalError, match=r"\(b\) does not match the name on the URL \(a\)"):
        await api.client.replace(SECRETS, body, "a", api.namespace)


async def test_put_that_changes_nothing_keeps_the_version(api: Api) -> None:
    """No event comes of it, so no loop of writes either."""
    made = await api.secret("a", data={"k": "dg=="})
    assert await api.client.replace(SECRETS, made, "a", api.namespace) == made


async def test_put_removes_what_it_leaves_out(api: Api) -> None:
    """PUT replaces whole: items, labels, annotations, owners."""
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "u"}
    labels = {"t": "x"}
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "a",
            "labels": labels,
            "annotations": labels,
            "ownerReferences": [owner],
        },
        "data": {"k": "dg=="},
    }
    made = await api.client.create(SECRETS, body, api.namespace)
    assert made.metadata.labels == made.metadata.annotations == labels
    assert made.metadata.owner_references[0].name == "c"
    bare = Secret(metadata=ObjectMeta(name="a"))
    put = await api.client.replace(SECRETS, bare, "a", api.namespace)
    assert (put.data, put.metadata.labels, put.metadata.annotations) == ({}, {}, {})
    assert put.metadata.owner_references == ()
    assert (put.metadata.uid, put.metadata.creation_timestamp) == (
        made.metadata.uid,
        made.metadata.creation_timestamp,
    )


async def test_generation_counts_changes_of_spec_alone(api: Api) -> None:
    """Labels and status leave it as it is."""
    made = await api.seal("a")
    version = made.metadata.resource_version
    put = await api.client.replace(
        SEALED_SECRETS,
        sealed_body("a", resourceVersion=version, labels={"t": "x"}),
        "a",
        api.namespace,
    )
    assert put.metadata.generation == 1
    changed = sealed_body("a", {"encryptedData": {}}, resourceVersion=put.metadata.resource_version)
    put = await api.client.replace(SEALED_SECRETS, changed, "a", api.namespace)
    assert put.metadata.generation == 2
    status = changed | {"status": {"observedGeneration": 2}}
    status["metadata"] = {"name": "a", "resourceVersion": put.metadata.resource_version}
    put = await api.client.replace_status(SEALED_SECRETS, status, "a", api.namespace)
    assert (put.metadata.generation, put.status) == (2, {"observedGeneration": 2})


async def test_status_is_written_by_its_own_path_alone(api: Api) -> None:
    """A PUT of the object ignores its status; a PUT of the status ignores everything else."""
    made = await api.seal("a")
    body = sealed_body("a", resourceVersion=made.metadata.resource_version)
    body["status"] = {"observedGeneration": 1}
    put = await api.client.replace(SEALED_SECRETS, body, "a", api.namespace)
    assert put.status == {}
    assert put.metadata.resource_version == made.metadata.resource_version
    other = {"encryptedData": {"other": "x"}}
    version = made.metadata.resource_version
    body = sealed_body("a", other, labels={"t": "x"}, resourceVersion=version)
    body["status"] = {"observedGeneration": 1}
    put = await api.client.replace_status(SEALED_SECRETS, body, "a", api.namespace)
    assert put.status == {"observedGeneration": 1}
    assert (put.spec, put.metadata.labels) == (made.spec, {})


async def test_status_from_a_stale_copy_is_a_conflict(api: Api) -> None:
    """So that two replicas cannot overwrite each other's."""
    made = await api.seal("a")
    stale = sealed_body("a", resourceVersion=made.metadata.resource_version)
    body = stale | {"status": {"observedGeneration": 1}}
    await api.client.replace_status(SEALED_SECRETS, body, "a", api.namespace)
    with pytest.raises(ConflictError):
        await api.client.replace_status(SEALED_SECRETS, stale, "a", api.namespace)


async def test_status_of_a_missing_object_is_refused(api: Api) -> None:
    """404: it was deleted meanwhile."""
    body = sealed_body("a", resourceVersion="1")
    with pytest.raises(NotFoundError):
        await api.client.replace_status(SEALED_SECRETS, body, "a", api.namespace)


async def test_status_that_breaks_the_schema_is_refused(api: Api) -> None:
    """422 with the path inside the status."""
    made = await api.seal("a")
    body = sealed_body("a", resourceVersion=made.metadata.resource_version)
    body["status"] = {"observedGeneration": "x", "conditions": [{"type": "Synced"}]}
    with pytest.raises(InvalidError) as caught:
        await api.client.replace_status(SEALED_SECRETS, body, "a", api.namespace)
    assert sorted(cause.field for cause in caught.value.causes) == [
        "status.conditions[0].status",
        "status.observedGeneration",
    ]


async def test_delete_with_the_wrong_uid_or_version_is_a_conflict(api: Api) -> None:
    """Only the object and the version that were looked at may be deleted."""
    made = await api.secret("a")
    uid, version = made.metadata.uid, made.metadata.resource_version
    with pytest.raises(ConflictError) as caught:
        await api.client.delete(SECRETS, "a", api.namespace, uid="other")
    assert f"(other) does not match the UID in record ({uid})" in caught.value.message
    with pytest.raises(ConflictError) as caught:
        await api.client.delete(SECRETS, "a", api.namespace, uid=uid, resource_version="1")
    assert f"(1) does not match the ResourceVersion in record ({version})" in caught.value.message
    await api.client.delete(SECRETS, "a", api.namespace, uid=uid, resource_version=version)
    with pytest.raises(NotFoundError, match='secrets "a" not found'):
        await api.client.delete(SECRETS, "a", api.namespace)


async def test_delete_waits_for_finalizers(api: Api) -> None:
    """A finalizer holds the object until somebody takes it away."""
    body = Secret(metadata=ObjectMeta(name="a", finalizers=("example.com/hold",)))
    await api.client.create(SECRETS, body, api.namespace)
    await api.client.delete(SECRETS, "a", api.namespace)
    held = await api.client.get(SECRETS, "a", api.namespace)
    assert held.metadata.deletion_timestamp
    free = replace(held, metadata=replace(held.metadata, finalizers=()))
    await api.client.replace(SECRETS, free, "a", api.namespace)
    with pytest.raises(NotFoundError):
        await api.client.get(SECRETS, "a", api.namespace)


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        (
            "/api/v1/namespaces/{}/configmaps",
            {"apiVersion": "v1", "kind": "ConfigMap", "data": {"k/x": "v"}},
            ["data[k/x]"],
        ),
        (
            "/apis/coordination.k8s.io/v1/namespaces/{}/leases",
            {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "spec": {"holderIdentity": "x", "leaseDurationSeconds": 0},
            },
            ["spec.leaseDurationSeconds"],
        ),
        (
            "/api/v1/namespaces/{}/events",
            {
                "apiVersion": "v1",
                "kind": "Event",
                "involvedObject": {"namespace": "other"},
                "reason": "x",
                "type": "Normal",
            },
            ["involvedObject.namespace"],
        ),
    ],
)
async def test_other_kinds_refuse_what_breaks_their_rules(
    api: Api, path: str, body: dict[str, object], fields: list[str]
) -> None:
    """ConfigMaps, Leases and Events have rules that the controller must keep."""
    named = body | {"metadata": {"name": "a"}}
    code, answer = await api.raw("POST", path.format(api.namespace), named)
    assert code == 422, answer
    assert [cause["field"] for cause in answer["details"]["causes"]] == fields


async def test_lease_needs_its_version(api: Api) -> None:
    """Two candidates can never both take a Lease."""
    path = f"/apis/coordination.k8s.io/v1/namespaces/{api.namespace}/leases"
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "a"},
        "spec": {"holderIdentity": "x", "leaseDurationSeconds": 15},
    }
    code, _ = await api.raw("POST", path, lease)
    assert code == 201
    assert (await api.raw("PUT", f"{path}/a", lease))[0] == 422
    lease["metadata"] = {"name": "a", "resourceVersion": "1"}
    code, answer = await api.raw("PUT", f"{path}/a", lease)
    assert code == 409
    assert answer["message"].startswith(
        'Operation cannot be fulfilled on leases.coordination.k8s.io "a"'
    )


async def test_data_survives_whatever_it_holds(api: Api) -> None:
    """Bytes of any value come back as they went."""
    value = base64.b64encode(bytes(range(256))).decode()
    await api.secret("a", data={"k": value})
    assert (await api.client.get(SECRETS, "a", api.namespace)).data == {"k": value}
