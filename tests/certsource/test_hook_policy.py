"""The section `hook` of `.sealer.yaml`: every setting arrives, and every fault has its line."""

from datetime import date

import pytest

from sealer.detect.rules import Severity
from sealer.errors import ManyErrors, PolicyError
from sealer.policy import Allow, HookPolicy, read_policy

FULL = """\
version: 1
hook:
  rules: {SH005: warn, SH010: block, SH011: off, SH012: 'off'}
  placeholders: [changeme, 'yes']
  pin-change: block
  new-allows: block
  allow:
  - {path: "tests/**", rule: SH001, reason: a fixture}
  - path: a.yaml
    document: shop/*
    item: tls.key
    rule: SH018
    reason: published as an example
    until: 2027-01-31
"""


def _read(*lines: str) -> HookPolicy:
    text = "version: 1\nhook:\n" + "".join(f"  {line}\n" for line in lines)
    return read_policy(text.encode()).hook


def test_hook_policy_with_everything_is_read() -> None:
    """A bare `off` is the word, and not YAML's boolean; a bare date is a day."""
    assert read_policy(FULL.encode()).hook == HookPolicy(
        allows=(
            Allow("tests/**", "SH001", "a fixture"),
            Allow(
                "a.yaml",
                "SH018",
                "published as an example",
                document="shop/*",
                item="tls.key",
                until=date(2027, 1, 31),
            ),
        ),
        severities={
            "SH005": Severity.WARN,
            "SH010": Severity.BLOCK,
            "SH011": Severity.OFF,
            "SH012": Severity.OFF,
            "SH023": Severity.BLOCK,
        },
        placeholders=frozenset(("changeme", "yes")),
        refuses_new_allows=True,
    )


def test_hook_policy_that_is_empty_says_nothing() -> None:
    """All of it is optional; what warns needs no word."""
    nothing = HookPolicy()
    assert read_policy(b"version: 1\n").hook == nothing
    assert read_policy(b"version: 1\nhook: {}\n").hook == nothing
    assert _read("new-allows: warn") == nothing
    assert _read("rules: {}", "placeholders: []", "allow: []") == nothing


def test_hook_policy_settings_are_those_of_the_detector() -> None:
    """Severities and placeholders; the rest is asked afterwards."""
    settings = read_policy(FULL.encode()).hook.settings
    assert settings.severities["SH005"] is Severity.WARN
    assert set(settings.placeholders) == {"changeme", "yes"}


def test_hook_policy_may_say_one_thing_twice() -> None:
    """`pin-change` is another word for the severity of one rule."""
    hook = _read("rules: {SH023: block}", "pin-change: block")
    assert hook.severities == {"SH023": Severity.BLOCK}


ENTRY = "- {{path: a, rule: SH001, reason: x, {}}}"


@pytest.mark.parametrize(
    ("lines", "place", "said"),
    [
        (("rule: {}",), "3:3", "no setting rule here"),
        (("rules: [SH001]",), "3:10", "rules must be a mapping"),
        (("rules: {SH999: off}",), "3:18", "there is no rule SH999"),
        (("rules: {SH001: maybe}",), "3:18", "SH001 must be one of: block, warn, off"),
        (("rules: {SH001: [off]}",), "3:18", "must be one of"),
        (("rules: {SH001: false}",), "3:18", "must be one of"),
        (("rules: {SH001: }",), "3:18", "must be one of"),
        (("rules: {SH023: off}", "pin-change: block"), "4:15", "say two things of SH023"),
        (("pin-change: off",), "3:15", "must be one of: warn, block"),
        (("new-allows: off",), "3:15", "must be one of: warn, block"),
        (("placeholders: [1]",), "3:18", "must be a text"),
        (("placeholders: ['']",), "3:18", "must be a text"),
        (("allow: {}",), "3:10", "allow must be a list"),
        (("allow: [a]",), "3:11", "an entry of allow is a mapping with path, rule, reason"),
        (("allow:", "- {rule: SH001, reason: x}"), "4:5", "has no path"),
        (("allow:", "- {path: a, reason: x}"), "4:5", "has no rule"),
        (("allow:", "- {path: a, rule: SH001}"), "4:5", "has no reason"),
        (("allow:", "- {path: a, rule: SH001, reason: ' '}"), "4:36", "the reason is blank"),
        (("allow:", "- {path: a, rule: SH999, reason: x}"), "4:21", "there is no rule SH999"),
        (("allow:", "- {path: /a, rule: SH001, reason: x}"), "4:12", "matches no file"),
        (("allow:", ENTRY.format("document: a/b/c")), "4:49", "the document matches nothing"),
        (("allow:", ENTRY.format("item: a b")), "4:45", "the item matches nothing"),
        (("allow:", ENTRY.format("until: tomorrow")), "4:46", "until must be a day"),
        (("allow:", ENTRY.format("until: 2026-02-30")), "4:46", "until must be a day"),
        (("allow:", ENTRY.format("because: x")), "4:39", "no setting because here"),
    ],
)
def test_hook_policy_fault_is_told_with_its_line(
    lines: tuple[str, ...], place: str, said: str
) -> None:
    """What is wrong, and where; a misspelt word must not let anything pass, or keep it."""
    with pytest.raises(PolicyError) as caught:
        _read(*lines)
    assert str(caught.value.where) == place
    assert said in caught.value.message


def test_hook_policy_with_several_faults_tells_all() -> None:
    """People mend them all at once."""
    with pytest.raises(ManyErrors) as caught:
        _read("rules: {SH999: never}", "allow: [{}]")
    assert len(caught.value.errors) == 5
