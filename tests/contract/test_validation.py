"""What we say of a Secret before any write is what the real API server says of it."""

import base64
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sealer.manifest import Secret
from sealer.sealing.validation import change_faults, creation_faults, invalid
from sealer.sensitive import SecretBytes
from tests.contract.api import Api

pytestmark = pytest.mark.cluster
TLS, SSH, BASIC = (f"kubernetes.io/{name}" for name in ("tls", "ssh-auth", "basic-auth"))
DOCKER, DOCKER_OLD = "kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"
ACCOUNT = "kubernetes.io/service-account-token"


def plain(data: dict[str, bytes] | None = None, **fields: Any) -> Secret:  # noqa: ANN401 - its fields
    """Return a Secret of the name `db`."""
    items = {key: SecretBytes(value) for key, value in (data or {}).items()}
    return Secret("", fields.pop("name", "db"), items, **fields)


async def told(api: Api, secret: Secret) -> tuple[int, str, set[str]]:
    """Return what the API server answers to the creation of a Secret, on trial."""
    body = secret.to_object()
    code, answer = await api.raw("POST", f"{api.secrets_path}?dryRun=All", body)
    causes = answer.get("details", {}).get("causes", ())
    return code, answer.get("message", ""), {f"{c['field']}: {c['message']}" for c in causes}


def ours(api: Api, secret: Secret) -> tuple[int, str, set[str]]:
    """Return what we say of it."""
    faults = list(creation_faults(in_namespace(api, secret)))
    if not faults:
        return 201, "", set()
    return 422, invalid(secret, faults), set(map(str, faults))


def in_namespace(api: Api, secret: Secret) -> Secret:
    """Return a Secret in the test's namespace."""
    return Secret(**{**fields_of(secret), "namespace": api.namespace})


def fields_of(secret: Secret) -> dict[str, Any]:
    """Return the fields of a Secret."""
    return {name: getattr(secret, name) for name in Secret.__dataclass_fields__}


@pytest.mark.parametrize(
    "secret",
    [
        plain({"k": b""}),
        *(plain({key: b""}) for key in ("a b", ".", "..", "..a", "a/b", 'q"\\\n', "ü", "..a b")),
        plain({"k" * 253: b""}),
        plain({"k" * 254: b""}),
        plain({"ü" * 130: b""}),
        plain({"k": bytes(1 << 20)}),
        plain({"k": bytes((1 << 20) - 1), "l": bytes(2)}),
        *(plain(type=each) for each in (TLS, SSH, BASIC, DOCKER, DOCKER_OLD, ACCOUNT)),
        plain({"tls.crt": b""}, type=TLS),
        plain({"tls.crt": b"", "tls.key": b""}, type=TLS),
        plain({"password": b""}, type=BASIC),
        plain({"ssh-privatekey": b""}, type=SSH),
        plain({".": b"", "tls.crt": b"", "..": b""}, type=TLS),
        plain(type=ACCOUNT, annotations={"kubernetes.io/service-account.name": ""}),
        plain(type=ACCOUNT, annotations={"kubernetes.io/service-account.name": "x"}),
        *(plain(name=name) for name in ("Upper", "a_b", "a.b-", "-", "x" * 253, "x" * 254)),
        *(plain(labels={key: ""}) for key in ("", "a b", "/x", "a/", "a/b/c", "A_/x", "x" * 64)),
        plain(labels={"example.com/" + "x" * 63: "x" * 63}),
        plain(labels={"x" * 254 + "/x": ""}),
        *(plain(labels={"k": value}) for value in ("-", "a b", "x" * 64, "ü", "a\tb")),
        plain(labels={"j": "not one", "k": "not one"}),
        *(plain(annotations={key: "any \n text"}) for key in ("", "A/b", "a b", "é", "a//b")),
        plain(annotations={"k": "x" * (256 * 1024 - 1)}),
        plain(annotations={"k": "é" * (128 * 1024)}),
    ],
)
async def test_creation_is_refused_in_the_servers_words(real_api: Api, secret: Secret) -> None:
    """The whole message is the same, and what we let pass is taken."""
    assert ours(real_api, secret) == await told(real_api, secret)


