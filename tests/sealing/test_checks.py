"""What the API server would refuse is refused before it is sealed."""

import pytest

from sealer.manifest.fields import FieldError
from sealer.manifest.secret import Secret
from sealer.sealing import check_secret_type
from sealer.sensitive import SecretBytes

X = SecretBytes(b"x")
JSON = SecretBytes(b'{"auths":{}}')


def _secret(kind: str, **data: SecretBytes) -> Secret:
    items = {key.replace("__", "-").replace("_", "."): value for key, value in data.items()}
    return Secret("shop", "db", items, kind)


@pytest.mark.parametrize(
    "secret",
    [
        _secret(""),
        _secret("Opaque", a=X),
        _secret("example.com/own"),
        _secret("kubernetes.io/tls", tls_crt=X, tls_key=X),
        _secret("kubernetes.io/tls", tls_crt=SecretBytes(b""), tls_key=X),
        _secret("kubernetes.io/basic-auth", username=X),
        _secret("kubernetes.io/basic-auth", password=X),
        _secret("kubernetes.io/ssh-auth", ssh__privatekey=X),
        _secret("kubernetes.io/dockerconfigjson", _dockerconfigjson=JSON),
        _secret("kubernetes.io/dockercfg", _dockercfg=JSON),
        _secret("bootstrap.kubernetes.io/token", token__id=X),
    ],
    ids=lambda secret: secret.type,
)
def test_check_secret_type_what_the_api_server_takes_passes(secret: Secret) -> None:
    """Complete Secrets pass, and so do types that Kubernetes does not know."""
    check_secret_type(secret)


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        (_secret("kubernetes.io/tls", tls_crt=X), "data[tls.key]: Required value"),
        (_secret("kubernetes.io/basic-auth", user=X), "data[password]: Required value"),
        (_secret("kubernetes.io/ssh-auth"), "data[ssh-privatekey]: Required value"),
        (
            _secret("kubernetes.io/ssh-auth", ssh__privatekey=SecretBytes(b"")),
            "data[ssh-privatekey]: Required value",
        ),
        (
            _secret("kubernetes.io/dockerconfigjson", _dockerconfigjson=X),
            "<secret contents redacted>",
        ),
        (_secret("kubernetes.io/dockercfg", config=JSON), "data[.dockercfg]: Required value"),
        (_secret("kubernetes.io/service-account-token", token=X), "made by the cluster"),
        (_secret("Opaque", a=SecretBytes(bytes(1024 * 1024 + 1))), "Too long"),
    ],
)
def test_check_secret_type_what_the_api_server_refuses_is_refused(
    secret: Secret, words: str
) -> None:
    """The message is the API server's where it has one."""
    with pytest.raises(FieldError) as caught:
        check_secret_type(secret)
    assert words in caught.value.message


def test_check_secret_type_size_limit_is_exactly_one_mebibyte() -> None:
    """The limit is the API server's, to the byte."""
    check_secret_type(_secret("Opaque", a=SecretBytes(bytes(1024 * 1024))))
