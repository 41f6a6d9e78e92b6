"""What lint can find: each rule's number, name, severity, and what to do about a finding.

`docs/lint.md` explains every rule at length, under an anchor that is its number in lower case.
"""

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding.

    Attributes:
        id: `SL` and three digits; never used again for something else.
        name: A few words with hyphens.
        severity: Whether it will not work, or may not be what was meant.
        hint: What to do, where one advice fits all findings; else empty.
    """

    id: str
    name: str
    severity: Severity
    hint: str = ""


_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
_RESEAL = "seal the value again: sealer set FILE KEY"

MALFORMED_OBJECT = Rule("SL001", "malformed-object", _ERROR)
UNKNOWN_FIELD = Rule("SL002", "unknown-field", _WARNING)
MALFORMED_VALUE = Rule("SL003", "malformed-value", _ERROR, _RESEAL)
MOVED_VALUE = Rule(
    "SL004", "moved-value", _ERROR, "put the values back, or seal them again: sealer set FILE KEY"
)
STALE_HINT = Rule(
    "SL005",
    "stale-hint",
    _WARNING,
    "harmless; `sealer set` and `sealer reseal` keep the annotation right",
)
LEGACY_DATA = Rule(
    "SL006", "legacy-data", _WARNING, "seal the Secret again to get spec.encryptedData"
)
EMPTY_OBJECT = Rule("SL007", "empty-object", _WARNING)
WRONG_CLUSTER = Rule(
    "SL008",
    "wrong-cluster",
    _ERROR,
    "seal the value again: sealer set FILE KEY; if both clusters have the key: sealer reseal, "
    "or pin it for both until then",
)

MISSING_NAME = Rule("SL010", "missing-name", _ERROR, "write metadata.name")
INVALID_NAME = Rule("SL011", "invalid-name", _ERROR)
MISSING_NAMESPACE = Rule(
    "SL012",
    "missing-namespace",
    _WARNING,
    "write metadata.namespace: the values open in one namespace only",
)
INVALID_NAMESPACE = Rule("SL013", "invalid-namespace", _ERROR)
NAME_MISMATCH = Rule(
    "SL014", "name-mismatch", _ERROR, "give both the same name, or seal the Secret again"
)
NAMESPACE_MISMATCH = Rule(
    "SL015", "namespace-mismatch", _ERROR, "give both the same namespace, or seal the Secret again"
)
SCOPE_MISMATCH = Rule(
    "SL016", "scope-mismatch", _ERROR, "write the scope's annotation into metadata.annotations too"
)
TWO_SCOPES = Rule("SL017", "two-scopes", _WARNING, "leave the one out that is not meant")
SCOPE_WITHOUT_EFFECT = Rule(
    "SL018", "scope-without-effect", _WARNING, 'write "true", or leave the annotation out'
)

INVALID_ITEM_KEY = Rule(
    "SL020",
    "invalid-item-key",
    _ERROR,
    "letters, digits, '-', '_' and '.', such as 'tls.key'",
)
MISSING_ITEM = Rule("SL021", "missing-item", _ERROR)
TOKEN_TYPE = Rule(
    "SL022",
    "token-type",
    _WARNING,
    "create the ServiceAccount, or seal the token as type Opaque",
)
SECRET_TOO_LARGE = Rule("SL023", "secret-too-large", _ERROR, "split it into several Secrets")
OBJECT_TOO_LARGE = Rule("SL024", "object-too-large", _ERROR, "split it into several Secrets")
LARGE_OBJECT = Rule("SL025", "large-object", _WARNING, "apply it with --server-side")

MALFORMED_TEMPLATE = Rule("SL030", "malformed-template", _ERROR)
REFUSED_FUNCTION = Rule("SL031", "refused-function", _ERROR)
READABLE_TEMPLATE = Rule(
    "SL032",
    "readable-template",
    _WARNING,
    "if it is secret, seal it; if not, a ConfigMap may be its place",
)
SHADOWED_TEMPLATE = Rule(
    "SL033", "shadowed-template", _WARNING, "rename one of the two, or take one out"
)
COPIED_MANIFEST = Rule("SL034", "copied-manifest", _WARNING, "delete the annotation")
REPLICATED_SECRET = Rule(
    "SL035",
    "replicated-secret",
    _WARNING,
    "make sure that whoever reads the copies may read the Secret",
)
TEMPLATE_ONLY_WITHOUT_EFFECT = Rule(
    "SL036",
    "template-only-without-effect",
    _WARNING,
    "name sealed items that an entry of spec.template.data uses",
)
TEMPLATE_WITHOUT_ITEM = Rule(
    "SL037",
    "template-without-item",
    _ERROR,
    "mend the name, or seal the item: sealer set FILE KEY",
)

READABLE_SECRET = Rule("SL040", "readable-secret", _ERROR)
UNDECIDED = Rule("SL041", "undecided", _ERROR, "split the file, or distrust it")
HOOK_WARNING = Rule("SL042", "hook-warning", _WARNING)

NO_SUCH_SECRET = Rule(
    "SL050",
    "no-such-secret",
    _ERROR,
    "mend the name; if something else makes it: optional: true, or --ignore SL050",
)
NO_SUCH_ITEM = Rule(
    "SL051",
    "no-such-item",
    _ERROR,
    "mend the key; if the item may be missing: optional: true",
)
DUPLICATE_OBJECT = Rule("SL052", "duplicate-object", _ERROR, "delete one of them")
REPEATED_OBJECT = Rule(
    "SL053",
    "repeated-object",
    _WARNING,
    "where the folders are for different clusters, say so in .sealer.yaml",
)

RULES = {rule.id: rule for rule in list(globals().values()) if isinstance(rule, Rule)}
