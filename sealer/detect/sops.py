"""Which values of a document SOPS has encrypted.

SOPS writes tokens in the place of values and a stanza named `sops` beside them. A token alone
proves nothing: the stanza must stand in the same document, name a key that can open it, and its
rule must cover the value's path. Source: the stanza as SOPS 3 writes it, and its
`shouldBeEncrypted`.
"""

import re
from collections.abc import Iterable

from sealer.detect.job import Memory
from sealer.detect.objects import entries, key_of, text_of
from sealer.documents import Mapping, Node, Scalar, Sequence

_BASE64 = r"[A-Za-z0-9+/]*={0,2}"
_TOKEN = re.compile(
    rf"ENC\[AES256_GCM,data:{_BASE64},iv:[A-Za-z0-9+/]{{43}}=,tag:[A-Za-z0-9+/]{{22}}==,"
    r"type:(?:str|int|float|bytes|bool|time|comment)\]"
)
_RECIPIENTS = ("kms", "gcp_kms", "azure_kv", "hc_vault", "hckms", "age", "pgp", "key_groups")
# What SOPS leaves in clear where the stanza names no rule.
_DEFAULT = {"unencrypted_suffix": "_unencrypted"}
_BY_KEY = ("unencrypted_suffix", "encrypted_suffix", "unencrypted_regex", "encrypted_regex")
_BY_COMMENT = ("unencrypted_comment_regex", "encrypted_comment_regex")
_LONGEST_KEY = 253
# What it may take to read a rule.
_STEPS_TO_READ = 4000


def is_token(text: str) -> bool:
    """Tell whether a value is one that SOPS has encrypted."""
    return text.startswith("ENC[") and _TOKEN.fullmatch(text) is not None


class Stanza:
    """The `sops` section of a document: which of its values are encrypted.

    Attributes:
        rules: Its `encrypted_regex`, `unencrypted_suffix` and so on; those that are empty or
            missing do not count, and without any the default of SOPS does.

    Args:
        rules: Its fields that are texts.
        memory: What is known and may still be done, for all stanzas of a file together.
    """

    def __init__(self, rules: dict[str, str], memory: Memory | None = None) -> None:
        given = {name: rules.get(name, "") for name in (*_BY_KEY, *_BY_COMMENT)}
        # SOPS fills in its default where there is none.
        self.rules = {name: rule for name, rule in given.items() if rule} or dict(_DEFAULT)
        self._memory = memory or Memory()

    @property
    def goes_by_comments(self) -> bool:
        """Whether a comment decides what is encrypted: then any value may be, and none need be."""
        return any(name in self.rules for name in _BY_COMMENT)

    def covers(self, path: Iterable[str]) -> bool:
        """Tell whether SOPS encrypts the value at a path of keys, the outermost first.

        A rule that cannot be judged covers nothing.
        """
        keys = tuple(path)
        encrypted = True
        if suffix := self.rules.get("unencrypted_suffix"):
            encrypted = not any(key.endswith(suffix) for key in keys)
        if suffix := self.rules.get("encrypted_suffix"):
            encrypted = any(key.endswith(suffix) for key in keys)
        if rule := self.rules.get("unencrypted_regex"):
            encrypted = not any(self._matches(rule, key, otherwise=True) for key in keys)
        if rule := self.rules.get("encrypted_regex"):
            encrypted = any(self._matches(rule, key, otherwise=False) for key in keys)
        return encrypted

    def _matches(self, rule: str, key: str, *, otherwise: bool) -> bool:
        """Tell whether a rule matches a key, or return `otherwise` where that cannot be found out.

        Of very many keys that are all different, the last ones are not tried.
        """
        memory = self._memory
        known = memory.covered.get((rule, key))
        if known is None:
            from sealer.detect.patterns import pattern  # noqa: PLC0415 - rarely needed

            if rule not in memory.rules:
                memory.rules[rule] = pattern(rule) if memory.steps.take(_STEPS_TO_READ) else None
            compiled = memory.rules[rule]
            length = min(len(key) + 1, _LONGEST_KEY)
            if compiled is None or not memory.steps.take(compiled.size * length):
                return otherwise
            known = compiled.found_in(key[:_LONGEST_KEY])
            memory.covered[rule, key] = known
        return known


def read_stanza(root: Node, memory: Memory | None = None) -> Stanza | None:
    """Return the SOPS stanza of a document, or None when it has none that could open anything.

    Args:
        root: The document's content.
        memory: What is known and may still be done, for all stanzas of a file together.
    """
    if not isinstance(root, Mapping):
        return None
    found = [value for key, value in entries(root) if key_of(key) == "sops"]
    if len(found) != 1 or not isinstance(found[0], Mapping):
        return None
    fields = {key_of(key): value for key, value in entries(found[0])}
    has_key = any(_names_a_key(fields.get(name)) for name in _RECIPIENTS)
    texts = {key: text_of(value) for key, value in fields.items() if isinstance(value, Scalar)}
    return stanza_of_fields(texts, has_key=has_key, memory=memory)


def stanza_of_fields(
    fields: dict[str, str], *, has_key: bool, memory: Memory | None = None
) -> Stanza | None:
    """Return a stanza, or None when it could open nothing.

    Args:
        fields: Its fields that are texts.
        has_key: It holds an encrypted data key.
        memory: What is known and may still be done, for all stanzas of a file together.
    """
    return Stanza(fields, memory) if has_key and is_token(fields.get("mac", "")) else None


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
