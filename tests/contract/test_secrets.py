"""The rules of Secrets: types, items, sizes, immutability (platform.md 9)."""

import base64
from typing import Any

import pytest
from msgspec.structs import replace

from sealer_controller.kube.errors import ApiTerminalError, InvalidError
from sealer_controller.kube.objects import ObjectMeta
from tests.contract.api import SECRETS, Api, Secret

MEBIBYTE = 1 << 20


def encoded(size: int) -> str:
    """Return an item's value of so many bytes."""
    return base64.b64encode(b"x" * size).decode()


async def test_type_defaults_to_opaque(api: Api) -> None:
    """A Secret without a type has one when it comes back."""
    assert (await api.secret("a")).type == "Opaque"


async def test_string_data_is_merged_into_data(api: Api) -> None:
    """`stringData` wins over `data` and is never read back."""
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "a"},
        "data": {"k": "dg==", "l": "dw=="},
        "stringData": {"k": "new", "m": "é"},
    }
    code, answer = await api.raw("POST", api.secrets_path, body)
    assert code == 201
    assert answer["data"] == {"k": "bmV3", "l": "dw==", "m": "w6k="}
    assert "stringData" not in answer


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("kubernetes.io/tls", ["data[tls.crt]", "data[tls.key]"]),
        ("kubernetes.io/basic-auth", ["data[username]", "data[password]"]),
        ("kubernetes.io/ssh-auth", ["data[ssh-privatekey]"]),
        ("kubernetes.io/dockerconfigjson", ["data[.dockerconfigjson]"]),
        ("kubernetes.io/dockercfg", ["data[.dockercfg]"]),
        (
            "kubernetes.io/service-account-token",
            ["metadata.annotations[kubernetes.io/service-account.name]"],
        ),
    ],
)
async def test_type_demands_its_items(api: Api, kind: str, fields: list[str]) -> None:
    """422 lists what is missing, in the words that the controller repeats."""
    with pytest.raises(InvalidError) as caught:
        await api.secret("a", type=kind)
    assert [cause.field for cause in caught.value.causes] == fields
    assert {cause.reason for cause in caught.value.causes} == {"FieldValueRequired"}
    texts = [f"{field}: Required value" for field in fields]
    listed = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    assert caught.value.message == f'Secret "a" is invalid: {listed}'


async def test_type_basic_auth_is_content_with_one_of_two(api: Api) -> None:
    """A user name without a password is allowed."""
    made = await api.secret("a", type="kubernetes.io/basic-auth", data={"username": "dQ=="})
    assert made.type == "kubernetes.io/basic-auth"


@pytest.mark.parametrize("item", [".dockerconfigjson", ".dockercfg"])
async def test_docker_configuration_must_be_json(api: Api, item: str) -> None:
    """The value itself is not repeated in the message."""
    value = base64.b64encode(b"canary").decode()
    with pytest.raises(InvalidError) as caught:
        await api.secret("a", type=f"kubernetes.io/{item[1:]}", data={item: value})
    assert caught.value.causes[0].field == f"data[{item}]"
    assert "<secret contents redacted>" in caught.value.message
    assert "canary" not in caught.value.message


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("a b", "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"),
        ("", "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"),
        ("..", "must not be '..'"),
        (".", "must not be '.'"),
        ("..x", "must not start with '..'"),
        ("x" * 254, "must be no more than 253 characters"),
    ],
)
async def test_item_key_must_be_a_file_name(api: Api, key: str, why: str) -> None:
    """422 with the key and the rule."""
    with pytest.raises(InvalidError) as caught:
        await api.secret("a", data={key: "dg=="})
    (cause,) = caught.value.causes
    assert cause.field == f"data[{key}]"
    assert cause.message.startswith(f'Invalid value: "{key}": {why}')


