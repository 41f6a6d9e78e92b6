"""SH022: a certificate that a policy names has to match a pin; what is not pinned passes."""

from collections.abc import Mapping, Sequence

import pytest

from sealer.detect import scan
from sealer.detect.finding import Finding
from sealer.detect.settings import Settings
from sealer.detect.x509 import fingerprint_of
from tests.support.vectors import KEYS

_RIGHT, _WRONG = ((KEYS / name).read_bytes() for name in ("rsa2048.crt.pem", "peer-b.crt.pem"))
_PIN = fingerprint_of(_RIGHT)


def policy(certificate: str = "prod.pem", pins: str = _PIN) -> bytes:
    """Return a policy with one cluster."""
    pinned = f", fingerprint: {pins}" if pins else ""
    text = f"version: 1\nclusters:\n  prod: {{certificate: '{certificate}'{pinned}}}\n"
    return text.encode()


def _scan(path: str, files: Mapping[str, bytes]) -> Sequence[Finding]:
    answer = scan(path, files[path], Settings(lookup=files.get))
    assert answer.undecided == ()
    return answer.findings


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("prod.pem", {".sealer.yaml": policy()}),
        ("a/b/prod.pem", {".sealer.yaml": policy("a/b/prod.pem")}),
        ("a/b/prod.pem", {"a/.sealer.yaml": policy("./b/prod.pem")}),
        ("a/prod.pem", {".sealer.yaml": policy(), "a/.sealer.yaml": policy("prod.pem")}),
        ("prod.pem", {".sealer.yaml": policy(pins=f"[{_PIN}, SHA256:{'b' * 43}]")}),
    ],
)
@pytest.mark.parametrize(
    "data",
    [
        _WRONG,
        _WRONG + _RIGHT,
        b"Subject: somebody\n" + _WRONG,
        b"\xef\xbb\xbf" + _WRONG,
        _WRONG.decode().encode("utf-16"),
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"\x30\x82\x00\x01\x00",
    ],
)
def test_scan_certificate_without_its_pin_is_found(
    path: str, files: dict[str, bytes], data: bytes
) -> None:
    """Another key, another format and damage alike: only the pinned key will do."""
    (finding,) = _scan(path, files | {path: data})
    assert (finding.rule, finding.key, finding.severity.value) == ("SH022", "prod", "block")


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("prod.pem", {}),
        ("prod.pem", {".sealer.yaml": policy(pins="")}),
        ("prod.pem", {".sealer.yaml": policy("other.pem")}),
        ("prod.pem", {".sealer.yaml": b"version: 2\n"}),
        ("prod.pem", {".sealer.yaml": b"{"}),
        ("prod.pem", {".sealer.yaml": policy(pins=fingerprint_of(_WRONG))}),
        ("prod.pem", {".sealer.yaml": policy(pins=f"[{_PIN}, {fingerprint_of(_WRONG)}]")}),
        ("b/prod.pem", {"a/.sealer.yaml": policy("../b/other.pem")}),
        ("tls/ca.pem", {".sealer.yaml": policy()}),
        ("config.yaml", {".sealer.yaml": policy()}),
        ("docs/certificates.md", {".sealer.yaml": policy()}),
        ("/abs/prod.pem", {}),
    ],
)
def test_scan_certificate_that_is_not_pinned_passes(path: str, files: dict[str, bytes]) -> None:
    """Certificates are public, and most are none that anybody seals with."""
    assert _scan(path, files | {path: _WRONG}) == ()


@pytest.mark.parametrize("data", [_RIGHT, _RIGHT + _WRONG, _RIGHT.replace(b"\n", b"\r\n")])
def test_scan_pinned_certificate_passes(data: bytes) -> None:
    """The first certificate of a file is the one that seals."""
    assert _scan("prod.pem", {".sealer.yaml": policy(), "prod.pem": data}) == ()


def test_scan_policy_beside_another_certificate_is_found_at_the_pin() -> None:
    """A pin that no longer matches is as much a swap as a certificate that does not."""
    files = {"a/.sealer.yaml": policy(), "a/prod.pem": _WRONG}
    (finding,) = _scan("a/.sealer.yaml", files)
    assert (finding.rule, finding.pointer) == ("SH022", "/1/clusters/prod/fingerprint")
    assert _scan("a/.sealer.yaml", files | {"a/prod.pem": _RIGHT}) == ()


def test_scan_certificate_whose_policy_is_deleted_with_it_is_found() -> None:
    """The policy as it was still says what is pinned."""
    before = {".sealer.yaml": policy()}.get
    settings = Settings(lookup={"prod.pem": _WRONG}.get, before=before)
    (finding,) = scan("prod.pem", _WRONG, settings).findings
    assert finding.rule == "SH022"
    assert scan("prod.pem", _RIGHT, settings._replace(lookup=before)).findings == ()


def test_scan_policy_alone_passes() -> None:
    """A certificate that is not in the repository is checked when somebody seals with it."""
    assert _scan(".sealer.yaml", {".sealer.yaml": policy()}) == ()
    assert scan(".sealer.yaml", policy()).findings == ()
    assert scan("prod.pem", _WRONG).findings == ()
