"""Private keys are read in every form that clusters and people keep them in."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from sealer_keys.certificate import load_certificate
from sealer_keys.errors import KeyMismatchError, NoPrivateKeyError, PrivateKeyError
from sealer_keys.fingerprint import fingerprint
from sealer_keys.private_key import check_pair, load_private_key, private_key_pem
from tests.support import vectors


def _key_file(name: str) -> bytes:
    return (vectors.KEYS / name).read_bytes()


def _pkcs8(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, password: bytes = b"") -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption(),
    )


@pytest.mark.parametrize("thorough", [False, True])
@pytest.mark.parametrize("name", ["rsa2048.key.pem", "rsa2048.key.pkcs8.pem"])
def test_load_private_key_pkcs1_and_pkcs8_give_the_same_key(name: str, thorough: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Both PEM forms are read, with the quick check and the thorough one."""
    key = load_private_key(_key_file(name), thorough=thorough)
    assert fingerprint(key.public_key()) == vectors.key_pair("rsa2048").fingerprint


def test_load_private_key_utf16_file_is_read() -> None:
    """PowerShell writes UTF-16 with a byte-order mark."""
    text = _key_file("rsa2048.key.pem").decode()
    assert load_private_key(text.encode("utf-16")).key_size == 2048


def test_load_private_key_written_again_is_the_same_pem() -> None:
    """What the original wrote comes out byte for byte."""
    pem = _key_file("peer-a.key.pem")
    assert private_key_pem(load_private_key(pem)) == pem


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"hello", "begins with"),
        (_key_file("rsa2048.crt.pem"), "CERTIFICATE"),
    ],
)
def test_load_private_key_without_one_hints_at_what_the_file_is(data: bytes, words: str) -> None:
    """The wrong file is told apart from a damaged key."""
    with pytest.raises(NoPrivateKeyError) as caught:
        load_private_key(data)
    assert words in caught.value.hint


def test_load_private_key_encrypted_one_says_so() -> None:
    """A passphrase cannot be asked for here, so the message says what to do."""
    pem = _pkcs8(vectors.key_pair("rsa2048").private_key, b"passphrase")
    with pytest.raises(PrivateKeyError, match="encrypted with a passphrase"):
        load_private_key(pem)


def test_load_private_key_of_another_kind_gives_the_originals_message() -> None:
    """An EC key is refused in the words that people search for."""
    for pem in (
        _pkcs8(ec.generate_private_key(ec.SECP256R1())),
        b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
    ):
        with pytest.raises(PrivateKeyError, match="private key is not an RSA key"):
            load_private_key(pem)


def test_load_private_key_short_one_is_refused() -> None:
    """RSA below 2048 bits protects nothing."""
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it is to be refused
    with pytest.raises(PrivateKeyError, match="1024 bits is too short"):
        load_private_key(_pkcs8(key))


def test_load_private_key_damaged_one_is_refused() -> None:
    """A key whose numbers do not fit is noticed by the quick check as well."""
    numbers = vectors.key_pair("rsa2048").private_key.private_numbers()
    broken = rsa.RSAPrivateNumbers(
        numbers.p, numbers.q, numbers.d, numbers.dmp1 + 2, numbers.dmq1, numbers.iqmp,
        numbers.public_numbers,
    )  # fmt: skip
    wrong = rsa.RSAPrivateNumbers(
        broken.p, broken.q, broken.d + 2, broken.dmp1, broken.dmq1 + 2, broken.iqmp,
        broken.public_numbers,
    )  # fmt: skip
    pem = private_key_pem(wrong.private_key(unsafe_skip_rsa_key_validation=True))
    with pytest.raises(PrivateKeyError, match="damaged"):
        load_private_key(pem)


def test_check_pair_of_different_keys_is_refused() -> None:
    """tls.key and tls.crt of two keys do not make one."""
    certificate = load_certificate(_key_file("rsa3072.crt.pem"))
    key = vectors.key_pair("rsa2048").private_key
    with pytest.raises(KeyMismatchError, match="does not belong"):
        check_pair(key, certificate)


def test_key_pair_repr_holds_no_private_key() -> None:
    """A key pair in a log line shows its name and nothing secret."""
    assert "private_key" not in repr(vectors.key_pair("rsa2048"))


@given(st.binary(max_size=300))
def test_load_private_key_junk_raises_our_error_only(data: bytes) -> None:
    """No foreign exception leaves the loader, whatever the bytes."""
    pem = b"-----BEGIN RSA PRIVATE KEY-----\n" + data + b"\n-----END RSA PRIVATE KEY-----\n"
    with pytest.raises(PrivateKeyError):
        load_private_key(pem)
