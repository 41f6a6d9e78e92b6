"""Which values of a document SOPS has encrypted.

SOPS writes tokens in the place of values and a stanza named `sops` beside them. A token alone
proves nothing: the stanza must stand in the same document, name a key that can open it, and its
rule must cover the value's path. Source: the stanza as SOPS 3 writes it, and its
`shouldBeEncrypted`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sealer.detect.objects import entries, key_of, text_of
from sealer.documents import Mapping, Node, Scalar, Sequence

_BASE64 = r"[A-Za-z0-9+/]*={0,2}"
_TOKEN = re.compile(
    rf"ENC\[AES256_GCM,data:{_BASE64},iv:[A-Za-z0-9+/]{{43}}=,tag:[A-Za-z0-9+/]{{22}}==,"
    r"type:(?:str|int|float|bytes|bool|comment)\]"
)
_RECIPIENTS = ("kms", "gcp_kms", "azure_kv", "hc_vault", "hckms", "age", "pgp", "key_groups")
# A rule is a regular expression from the repository. Only patterns that Python and Go read alike,
# and that cannot take exponential time, are tried; the others cover nothing.
_SAFE_PATTERN = re.compile(
    r"(?:\(\?i\))?(?:[\w^$|./ -]|\\[.\-_/$]|\((?!\?)|\)(?![*+{?])|[*+?](?![*+?])"
    r"|\[(?:[\w.]|-(?!-))*\])*"
)
_LONGEST_PATTERN = 1000
_MOST_REPETITIONS = 2
_MOST_TRIES = 200


def is_token(text: str) -> bool:
    """Tell whether a value is one that SOPS has encrypted."""
    return text.startswith("ENC[") and _TOKEN.fullmatch(text) is not None


@dataclass(slots=True)
class Stanza:
    """The `sops` section of a document: which of its values are encrypted.

    Attributes:
        rules: Its `encrypted_regex`, `unencrypted_suffix` and so on.
    """

    rules: dict[str, str]
    _tried: dict[tuple[str, str], bool] = field(default_factory=dict)

    def covers(self, path: Iterable[str]) -> bool:
        """Tell whether SOPS encrypts the value at a path of keys, the outermost first."""
        keys = tuple(path)
        encrypted = True
        if suffix := self.rules.get("unencrypted_suffix"):
            encrypted = not any(key.endswith(suffix) for key in keys)
        if suffix := self.rules.get("encrypted_suffix"):
            encrypted = any(key.endswith(suffix) for key in keys)
        if pattern := self.rules.get("unencrypted_regex"):
            encrypted = _is_safe(pattern) and not any(self._matches(pattern, key) for key in keys)
        if pattern := self.rules.get("encrypted_regex"):
            encrypted = _is_safe(pattern) and any(self._matches(pattern, key) for key in keys)
        return encrypted

    def _matches(self, pattern: str, key: str) -> bool:
        known = self._tried.get((pattern, key))
        if known is None:
            # Where nothing repeats, a search is fast. Elsewhere their number is bounded, and what
            # is not tried counts against the value, whichever way the rule is meant.
            if _repetitions(pattern) and len(self._tried) >= _MOST_TRIES:
                return pattern == self.rules.get("unencrypted_regex")
            known = re.search(pattern, key[:253]) is not None
            self._tried[pattern, key] = known
        return known


def read_stanza(root: Node) -> Stanza | None:
    """Return the SOPS stanza of a document, or None when it has none that could open anything."""
    if not isinstance(root, Mapping):
        return None
    found = [value for key, value in entries(root) if key_of(key) == "sops"]
    if len(found) != 1 or not isinstance(found[0], Mapping):
        return None
    fields = {key_of(key): value for key, value in entries(found[0])}
    if not _is_token_node(fields.get("mac")) or not any(
        _names_a_key(fields.get(name)) for name in _RECIPIENTS
    ):
        return None
    texts = {key: text_of(value) for key, value in fields.items() if isinstance(value, Scalar)}
    return Stanza(texts)


def _is_token_node(node: Node | None) -> bool:
    return isinstance(node, Scalar) and is_token(node.text)


def _names_a_key(node: Node | None) -> bool:
    """Tell whether a list of recipients holds an encrypted data key (`enc`), in groups or not."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, Sequence):
            pending.extend(current.items)
        elif isinstance(current, Mapping):
            for key, value in entries(current):
                if isinstance(value, Scalar):
                    if key_of(key) == "enc" and value.text.strip():
                        return True
                else:
                    pending.append(value)
    return False


def _is_safe(pattern: str) -> bool:
    return (
        len(pattern) <= _LONGEST_PATTERN
        and _SAFE_PATTERN.fullmatch(pattern) is not None
        and _repetitions(pattern) <= _MOST_REPETITIONS
        and _compiles(pattern)
    )


def _repetitions(pattern: str) -> int:
    return pattern.count("*") + pattern.count("+")


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
