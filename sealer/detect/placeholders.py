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
_LONGEST_TEMPLATE = 4000


def is_placeholder(text: str) -> bool:
    """Tell whether a whole value is a reference to a value that stands elsewhere."""
    text = text.strip()
    if "{{" in text and len(text) <= _LONGEST_TEMPLATE:
        from sealer.detect.actions import is_reference  # noqa: PLC0415 - rarely needed

        return is_reference(text)
    return 0 < len(text) <= _LONGEST and _PLACEHOLDER.fullmatch(text) is not None
