"""The ways in which the API server says no, with its own words (platform.md 9)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.fake.kinds import Kind

__all__ = ["Cause", "Refusal", "bad_request", "conflict", "expired", "invalid", "status"]

TOO_MANY_BYTES = "Too long: may not be more than {} bytes"
EXPIRED_TOKEN = (
    "The provided continue parameter is too old to display a consistent list result. You can start "
    "a new list without the continue parameter, or use the continue token in this response to "
    "retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list."
)
MODIFIED = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


class Cause(NamedTuple):
    """One broken rule: the field's path, a reason for programs, words for people."""

    field: str
    reason: str
    message: str


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 - an answer, not an error of ours
    """An answer that says no; the handler turns it into a `Status`."""

    code: int
    reason: str
    message: str
    details: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    token: str = ""


def status(refusal: Refusal) -> dict[str, Any]:
    """Return the `Status` object that says so."""
    body: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}}
    if refusal.token:
        body["metadata"]["continue"] = refusal.token
    body |= {"status": "Failure", "message": refusal.message}
    if refusal.reason:
        body["reason"] = refusal.reason
    if refusal.details:
        body["details"] = refusal.details
    return body | {"code": refusal.code}


def _details(kind: Kind, name: str, *, singular: bool = False) -> dict[str, Any]:
    named = {"name": name} if name else {}
    group = {"group": kind.group} if kind.group else {}
    return named | group | {"kind": kind.kind if singular else kind.plural}


def unauthorized() -> Refusal:
    """401: nobody knows this token."""
    return Refusal(401, "Unauthorized", "Unauthorized")


def bad_request(message: str) -> Refusal:
    """400: the request makes no sense."""
    return Refusal(400, "BadRequest", message)


def not_found(kind: Kind, name: str) -> Refusal:
    """404: there is no such object."""
    message = f'{kind.qualified_plural} "{name}" not found'
    return Refusal(404, "NotFound", message, _details(kind, name))


def already_exists(kind: Kind, name: str) -> Refusal:
    """409: the name is taken."""
    message = f'{kind.qualified_plural} "{name}" already exists'
    return Refusal(409, "AlreadyExists", message, _details(kind, name))


def conflict(kind: Kind, name: str, why: str = MODIFIED) -> Refusal:
    """409: written from an old copy, or of another object."""
    message = f'Operation cannot be fulfilled on {kind.qualified_plural} "{name}": {why}'
    return Refusal(409, "Conflict", message, _details(kind, name))


def precondition_failed(kind: Kind, name: str, what: str, wanted: str, found: str) -> Refusal:
    """409: a DELETE that named another UID or version."""
    ending = "deleted and then recreated" if what == "UID" else "modified"
    message = (
        f'Operation cannot be fulfilled on {kind.kind} "{name}": the {what} in the precondition '
        f"({wanted}) does not match the {what} in record ({found}). "
        f"The object might have been {ending}"
    )
    return Refusal(409, "Conflict", message, _details(kind, name, singular=True))


def expired(version: int, oldest: int) -> Refusal:
    """410: the version lies before what is remembered."""
    return Refusal(410, "Expired", f"too old resource version: {version} ({oldest})")


def invalid(kind: Kind, name: str, causes: Iterable[Cause]) -> Refusal:
    """422: the object breaks rules of its kind."""
    found = list(causes)
    group = f".{kind.group}" if kind.group else ""
    listed = f'{kind.kind}{group} "{name}" is invalid: {_joined(found)}'
    details = _details(kind, name, singular=True) | {"causes": [cause._asdict() for cause in found]}
    return Refusal(422, "Invalid", listed, details)


def version_needed(kind: Kind, name: str) -> Refusal:
    """422: this kind cannot be overwritten blindly."""
    cause = Cause(
        "metadata.resourceVersion",
        "FieldValueInvalid",
        "Invalid value: 0: must be specified for an update",
    )
    message = f'{kind.qualified_plural} "{name}" is invalid: {_joined([cause])}'
    return Refusal(422, "Invalid", message, _details(kind, name) | {"causes": [cause._asdict()]})


def forbidden(kind: Kind, verb: str, resource: str, namespace: str, name: str) -> Refusal:
    """403: the user `dev` may not do that."""
    subject = f'{kind.qualified_plural} "{name}"' if name else kind.qualified_plural
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    message = (
        f'{subject} is forbidden: User "dev" cannot {verb} resource "{resource}" '
        f'in API group "{kind.group}" {where}'
    )
    return Refusal(403, "Forbidden", message, _details(kind, name))


def _joined(causes: Sequence[Cause]) -> str:
    texts = [f"{cause.field}: {cause.message}" for cause in causes]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