@pytest.mark.parametrize("kind", [DOCKER, DOCKER_OLD])
@pytest.mark.parametrize(
    ("text", "ending"),
    [
        (b'{"auths": {}}', None),
        (b" null\n", None),
        (b'{"a": "\xff"}', None),
        (b'{"a": 1, "a": -0.5e-3}', None),
        (b'{"a": "\\ud800"}', None),
        (b"", "unexpected end of JSON input"),
        (b'{"a": "b', "unexpected end of JSON input"),
        (b"[]", "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        (
            b'"canary"',
            "json: cannot unmarshal string into Go value of type map[string]interface {}",
        ),
        (b"5", "json: cannot unmarshal number into Go value of type map[string]interface {}"),
        (b"true", "json: cannot unmarshal bool into Go value of type map[string]interface {}"),
        (b"canary", None),
        (b'{"a": NaN}', None),
        (b'{"a": 1e999}', None),
        (b'\xef\xbb\xbf{"a": 1}', None),
        (b"{'a': 1}", None),
        (b'{"a": "\t"}', None),
    ],
)
async def test_docker_configuration_is_judged_as_go_reads_it(
    real_api: Api, kind: str, text: bytes, ending: str | None
) -> None:
    """The same texts are refused; the words are the same but for what they would repeat."""
    secret = plain({f".{kind.removeprefix('kubernetes.io/')}": text}, type=kind)
    code, message, _ = ours(real_api, secret)
    server_code, server_message, _ = await told(real_api, secret)
    assert code == server_code
    start = '"<secret contents redacted>": '
    assert message.partition(start)[0] == server_message.partition(start)[0]
    if ending is not None:
        assert message.endswith(start + ending)
        assert message == server_message
    assert "canary" not in message


_TEXTS = st.text(st.sampled_from("aA0-_./ é\n"), max_size=6)
_SECRETS = st.builds(
    plain,
    st.dictionaries(_TEXTS, st.just(b""), max_size=2),
    name=_TEXTS.filter(lambda text: text not in ("", ".", "..")),
    labels=st.dictionaries(_TEXTS, _TEXTS, max_size=2),
    annotations=st.dictionaries(_TEXTS, _TEXTS, max_size=2),
    type=st.sampled_from(["", TLS, SSH, BASIC, DOCKER, "example.com/x"]),
)


@given(secret=_SECRETS)
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
async def test_any_secret_is_judged_as_the_server_judges_it(real_api: Api, secret: Secret) -> None:
    """The same faults, all of them; the server tells them in no certain order."""
    code, _, faults = ours(real_api, secret)
    server_code, _, server_faults = await told(real_api, secret)
    assert (code, faults) == (server_code, server_faults)


@pytest.mark.parametrize("immutable", [None, True])
@pytest.mark.parametrize(
    "change",
    [
        {"data": {"k": SecretBytes(b"new")}},
        {"data": {}},
        {"type": "example.com/new"},
        {"immutable": None},
        {"immutable": True},
        {"type": "", "labels": {"a": "b"}},
        {"type": "Opaque", "data": {}, "immutable": None},
    ],
)
async def test_change_is_refused_in_the_servers_words(
    real_api: Api, *, immutable: bool | None, change: dict[str, Any]
) -> None:
    """Type, data and the mark of an immutable one; what we let pass is taken."""
    before = plain({"k": b"old"}, type="Opaque", immutable=immutable)
    encoded = {key: base64.b64encode(value.reveal()).decode() for key, value in before.data.items()}
    await real_api.secret("db", type="Opaque", data=encoded, immutable=immutable)
    after = Secret(**{**fields_of(before), **change})
    faults = list(change_faults(before, after))
    body = after.to_object()
    code, answer = await real_api.raw("PUT", f"{real_api.secrets_path}/db", body)
    assert (code == 422) == bool(faults)
    if faults:
        assert answer["message"] == invalid(after, faults)
