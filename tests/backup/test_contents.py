"""A backup keeps key Secrets as they were, and can prove that each of them opens."""

from dataclasses import replace

import pytest

from sealer.backup.contents import Contents, KeptSecret, check, collect, unpack
from sealer.backup.errors import DamagedBackupError
from sealer.keysecret import DIGEST_KEY, key_secret
from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from tests.support import vectors

PAIRS = [vectors.key_pair(name) for name in ("rsa2048", "peer-a")]
NAMES = [pair.fingerprint for pair in PAIRS]
SECRETS = [
    key_secret(pair, namespace="kube-system", name=f"key-{at}", annotations={"note": "kept"})
    for at, pair in enumerate(PAIRS)
]
DIGESTS = Secret("kube-system", DIGEST_KEY, {"key": SecretBytes(bytes(range(32)))})
UNUSABLE = Secret("kube-system", "broken", {"tls.crt": SecretBytes(b"x")})


def contents_of(*secrets: Secret) -> Contents:
    """Return contents that went through bytes and back."""
    return unpack(collect(KeptSecret(secret, "2027-01-01T00:00:00Z") for secret in secrets).pack())


def test_contents_keep_everything_of_a_secret() -> None:
    """Names, labels, annotations, type, items, and when it was created."""
    (first, *_) = contents_of(*SECRETS, DIGESTS).secrets
    assert first == KeptSecret(SECRETS[0], "2027-01-01T00:00:00Z")


def test_check_of_good_contents_finds_nothing() -> None:
    """Each key opens its canary; the digest key has none."""
    results = check(contents_of(*SECRETS, DIGESTS), NAMES)
    assert [result.fingerprint for result in results] == [*NAMES, ""]
    assert not any(result.fault for result in results)


def test_check_without_a_key_that_was_promised_names_it() -> None:
    """A backup that lost one is none."""
    results = check(contents_of(SECRETS[0]), NAMES)
    assert [result.fault is not None for result in results] == [False, True]
    assert results[1].fingerprint == NAMES[1]


@pytest.mark.parametrize("canary", ["", "Ag==", "other"])
def test_check_with_a_canary_that_does_not_open_says_so(canary: str) -> None:
    """Missing, broken, or sealed with another key."""
    contents = contents_of(*SECRETS)
    sealed = contents.canaries[NAMES[1]] if canary == "other" else canary
    results = check(replace(contents, canaries={**contents.canaries, NAMES[0]: sealed}), NAMES)
    assert [result.fault is not None for result in results] == [True, False]


def test_check_with_another_canary_says_so() -> None:
    """Opening is not enough: it has to be the value that was sealed."""
    contents = replace(contents_of(*SECRETS), canary=SecretBytes(b"another"))
    assert all(result.fault for result in check(contents, NAMES))


def test_check_of_an_unusable_secret_keeps_it_apart() -> None:
    """It was kept as it was found; nothing of it was promised."""
    (result,) = check(contents_of(UNUSABLE), [])
    assert result.fault is not None
    assert result.fingerprint == ""


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"secrets": [{}], "canary": {}}', b'{"secrets": 1, "canary": 2}']
)
def test_unpack_of_anything_else_is_refused(data: bytes) -> None:
    """Whatever it is, the error is ours and quotes nothing."""
    with pytest.raises(DamagedBackupError):
        unpack(SecretBytes(data))
