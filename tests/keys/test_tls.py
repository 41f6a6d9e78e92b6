"""A TLS pair that a server could not use is refused before anyone relies on it."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat

from sealer_keys.errors import (
    CertificateError,
    KeyMismatchError,
    NoCertificateError,
    NoPrivateKeyError,
    PrivateKeyError,
)
from sealer_keys.tls import check_tls_pair, read_chain, read_tls_key, validity_warnings
from tests.support.tls import NOW, Issued, issue, key_pem, odd_key_pem, private_key

KINDS = ("rsa", "p256", "p384", "ed25519")


def _without_keys(value: object) -> str | None:
    """Keep keys out of test names: they are made anew, and names have to be the same everywhere."""
    return "data" if isinstance(value, bytes) else None


def _chain() -> tuple[Issued, Issued, Issued]:
    root = issue("root", kind="rsa")
    middle = issue("middle", root)
    return issue("leaf!", middle, kind="ed25519"), middle, root


def _check(certificates: bytes, key: bytes) -> None:
    check_tls_pair(read_chain(certificates), read_tls_key(key))


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("kind", KINDS)
def test_pair_of_every_kind_is_taken(kind: str, form: PrivateFormat) -> None:
    """PKCS#8, PKCS#1 and SEC 1."""
    if kind == "ed25519" and form is PrivateFormat.TraditionalOpenSSL:
        form = PrivateFormat.PKCS8
    pair = issue("a", kind=kind)
    _check(pair.pem, key_pem(pair.key, form))


def test_pair_with_other_blocks_and_text_around_is_taken() -> None:
    """OpenSSL writes EC PARAMETERS in front of a key, and words in front of a certificate."""
    pair = issue("a")
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    _check(
        b"subject=CN = a\n" + pair.pem + b"\n" + pair.key_pem,
        parameters + key_pem(pair.key, PrivateFormat.TraditionalOpenSSL),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_key_of_another_certificate_is_refused(kind: str) -> None:
    """Of the same kind, and of another one."""
    for other in (private_key(kind, 9), private_key("p256", 8)):
        with pytest.raises(KeyMismatchError):
            _check(issue("a", kind=kind).pem, key_pem(other))


def test_chain_in_order_is_taken_with_and_without_its_root() -> None:
    """Servers may leave the root out."""
    leaf, middle, root = _chain()
    _check(leaf.pem + middle.pem, leaf.key_pem)
    _check(leaf.pem + middle.pem + root.pem, leaf.key_pem)


def test_chain_out_of_order_is_refused_with_the_place() -> None:
    """Each certificate has to be issued by the one behind it."""
    leaf, middle, root = _chain()
    with pytest.raises(CertificateError, match="certificate 1 of the file was not issued by c"):
        _check(leaf.pem + root.pem + middle.pem, leaf.key_pem)
    with pytest.raises(CertificateError, match="certificate 2 of the file was not issued by c"):
        _check(leaf.pem + middle.pem + leaf.pem, leaf.key_pem)
    with pytest.raises(CertificateError, match="belongs to certificate 2 of the file"):
        _check(middle.pem + leaf.pem, leaf.key_pem)


def test_chain_of_a_namesake_is_refused() -> None:
    """The name of the issuer is not enough: the signature counts."""
    leaf, _, _ = _chain()
    namesake = issue("middle", kind="rsa")
    with pytest.raises(CertificateError, match="was not issued by"):
        _check(leaf.pem + namesake.pem, leaf.key_pem)


@pytest.mark.parametrize(
    ("data", "error", "hint"),
    [
        (b"", NoCertificateError, "empty"),
        (b"x", NoCertificateError, "no whole PEM block"),
        (issue("a").key_pem, NoCertificateError, "PRIVATE KEY"),
        (issue("a").certificate.public_bytes(Encoding.DER), NoCertificateError, "DER"),
        (issue("a").pem[:200], NoCertificateError, "no whole PEM block"),
        (b"\xef\xbb\xbf" + issue("a").pem, CertificateError, "plain ASCII"),
        (issue("a").pem.decode().encode("utf-16"), CertificateError, "plain ASCII"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", CertificateError, ""),
    ],
    ids=_without_keys,
)
def test_certificate_that_cannot_be_used_is_refused(
    data: bytes, error: type[CertificateError], hint: str
) -> None:
    """With what there is instead."""
    with pytest.raises(error) as caught:
        read_chain(data)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        (b"", NoPrivateKeyError, "empty"),
        (issue("a").pem, NoPrivateKeyError, "CERTIFICATE"),
        (key_pem(private_key("p256"), encrypted=True), PrivateKeyError, "passphrase"),
        (
            key_pem(private_key("rsa"), PrivateFormat.TraditionalOpenSSL, encrypted=True),
            PrivateKeyError,
            "passphrase",
        ),
        (key_pem(private_key("rsa"), PrivateFormat.OpenSSH), PrivateKeyError, "PKCS#8"),
        (odd_key_pem("dsa"), PrivateKeyError, "neither RSA, ECDSA nor Ed25519"),
        (odd_key_pem("ed448"), PrivateKeyError, "neither RSA, ECDSA nor Ed25519"),
        (b"\xef\xbb\xbf" + issue("a").key_pem, PrivateKeyError, "byte-order mark"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", PrivateKeyError, ""),
    ],
    ids=_without_keys,
)
def test_private_key_that_cannot_be_used_is_refused(
    data: bytes, error: type[PrivateKeyError], said: str
) -> None:
    """With the reason."""
    with pytest.raises(error) as caught:
        read_tls_key(data)
    assert said in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (-9, 90, []),
        (-9, 30, []),
        (-9, 29, ["the certificate expires on 2030-01-30, in 29 days"]),
        (-9, -1, ["the certificate expired on 2029-12-31"]),
        (1, 90, ["the certificate is not valid before 2030-01-02"]),
    ],
)
def test_validity_that_ends_soon_is_told(start: int, end: int, said: list[str]) -> None:
    """From thirty days on."""
    pair = issue("a", start=NOW + timedelta(days=start), end=NOW + timedelta(days=end))
    assert validity_warnings([pair.certificate], NOW) == said
    if said:
        (warning,) = validity_warnings([issue("b").certificate, pair.certificate], NOW)
        assert warning == said[0].replace("the certificate", "certificate 2 of the file")
