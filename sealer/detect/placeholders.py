"""Values that only name where the real one comes from: `${DB_PASSWORD}`, `<path:kv/db#password>`.

Only a whole value counts. `${DB_PASSWORD:-s3cret}` holds a default, which is a value like any
other, and so is `changeme`.
"""

import re

_LONGEST = 1000
_PLACEHOLDER = re.compile(
    r"\$\{[A-Za-z_][A-Za-z0-9_.]*\}"  # shell, envsubst, Flux, Terraform; `${x-y}` has a default
    r"|\$\([A-Za-z_][A-Za-z0-9_.-]*\)"  # Kubernetes, Tekton, Azure Pipelines
    r"|<path:[^<>\s][^<>\r\n]*>"  # Argo CD Vault Plugin
    r"|ref\+(?!echo:)[a-z0-9]+://\S+"  # vals; its `echo` returns what stands behind it
    r"|vault:[^\s#]+#\S+"  # Bank-Vaults
    r"|op://[^\r\n]+"  # 1Password
)
_TEMPLATE = re.compile(r"\$?\{\{-?\s*(?P<expression>(?:(?!\{\{|\}\})[^\r\n])*?)\s*-?\}\}")
_REFERENCE = re.compile(r"[.$(]?\(?[.$]?[A-Za-z_]")
# Literals that name a template, a field or a file, or word an error, never become the value.
_TEXT, _FIELD = r"\"[^\"]*\"", r"[.$][\w.$]*"
_NAMING = re.compile(
    rf"\b(?:include|template|required)\s+{_TEXT}"
    rf"|\b(?:index|get)\s+{_FIELD}(?:\s+(?:{_TEXT}|{_FIELD}))*"
    rf"|\blookup(?:\s+(?:{_TEXT}|{_FIELD}))+"
    rf"|\.Files\.(?:Get|Glob|Lines)\s+{_TEXT}"
)
_EMPTY = re.compile(r"\"\"|''")
_LITERAL = re.compile(r"[\"'`]|\b(?:default|coalesce|ternary)\b[\s(]+-?\d")


def is_placeholder(text: str) -> bool:
    """Tell whether a whole value is a reference to a value that stands elsewhere."""
    text = text.strip()
    if not 0 < len(text) <= _LONGEST:
        return False
    if _PLACEHOLDER.fullmatch(text):
        return True
    template = _TEMPLATE.fullmatch(text)
    return template is not None and _is_reference(template["expression"])


def _is_reference(expression: str) -> bool:
    """Tell whether a template expression takes its value from elsewhere: it has no literal."""
    if not _REFERENCE.match(expression):
        return False
    rest = _EMPTY.sub("", _NAMING.sub("", expression))
    return _LITERAL.search(rest) is None
