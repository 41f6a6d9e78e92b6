"""Checks of the certificate that people seal with: the same everywhere, valid, pinned."""

from collections.abc import Iterator
from datetime import timedelta

from sealer.certsource import CONFIG_MAP, CONFIG_MAP_ITEM, EXPIRY_WARNING
from sealer.doctor.facts import Facts, NotKnownError
from sealer.doctor.finding import Finding, fault, note, ok, warning
from sealer.doctor.keys import newest_of
from sealer.doctor.metrics import value_of
from sealer.doctor.words import for_people
from sealer.doctor.workload import Program, program_of
from sealer.manifest.cursor import Cursor
from sealer_keys.certificate import Certificate, load_certificate
from sealer_keys.errors import CertificateError
from sealer_keys.fingerprint import short

_PIN = "sealer cert fetch --pin"
_WRITTEN = (
    "find out who wrote it: whoever seals with another key seals for somebody else; the "
    "controller writes it anew when it is restarted"
)
# A key Secret is made in the minute in which its certificate begins to be valid.
_SAME = timedelta(minutes=10)


def fresh(facts: Facts) -> Iterator[Finding]:
    """Look whether newest key, served certificate and published certificate are the same."""
    try:
        certificate = current(facts)
    except CertificateError as error:
        yield fault(
            f"what is served is no certificate: {error.message}", "read the controller's logs"
        )
        return
    found = list(_differences(facts, certificate))
    name = short(certificate.fingerprint)
    yield from found or [ok(f"{name}, {certificate.bits} bits, is served and published")]


def current(facts: Facts) -> Certificate:
    """Return the certificate that is served; the published one where it cannot be fetched.

    Raises:
        NotKnownError: Neither can be had.
    """
    try:
        return load_certificate(facts.served.get())
    except NotKnownError:
        published = _published(facts)
        if published is None:
            raise
        return published


def _published(facts: Facts) -> Certificate | None:
    found = facts.published.get() if facts.published.is_known else None
    text = Cursor(found).text("data", CONFIG_MAP_ITEM)
    return load_certificate(text.encode()) if text else None


def _differences(facts: Facts, certificate: Certificate) -> Iterator[Finding]:
    see = "read the controller's logs: which replicas do not follow the key Secrets?"
    not_after = value_of(facts.metrics, "certificate_not_after_timestamp_seconds")
    if not_after and int(not_after) != int(certificate.not_after.timestamp()):
        yield fault("the certificate that is served is not that of the newest key", see)
    elif not_after is None and _is_younger(facts, certificate):
        facts.metrics.get()  # which would tell
        yield note(
            "a key Secret is younger than the certificate that is served",
            "was that key made elsewhere, before? `sealer keys list` tells which key is the newest",
        )
    if program_of(facts) is Program.ORIGINAL:
        return
    yield from _publication(facts, certificate)


def _is_younger(facts: Facts, certificate: Certificate) -> bool:
    """Tell whether a key Secret was made clearly after the certificate."""
    key = newest_of(facts.keys.get())
    return key is not None and key.created - certificate.not_before > _SAME


def _publication(facts: Facts, certificate: Certificate) -> Iterator[Finding]:
    if facts.published.get() is None:
        yield note(
            f"there is no ConfigMap {CONFIG_MAP}: without the service proxy no certificate",
            "kubectl apply -f deploy/certificate.yaml, or certificateConfigMap.create",
        )
        return
    try:
        published = _published(facts)
    except CertificateError as error:
        yield fault(f"the ConfigMap {CONFIG_MAP} holds no certificate: {error.message}", _WRITTEN)
        return
    if published is None:
        yield warning(
            f"the ConfigMap {CONFIG_MAP} is empty: the controller does not publish",
            "grant it the Role sealed-secrets-certificate-publisher",
        )
    elif published.fingerprint != certificate.fingerprint:
        yield fault(
            f"the ConfigMap {CONFIG_MAP} has {short(published.fingerprint)}, "
            f"served is {short(certificate.fingerprint)}",
            _WRITTEN,
        )


def expiry(facts: Facts) -> Iterator[Finding]:
    """Look how long the certificate is valid still."""
    certificate = current(facts)
    left = certificate.not_after - facts.now
    until = f"{certificate.not_after:%Y-%m-%d}"
    renew = "have a new key made, and fetch its certificate: docs/operations/rotation.md"
    if left < timedelta(0):
        yield fault(f"the certificate expired on {until}: nobody can seal", renew)
    elif certificate.not_before - facts.now > _SAME:
        yield fault(
            f"the certificate is valid from {certificate.not_before:%Y-%m-%d %H:%M} only",
            "look at the clock of the machine that made it",
        )
    elif left < EXPIRY_WARNING:
        yield warning(f"the certificate expires in {for_people(left)}, on {until}", renew)
    else:
        yield ok(f"valid until {until}")


def pinned(facts: Facts) -> Iterator[Finding]:
    """Look whether what is served is what `.sealer.yaml` pins."""
    certificate = current(facts)
    if facts.pins is None:
        yield note("no .sealer.yaml here: nobody would notice another certificate", _PIN)
        return
    if not facts.pins:
        yield note("no key is pinned for this cluster in .sealer.yaml", _PIN)
        return
    wrong = [each for each in facts.pins if certificate.fingerprint not in each.fingerprints]
    for each in wrong:
        yield fault(
            f"served is {certificate.fingerprint}; pinned for cluster {each.cluster} is "
            + " or ".join(each.fingerprints),
            f"if the key was renewed on purpose: {_PIN} --cluster {each.cluster} --force; "
            "else find out who changed it, and do not seal",
        )
    if not wrong:
        yield ok(f"pinned for cluster {', '.join(each.cluster for each in facts.pins)}")
