"""Values that only name where the real one comes from: `${DB_PASSWORD}`, `<path:kv/db#password>`.

Only a whole value counts. `${DB_PASSWORD:-s3cret}` holds a default, which is a value like any
other, and so is `changeme`. Between several references may stand what says nothing by itself:
`postgres://${USER}:${PASSWORD}@${HOST}:5432`.
"""

import re

_LONGEST = 1000
_VARIABLE = re.compile(
    r"\$\{[A-Za-z_][A-Za-z0-9_.]*\}"  # shell, envsubst, Flux, Terraform; `${x-y}` has a default
    r"|\$\([A-Za-z_][A-Za-z0-9_.-]*\)"  # Kubernetes, Tekton, Azure Pipelines
    r"|\$_+(?!\w)"  # what `passages.placeholder` puts for `$U`
)
_PLACEHOLDER = re.compile(
    r"<path:[^<>\s][^<>\r\n]*>"  # Argo CD Vault Plugin
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
    if not 0 < len(text) <= _LONGEST:
        return False
    return _PLACEHOLDER.fullmatch(text) is not None or _is_made_of_variables(text)


def _is_made_of_variables(text: str) -> bool:
    rest = _VARIABLE.sub("", text) if "$" in text else text
    if rest == text or not rest:
        return rest != text
    from sealer.detect.actions import has_words  # noqa: PLC0415 - rarely needed

    return not has_words(rest)
