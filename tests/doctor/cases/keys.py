"""Cases of certificate and keys."""

import re
from datetime import timedelta

from sealer.doctor.facts import Fact, Pinned
from sealer.keysecret import COMPROMISED, KEY_LABEL, STATE_ANNOTATION
from sealer.keystate import BACKED_UP_ANNOTATION
from tests.doctor import samples
from tests.doctor.cases.making import (
    FAULT,
    NO_METRICS,
    NOTE,
    OK,
    ORIGINAL,
    UNKNOWN,
    WARNING,
    Case,
    told,
)
from tests.doctor.samples import FORBIDDEN, LOADED, METRICS, NOW

_LATER = NOW + timedelta(days=40)
_TO_COME = {BACKED_UP_ANNOTATION: "2099-01-01T00:00:00Z"}
_MARKED = {STATE_ANNOTATION: COMPROMISED}
# What Prometheus takes for a number, and nobody can count with.
_NO_NUMBERS = ("NaN", "+Inf", "-Inf")
_NEW = f"{LOADED.not_before + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"

CASES = (
    Case("certificate", FAULT, "no certificate", {"served": Fact(b"<html>")}),
    Case(
        "certificate",
        FAULT,
        "not that of the newest key",
        {"metrics": Fact(METRICS.replace("timestamp_seconds ", "timestamp_seconds 9"))},
    ),
    Case(
        "certificate",
        UNKNOWN,
        "no Service for the controller's metrics",
        {"metrics": NO_METRICS, "keys": Fact([samples.key(creationTimestamp=_NEW)])},
    ),
    Case(
        "certificate",
        NOTE,
        "a key Secret is younger",
        {"metrics": Fact(""), "keys": Fact([samples.key(creationTimestamp=_NEW)])},
    ),
    Case("certificate", OK, "", {"metrics": NO_METRICS}),
    Case(
        "certificate",
        FAULT,
        "served is",
        {"published": Fact(samples.published(samples.OTHER_CERTIFICATE))},
    ),
    Case("certificate", FAULT, "holds no", {"published": Fact(samples.published(b"bad"))}),
    Case("certificate", WARNING, "is empty", {"published": Fact({"data": {}})}),
    Case("certificate", NOTE, "no ConfigMap", {"published": Fact(None)}),
    Case("certificate", OK, "", {"published": Fact(None), **ORIGINAL}),
    Case("certificate", OK, "", {"served": FORBIDDEN}),
    Case("certificate", UNKNOWN, "you may not", {"published": FORBIDDEN}),
    Case("expiry", FAULT, "expired", {"now": LOADED.not_after + timedelta(days=1)}),
    Case(
        "expiry",
        WARNING,
        "expires in 3 days",
        {"now": LOADED.not_after - timedelta(days=3, hours=1)},
    ),
    Case("expiry", FAULT, "valid from", {"now": LOADED.not_before - timedelta(days=1)}),
    Case(
        "pin",
        FAULT,
        "pinned for cluster prod is SHA256:x",
        {"pins": (Pinned("prod", ("SHA256:x",)),)},
    ),
    Case("pin", NOTE, "no .sealer.yaml", {"pins": None}),
    Case("pin", NOTE, "no key is pinned", {"pins": ()}),
    Case("keys", FAULT, "no key that may seal", {"keys": Fact([])}),
    Case("keys", FAULT, "no key that may seal", {"keys": Fact([samples.key(annotations=_MARKED)])}),
    Case(
        "keys",
        FAULT,
        "2 key Secrets cannot be read",
        {"metrics": Fact(METRICS.replace('unusable"} 0.0', 'unusable"} 2.0'))},
    ),
    *(
        Case(
            "keys",
            UNKNOWN,
            "do not say whether each can be read",
            {"metrics": Fact(METRICS.replace('unusable"} 0.0', f'unusable"}} {number}'))},
        )
        for number in _NO_NUMBERS
    ),
    *(
        Case(
            "certificate",
            OK,
            "",
            {"metrics": Fact(re.sub(r"(?<=timestamp_seconds ).*", number, METRICS))},
        )
        for number in _NO_NUMBERS
    ),
    Case("keys", UNKNOWN, "1 loaded", {"metrics": NO_METRICS}),
    Case("keys", OK, "1 loaded", {"metrics": NO_METRICS, **ORIGINAL}),
    Case(
        "keys",
        OK,
        "1 loaded, 1 not loaded",
        {"keys": Fact([samples.key(), samples.key("old", labels={KEY_LABEL: "retired"})])},
    ),
    Case("keys", OK, "1 loaded", {"keys": Fact([samples.key("sealed-secrets-key", labels={})])}),
    Case("renewal", FAULT, "a new one was due after 30 days", {"now": _LATER}),
    Case(
        "renewal",
        OK,
        "after 60 days",
        {"now": _LATER, "deployment": told("--key-renew-period=1440h")},
    ),
    Case("renewal", NOTE, "never renewed", {"deployment": told("--key-renew-period=0")}),
    Case(
        "renewal",
        NOTE,
        "not understood",
        {"deployment": told("--rotate-period", "monthly")},
    ),
    Case("renewal", FAULT, "no key", {"keys": Fact([])}),
    Case(
        "renewal",
        OK,
        "",
        {
            "now": _LATER,
            "metrics": Fact(
                "sealed_secrets_controller_next_renewal_timestamp_seconds "
                f"{_LATER.timestamp() + 60!r}\n"
            ),
        },
    ),
    Case(
        "backup",
        WARNING,
        "1 of 2 keys are in no backup, the one that seals among them: new",
        {"keys": Fact([samples.key(), samples.key("new", annotations={}, creationTimestamp=_NEW)])},
    ),
    Case("backup", NOTE, "the last backup is", {"now": NOW + timedelta(days=200)}),
    Case(
        "backup",
        WARNING,
        "1 key marked as backed up in the future",
        {"keys": Fact([samples.key(), samples.key("odd", annotations=_TO_COME)])},
    ),
    Case("backup", FAULT, "no key to back up", {"keys": Fact([])}),
    Case(
        "compromised",
        WARNING,
        "marked compromised and still opening values: bad",
        {"keys": Fact([samples.key(), samples.key("bad", annotations=_MARKED)])},
    ),
    Case(
        "compromised",
        OK,
        "",
        {"keys": Fact([samples.key("bad", annotations=_MARKED, labels={KEY_LABEL: "retired"})])},
    ),
)
