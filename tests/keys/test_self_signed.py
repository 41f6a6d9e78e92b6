"""New TLS keys and the certificates that vouch for themselves."""

import ipaddress
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from sealer_keys.errors import CertificateError
from sealer_keys.self_signed import rsa_key_pem, self_signed
from sealer_keys.tls import check_tls_pair, read_chain, read_tls_key, validity_warnings
from tests.support.tls import NOW

HOSTS = ("web.example.com", "*.example.com", "10.0.0.1", "2001:db8::1", "localhost")


def test_self_signed_pair_belongs_together_and_names_its_hosts() -> None:
    """Names and addresses, for a server, for a year."""
    pair = self_signed(HOSTS, NOW)
    (certificate,) = read_chain(pair.certificate)
    check_tls_pair([certificate, certificate], read_tls_key(pair.private_key))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [HOSTS[0], HOSTS[1], HOSTS[4]]
    assert names.get_values_for_type(x509.IPAddress) == [
        ipaddress.ip_address(host) for host in HOSTS[2:4]
    ]
    assert not validity_warnings([certificate], NOW)
    assert certificate.not_valid_after_utc - NOW == timedelta(days=365)
    assert pair.private_key.decode() not in repr(pair)


def test_self_signed_certificate_convinces_openssl(tmp_path: Path) -> None:
    """Trusted as its own root, it is good for its host and for no other."""
    pair = self_signed(["web.example.com"], NOW)
    file = tmp_path / "tls.crt"
    file.write_bytes(pair.certificate)
    verify = ["openssl", "verify", "-attime", str(int(NOW.timestamp())), "-CAfile", str(file)]
    verify += ["-purpose", "sslserver", "-verify_hostname"]
    assert subprocess.run([*verify, "web.example.com", file], check=False).returncode == 0
    assert subprocess.run([*verify, "other.example.com", file], check=False).returncode != 0
    shown = subprocess.run(
        ["openssl", "x509", "-in", file, "-noout", "-fingerprint", "-sha256"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert shown.stdout.strip().endswith(pair.fingerprint)


def test_self_signed_for_a_long_name_has_no_subject() -> None:
    """A common name has at most 64 characters; the alternative names are critical then."""
    host = f"{'a' * 60}.example.com"
    (certificate,) = read_chain(self_signed([host], NOW).certificate)
    assert not list(certificate.subject)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.critical


@pytest.mark.parametrize(
    "host",
    [
        "",
        "a b",
        "-a",
        "a-",
        "*",
        "a.*.b",
        "a..b",
        "a.",
        "10.0.0.1/8",
        "h\xf6st",
        "a" * 64,
        "https://x",
    ],
)
def test_self_signed_for_what_is_no_host_is_refused(host: str) -> None:
    """Neither a name nor an address."""
    with pytest.raises(CertificateError):
        self_signed(["good.example.com", host], NOW)


def test_rsa_key_is_pkcs8_of_that_size() -> None:
    """As `openssl genpkey` writes it."""
    pem = rsa_key_pem(2048)
    assert pem.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    key = read_tls_key(pem)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
