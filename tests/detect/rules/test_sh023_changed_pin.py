"""SH023: whoever changes a pin is told, since from then on everybody seals to another key."""

from collections.abc import Sequence

import pytest

from sealer.detect import scan
from sealer.detect.finding import Finding
from sealer.detect.rules import Severity
from sealer.detect.settings import Settings
from tests.detect.rules.test_sh022_unpinned_certificate import policy

_ONE, _TWO = (f"SHA256:{letter * 43}" for letter in "ab")


def _nothing(_: str) -> bytes | None:
    return None


def _scan(before: bytes | None, after: bytes, path: str = ".sealer.yaml") -> Sequence[Finding]:
    asked = {path: before} if before is not None else {}
    answer = scan(path, after, Settings(lookup=_nothing, before=asked.get))
    assert answer.undecided == ()
    return answer.findings


@pytest.mark.parametrize(
    ("before", "after", "pointer"),
    [
        (policy(pins=_ONE), policy(pins=_TWO), "/1/clusters/prod/fingerprint"),
        (policy(pins=_ONE), policy(pins=f"[{_ONE}, {_TWO}]"), "/1/clusters/prod/fingerprint"),
        (policy(pins=f"[{_ONE}, {_TWO}]"), policy(pins=_ONE), "/1/clusters/prod/fingerprint"),
        (policy(pins=_ONE), policy(pins=""), "/1/clusters/prod"),
        (policy(pins=_ONE), policy(pins=_ONE).replace(b"prod:", b"test:"), "/1/clusters"),
        (policy(pins=_ONE), b"version: 1\n", "/text/prod"),
        (policy(pins=_ONE), policy("other.pem", _TWO), "/1/clusters/prod/fingerprint"),
    ],
)
def test_scan_changed_pin_is_found(before: bytes, after: bytes, pointer: str) -> None:
    """Another pin, one more, one less, and none at all."""
    (finding,) = _scan(before, after)
    assert (finding.rule, finding.key, finding.pointer) == ("SH023", "prod", pointer)
    assert finding.severity is Severity.WARN


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, policy(pins=_ONE)),
        (policy(pins=""), policy(pins=_ONE)),
        (b"version: 1\n", policy(pins=_ONE)),
        (policy(pins=_ONE), policy(pins=_ONE)),
        (policy(pins=_ONE), policy(pins=f"[{_ONE}]")),
        (policy(pins=f"[{_ONE}, {_TWO}]"), policy(pins=f"[{_TWO}, {_ONE}]")),
        (policy(pins=_ONE), policy("other.pem", _ONE)),
        (policy(pins=_ONE), policy(pins=_ONE) + b"  more: {fingerprint: '%s'}\n" % _TWO.encode()),
        (b"version: 9\n", policy(pins=_ONE)),
        (policy(pins=_ONE), b"version: 9\n"),
        (policy(pins=_ONE), b"{"),
        (policy(pins=_ONE), policy(pins=_ONE) + b"default: prod\n"),
    ],
)
def test_scan_policy_without_a_changed_pin_passes(before: bytes | None, after: bytes) -> None:
    """A first pin takes nothing away; what cannot be read is told elsewhere."""
    assert _scan(before, after) == ()


def test_scan_policy_anywhere_is_compared_with_itself() -> None:
    """A folder may have its own."""
    (finding,) = _scan(policy(pins=_ONE), policy(pins=_TWO), "clusters/.sealer.yaml")
    assert finding.rule == "SH023"
    assert _scan(policy(pins=_ONE), policy(pins=_TWO), "clusters/sealer.yaml") == ()


def test_settings_can_make_it_block() -> None:
    """`hook.pin-change: block` does, by the rule's severity."""
    settings = Settings(
        severities={"SH023": Severity.BLOCK}, lookup=_nothing, before=lambda _: policy(pins=_ONE)
    )
    (finding,) = scan(".sealer.yaml", policy(pins=_TWO), settings).findings
    assert finding.severity is Severity.BLOCK