async def test_data_may_hold_one_mebibyte(api: Api) -> None:
    """The limit counts decoded bytes of all items together."""
    await api.secret("a", data={"k": encoded(MEBIBYTE - 1), "l": encoded(1)})
    with pytest.raises(InvalidError) as caught:
        await api.secret("b", data={"k": encoded(MEBIBYTE), "l": encoded(1)})
    assert caught.value.message == (
        'Secret "b" is invalid: data: Too long: may not be more than 1048576 bytes'
    )
    assert caught.value.causes[0].reason == "FieldValueTooLong"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("a*b", "illegal base64 data at input byte 1"),
        (5, "cannot unmarshal number into Go struct field Secret.data of type []uint8"),
    ],
)
async def test_data_must_be_base64(api: Api, value: object, why: str) -> None:
    """400, because the object cannot even be read."""
    body: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}
    code, answer = await api.raw("POST", api.secrets_path, body | {"data": {"k": value}})
    assert (code, answer["reason"]) == (400, "BadRequest")
    assert answer["message"].endswith(why)


async def test_wrong_kind_is_refused(api: Api) -> None:
    """400: a ConfigMap does not become a Secret by its URL."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    with pytest.raises(ApiTerminalError) as caught:
        await api.client.create(SECRETS, body, api.namespace)
    assert caught.value.code == 400


async def test_labels_and_annotations_have_limits(api: Api) -> None:
    """422 for a label value with a blank, and for more than 256 KiB of annotations."""
    for metadata, field in (
        (ObjectMeta(name="a", labels={"k": "not a label"}), "metadata.labels"),
        (ObjectMeta(name="a", annotations={"k": "x" * (256 << 10)}), "metadata.annotations"),
    ):
        with pytest.raises(InvalidError) as caught:
            await api.client.create(SECRETS, Secret(metadata=metadata), api.namespace)
        assert [cause.field for cause in caught.value.causes] == [field]


async def test_type_cannot_be_changed(api: Api) -> None:
    """422; what the new type lacks is listed too."""
    made = await api.secret("a", data={"k": "dg=="})
    tls = replace(made, type="kubernetes.io/tls")
    with pytest.raises(InvalidError) as caught:
        await api.client.replace(SECRETS, tls, "a", api.namespace)
    assert [cause.field for cause in caught.value.causes] == [
        "type",
        "data[tls.crt]",
        "data[tls.key]",
    ]
    assert caught.value.causes[0].message == (
        'Invalid value: "kubernetes.io/tls": field is immutable'
    )


async def test_type_left_out_of_a_put_means_opaque(api: Api) -> None:
    """A PUT without a type is no change of an Opaque Secret, and a change of any other."""
    made = await api.secret("a", data={"k": "dg=="})
    assert await api.client.replace(SECRETS, replace(made, type=""), "a", api.namespace) == made
    custom = await api.secret("b", type="example.com/x")
    with pytest.raises(InvalidError, match="field is immutable"):
        await api.client.replace(SECRETS, replace(custom, type=""), "b", api.namespace)


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"data": {"k": "dw=="}}, ["data"]),
        ({"immutable": None}, ["immutable"]),
        ({"type": "example.com/x", "data": {}}, ["type", "data"]),
    ],
)
async def test_immutable_secret_cannot_be_changed(
    api: Api, change: dict[str, Any], fields: list[str]
) -> None:
    """422 with the field; the text is the one that compat.md 2.4 looks for."""
    made = await api.secret("a", data={"k": "dg=="}, immutable=True)
    with pytest.raises(InvalidError) as caught:
        await api.client.replace(SECRETS, replace(made, **change), "a", api.namespace)
    assert [cause.field for cause in caught.value.causes] == fields
    if fields != ["type", "data"]:
        assert caught.value.message.endswith("field is immutable when `immutable` is set")


async def test_immutable_secret_lets_its_labels_be_changed(api: Api) -> None:
    """Only data, type and the mark itself are fixed."""
    made = await api.secret("a", data={"k": "dg=="}, immutable=True)
    labelled = replace(made, metadata=replace(made.metadata, labels={"t": "x"}))
    put = await api.client.replace(SECRETS, labelled, "a", api.namespace)
    assert put.metadata.labels == {"t": "x"}
