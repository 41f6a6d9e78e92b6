"""Who uses which Secret, as text for people and as JSON for machines."""

from collections.abc import Iterator, Mapping

from sealer.cli.console import printable
from sealer.errors import Where
from sealer.usage import Source, Use
from sealer.usage.report import Doubt, Report, SecretUsage
from sealer.usage.resolve import Missing


def as_text(report: Report) -> str:
    """Return a paragraph for each Secret, and a line for each thing that is missing."""
    lines = [line for secret in report.secrets for line in _paragraph(secret)]
    lines += (_missing_line(each) for each in report.missing)
    return "".join(f"{printable(line)}\n" for line in lines)


def as_document(report: Report) -> dict[str, object]:
    """Return the report as JSON values."""
    return {
        "secrets": [_secret(each) for each in report.secrets],
        "missing": [
            {
                "namespace": each.use.namespace,
                "name": each.use.reference.name,
                "key": each.key,
                "user": _user(each.use),
            }
            for each in report.missing
        ],
        "doubts": [_doubt(each) for each in report.doubts],
    }


def sentence_about(doubt: Doubt) -> str:
    """Return what may not work about a variable."""
    name = f"item {doubt.key}"
    if doubt.variable != doubt.key:
        name += f" as {doubt.variable}"
    return f"{doubt.use.user}: envFrom of {doubt.use.secret}: {name} {doubt.reason}"


def _paragraph(secret: SecretUsage) -> Iterator[str]:
    made_by = ", ".join(_origin(each) for each in secret.sources) or "nothing makes it"
    yield f"{secret}: {made_by}" + ("" if secret.uses else "; nobody uses it")
    if not secret.uses:
        return
    for key in secret.keys or ():
        users = secret.users_of(key)
        yield f"  {key}" + (": nobody uses it" if key in secret.unused_keys else "")
        yield from (f"    {_line(use, key)}" for use in users)
    if secret.users_of_all:
        yield "  all items"
        yield from (f"    {_line(use)}" for use in secret.users_of_all)


def _origin(source: Source) -> str:
    kind, where = source.provided.kind, str(source.where)
    return f"{kind} at {where}" if where else kind


def _line(use: Use, key: str = "") -> str:
    reference = use.reference
    words = [reference.way.value]
    if reference.target:
        words.append(reference.target)
    files = [file for file in reference.files if not key or file.key in ("", key)]
    if files:
        words.append("as " + ", ".join(f"{each.path} in {each.container}" for each in files))
    elif reference.container:
        words.append(f"in {reference.container}")
    if reference.is_optional:
        words.append("(optional)")
    where = f" ({use.where})" if str(use.where) else ""
    return f"{use.user}: {' '.join(words)}{where}"


def _missing_line(missing: Missing) -> str:
    use = missing.use
    what = f"Secret {use.secret}"
    fault = f"{what} has no item {missing.key}" if missing.key else f"there is no {what}"
    parts = (str(use.where), use.user, fault)
    return ": ".join(part for part in parts if part)


def _secret(secret: SecretUsage) -> dict[str, object]:
    return {
        "namespace": secret.namespace,
        "name": secret.name,
        "sources": [{"kind": each.provided.kind, **_place(each.where)} for each in secret.sources],
        "items": [
            {"key": key, "users": [_user(use) for use in secret.users_of(key)]}
            for key in secret.keys or ()
        ],
        "users": [_user(use) for use in secret.users_of_all],
        "unusedItems": secret.unused_keys,
        "isUsed": bool(secret.uses),
    }


def _user(use: Use) -> dict[str, object]:
    reference = use.reference
    return {
        "kind": use.kind,
        "namespace": use.where.namespace,
        "name": use.where.name,
        "way": reference.way.value,
        "container": reference.container,
        "target": reference.target,
        "keys": list(reference.named_keys),
        "files": [
            {"container": file.container, "path": file.path, "key": file.key}
            for file in reference.files
        ],
        "isOptional": reference.is_optional,
        **_place(use.where),
    }


def _doubt(doubt: Doubt) -> Mapping[str, object]:
    return {
        "key": doubt.key,
        "variable": doubt.variable,
        "reason": doubt.reason,
        "user": _user(doubt.use),
    }


def _place(where: Where) -> dict[str, object]:
    return {
        "path": where.path,
        "line": where.line,
        "column": where.column,
        "document": where.document,
    }
