"""What no API server takes is refused in its words; the recorded ones decide what those are."""

from dataclasses import replace

import pytest

from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.errors import ChangedTypeError, ImmutableSecretError, RejectedError
from sealer_controller.validation import check_change, check_secret
from tests.support import vectors

EMPTY = SecretBytes(b"")
STONE = Secret("shop", "stone", {"a": SecretBytes(b"1")}, type="Opaque", immutable=True)
FROZEN = "field is immutable when `immutable` is set"


def recorded(name: str) -> str:
    """Return the API server's message of a recorded object."""
    case = next(case for case in vectors.objects() if case.name == name)
    message: str = case.result["status"]["conditions"][0]["message"]
    return message


def refusal(secret: Secret) -> str:
    """Return why a Secret is refused."""
    with pytest.raises(RejectedError) as raised:
        check_secret(secret)
    return raised.value.message


def test_refusals_are_the_recorded_ones() -> None:
    """Three faults that the real API server was asked about."""
    assert refusal(Secret("shop", "badkey", {"with space": EMPTY})) == recorded("bad-item-key")
    half = Secret("shop", "halftls", {"tls.crt": EMPTY}, type="kubernetes.io/tls")
    assert refusal(half) == recorded("type-lacks-key")
    with pytest.raises(ImmutableSecretError) as raised:
        check_change(STONE, replace(STONE, data={"a": SecretBytes(b"2")}))
    assert raised.value.message == recorded("immutable-change")


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("k" * 254, "must be no more than 253 characters"),
        (".", "must not be '.'"),
        ("..", "must not be '..'"),
        ("..a", "must not start with '..'"),
        ("a/b", "a valid config key must consist of"),
        ("", "a valid config key must consist of"),
    ],
)
def test_item_keys_are_those_of_kubernetes(key: str, why: str) -> None:
    """Every key that could lead out of a folder is among the refused ones."""
    message = refusal(Secret("shop", "db", {key: EMPTY}))
    assert message.startswith(f'Secret "db" is invalid: data[{key}]: Invalid value: "{key}": {why}')


def test_several_faults_are_told_together() -> None:
    """In brackets, as the API server does."""
    message = refusal(Secret("shop", "db", {"..": EMPTY, ".": EMPTY}, type="kubernetes.io/tls"))
    assert message.startswith('Secret "db" is invalid: [data[.]: Invalid value')
    assert message.endswith("data[tls.crt]: Required value, data[tls.key]: Required value]")


def test_data_above_a_mebibyte_is_refused() -> None:
    """The limit is the API server's."""
    check_secret(Secret("shop", "db", {"a": SecretBytes(bytes(1 << 20))}))
    message = refusal(Secret("shop", "db", {"a": SecretBytes(bytes((1 << 20) + 1))}))
    assert message == 'Secret "db" is invalid: data: Too long: may not be more than 1048576 bytes'


@pytest.mark.parametrize(
    "after",
    [
        STONE,
        replace(STONE, labels={"a": "b"}, annotations={"c": "d"}),
        replace(STONE, type=""),
    ],
)
def test_change_of_metadata_is_allowed_on_an_immutable_secret(after: Secret) -> None:
    """Only data and the mark itself are frozen; a type that is not said is Opaque."""
    check_change(STONE, after)


def test_mark_of_immutability_stays() -> None:
    """It cannot be taken off, and both faults are told."""
    with pytest.raises(ImmutableSecretError) as raised:
        check_change(STONE, replace(STONE, immutable=None, data={}))
    assert raised.value.message == (
        f'Secret "stone" is invalid: [immutable: Forbidden: {FROZEN}, data: Forbidden: {FROZEN}]'
    )


def test_type_cannot_be_changed() -> None:
    """Neither from nor to the default."""
    plain = replace(STONE, immutable=None)
    with pytest.raises(ChangedTypeError) as raised:
        check_change(plain, replace(plain, type="example.com/x"))
    assert raised.value.message == (
        'Secret "stone" is invalid: type: Invalid value: "example.com/x": field is immutable'
    )
