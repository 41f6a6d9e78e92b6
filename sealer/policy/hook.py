"""The section `hook` of `.sealer.yaml`: severities, placeholders, and what may stay (hook.md 3)."""

import re
from datetime import date

from sealer.detect.expiry import read_day
from sealer.detect.rules import CHANGED_PIN, RULES, Severity
from sealer.documents import Mapping, Node, Sequence
from sealer.policy.model import Allow, HookPolicy
from sealer.policy.reader import Reader, suggestion

HOOK_FIELDS = ("allow", "rules", "placeholders", "pin-change", "new-allows")
ALLOW_FIELDS = ("path", "document", "item", "rule", "reason", "until")
_NEEDED = ("path", "rule", "reason")
_SEVERITIES = [severity.value for severity in Severity]
_WARN_OR_BLOCK = [Severity.WARN.value, Severity.BLOCK.value]
_DOCUMENT = re.compile(r"[-.a-z0-9*?]+(?:/[-.a-z0-9*?]+)?")
_ITEM = re.compile(r"[-._/a-zA-Z0-9*?]+")


def read_hook(reader: Reader, node: Node) -> HookPolicy:
    """Read the section.

    Args:
        reader: Takes in what is wrong with it.
        node: Where it stands.
    """
    if not isinstance(node, Mapping):
        reader.refuse(node, "hook must be a mapping")
        return HookPolicy()
    fields = reader.fields(node, HOOK_FIELDS)
    new_allows = reader.choice(fields.get("new-allows"), "new-allows", _WARN_OR_BLOCK)
    return HookPolicy(
        allows=_allows(reader, fields.get("allow")),
        severities=_severities(reader, fields.get("rules"), fields.get("pin-change")),
        placeholders=frozenset(
            text for _, text in reader.texts(fields.get("placeholders"), "placeholders")
        ),
        refuses_new_allows=new_allows == Severity.BLOCK.value,
    )


def _severities(reader: Reader, node: Node | None, pin_change: Node | None) -> dict[str, Severity]:
    """Return the severities of rules. `pin-change` is another word for that of one of them."""
    severities = {}
    for name, value in reader.mapping(node, "rules").items():
        _check_rule(reader, value, name)
        if word := reader.choice(value, name, _SEVERITIES):
            severities[name] = Severity(word)
    if word := reader.choice(pin_change, "pin-change", _WARN_OR_BLOCK):
        if severities.get(CHANGED_PIN.id, Severity(word)) is not Severity(word):
            reader.refuse(pin_change, f"pin-change and rules say two things of {CHANGED_PIN.id}")
        severities[CHANGED_PIN.id] = Severity(word)
    return severities


def _allows(reader: Reader, node: Node | None) -> tuple[Allow, ...]:
    if node is None:
        return ()
    if not isinstance(node, Sequence):
        reader.refuse(node, "allow must be a list")
        return ()
    return tuple(_allow(reader, item) for item in node.items)


def _allow(reader: Reader, node: Node) -> Allow:
    if not isinstance(node, Mapping):
        reader.refuse(node, f"an entry of allow is a mapping with {', '.join(_NEEDED)}")
        return Allow("", "", "")
    fields = reader.fields(node, ALLOW_FIELDS)
    for name in _NEEDED:
        if name not in fields:
            reader.refuse(node, f"this entry of allow has no {name}")
    rule = reader.text(fields.get("rule"), "rule")
    if rule:
        _check_rule(reader, fields["rule"], rule)
    return Allow(
        path=reader.pattern(fields.get("path"), "path"),
        rule=rule,
        reason=_reason(reader, fields.get("reason")),
        document=_matching(reader, fields.get("document"), "document", _DOCUMENT),
        item=_matching(reader, fields.get("item"), "item", _ITEM),
        until=_until(reader, fields.get("until")),
    )


def _check_rule(reader: Reader, node: Node, name: str) -> None:
    if name not in RULES:
        hint = suggestion(name, RULES) or "docs/hook.md lists them all"
        reader.refuse(node, f"there is no rule {name}", hint=hint)


def _reason(reader: Reader, node: Node | None) -> str:
    text = reader.text(node, "reason")
    if text and not text.strip():
        reader.refuse(node, "the reason is blank", hint="say why this may stay")
    return text


def _matching(reader: Reader, node: Node | None, what: str, form: re.Pattern[str]) -> str:
    text = reader.text(node, what)
    if text and not form.fullmatch(text):
        reader.refuse(node, f"the {what} matches nothing", hint="as the finding shows it, * and ?")
        return ""
    return text


def _until(reader: Reader, node: Node | None) -> date | None:
    text = reader.text(node, "until")
    day = read_day(text)
    if text and day is None:
        reader.refuse(node, "until must be a day", hint="YYYY-MM-DD, the last on which it counts")
    return day
