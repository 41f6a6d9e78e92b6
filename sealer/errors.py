"""What can go wrong while sealing, unsealing and keeping Secrets.

    SealerError                      (sealer_keys.errors, with the errors about keys)
    ├── InputError                   something that was given cannot be used; knows where
    │   ├── DocumentError            not YAML or JSON that we can read
    │   │   └── DocumentLimitError   ... because it is deeper or larger than any honest document
    │   ├── ManifestError            well-formed, but no Secret or SealedSecret that may be used
    │   └── UnsafeEditError          a change would touch more of a file than was asked for
    ├── IdentityError                a namespace, name or scope that Kubernetes does not allow
    ├── PolicyError                  `.sealer.yaml` cannot be used
    ├── SealedValueError             one sealed value does not open
    │   ├── EncodingError            ... because it is not base64
    │   ├── FrameError               ... because its bytes are no sealed value
    │   │   └── OtherSizeError       ... or one for a key of another size than all held
    │   ├── NoMatchingKeyError       ... because no key opens it under this identity
    │   │   └── ElsewhereError       ... and one opens it under another
    │   └── CorruptCiphertextError   ... because a key fits and the rest does not authenticate
    ├── TemplateError                a `spec.template.data` entry cannot be rendered
    ├── UnsealError                  a SealedSecret does not open; holds all its faults
    ├── ManyErrors                   several faults of one run, reported together
    ├── OutputError                  the result could not be written
    └── RetryableError               trying again can help
        TerminalError                trying again cannot help until something changes

Whether trying again helps is a type, so that no decision ever reads a message.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sealer_keys.errors import SealerError

__all__ = [
    "CorruptCiphertextError",
    "DocumentError",
    "DocumentLimitError",
    "ElsewhereError",
    "EncodingError",
    "FrameError",
    "IdentityError",
    "InputError",
    "ManifestError",
    "ManyErrors",
    "NoMatchingKeyError",
    "OtherSizeError",
    "OutputError",
    "PolicyError",
    "RetryableError",
    "SealedValueError",
    "SealerError",
    "TemplateError",
    "TerminalError",
    "UnsafeEditError",
    "UnsealError",
    "Where",
]


# Where a name or a namespace is missing, the whole section is the place, and no item is meant.
_SECTION = "metadata"


class Where(NamedTuple):
    """The place that an error or a finding is about; every part may be unknown.

    Attributes:
        path: The file as the user named it, `-` for standard input.
        line: Counted from 1; 0 when unknown.
        column: Counted in characters from 1; 0 when unknown.
        document: The position in the stream, counted from 1; 0 when unknown.
        namespace: The object's namespace.
        name: The object's name.
        item: The key of a data item, or the path of a field.
    """

    path: str = ""
    line: int = 0
    column: int = 0
    document: int = 0
    namespace: str = ""
    name: str = ""
    item: str = ""

    def __str__(self) -> str:
        """Return `PATH:LINE:COL`, as compilers print it, with the parts that are known."""
        parts = [self.path]
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(part for part in parts if part)

    @property
    def subject(self) -> str:
        """The object and item in words: `document 2, shop/db, item password`."""
        parts = []
        if self.document > 1:
            parts.append(f"document {self.document}")
        if self.name:
            parts.append(f"{self.namespace}/{self.name}" if self.namespace else self.name)
        if self.item and self.item != _SECTION:
            parts.append(f"item {self.item}")
        return ", ".join(parts)


class InputError(SealerError):
    """Something that was given cannot be used.

    Attributes:
        where: The place, as exactly as it is known.
    """

    def __init__(self, message: str, *, where: Where | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.where = where or Where()

    def at(self, **known: str | int) -> "InputError":
        """Return this error with the unknown parts of its place filled in."""
        missing = {key: value for key, value in known.items() if not getattr(self.where, key)}
        self.where = self.where._replace(**missing)  # type: ignore[arg-type]
        return self


class DocumentError(InputError):
    """The text is not YAML or JSON that can be read safely. Mend it at the place named."""


class DocumentLimitError(DocumentError):
    """The text passes a limit that honest manifests stay far below. Split it, or distrust it."""


class ManifestError(InputError):
    """The document is no Secret or SealedSecret that may be used. Mend the field named."""


class UnsafeEditError(InputError):
    """A file cannot be changed without touching more than was asked for. Change it by hand."""


class IdentityError(SealerError):
    """A namespace, name or scope that no Kubernetes object can have. Use a legal one."""


class PolicyError(InputError):
    """`.sealer.yaml` cannot be used. Mend it at the place named."""


class SealedValueError(SealerError):
    """One sealed value does not open. The subclass says which layer refused it."""


class EncodingError(SealedValueError):
    """The value is not base64.

    Attributes:
        offset: Where decoding stopped, counted as Go's decoder counts.
    """

    def __init__(self, offset: int) -> None:
        super().__init__(f"illegal base64 data at input byte {offset}")
        self.offset = offset


class FrameError(SealedValueError):
    """The bytes are no sealed value: too short, or no key held has the declared size."""


class OtherSizeError(FrameError):
    """The value is for a key of a size that no key held has. Restore that key."""


class NoMatchingKeyError(SealedValueError):
    """No key opens the value under this identity: another key, or another scope, name, namespace.

    RSA-OAEP does not tell a wrong key from a wrong label, so neither do we.

    Attributes:
        tried: Fingerprints of the keys tried, in order.
    """

    def __init__(self, message: str, *, tried: Sequence[str] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.tried = tuple(tried)


class ElsewhereError(NoMatchingKeyError):
    """A key opens the value, and only under another name, namespace or scope than the object's."""


class CorruptCiphertextError(SealedValueError):
    """A key opens the first part of the value, and the rest does not authenticate: damaged."""


class TemplateError(SealerError):
    """A template entry cannot be rendered.

    Attributes:
        entry: The key of the entry under `spec.template.data`.
    """

    def __init__(self, message: str, *, entry: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.entry = entry


class ManyErrors(SealerError):  # noqa: N818 - several errors, named for what it holds
    """Several faults of one run, so that all are reported and not only the first.

    Attributes:
        errors: The faults, in the order they were found.
    """

    def __init__(self, errors: Iterable[SealerError]) -> None:
        self.errors = tuple(errors)
        super().__init__(f"{len(self.errors)} errors")


class UnsealError(SealerError):
    """A SealedSecret does not open. Nothing of it may be used.

    `message` is the text that the original controller puts into status and Events (compat.md 1.3).

    Attributes:
        faults: What is wrong with each item, by item key.
        where: The place in a file, where the object comes from one.
    """

    def __init__(
        self,
        message: str,
        *,
        faults: dict[str, SealerError] | None = None,
        where: Where | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.faults = faults or {}
        self.where = where or Where()


class OutputError(SealerError):
    """The result could not be written; what was there before is untouched."""


class RetryableError(SealerError):
    """Trying again can help.

    Attributes:
        after: Seconds to wait first, where the other side said so.
    """

    def __init__(self, message: str, *, after: float | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.after = after


class TerminalError(SealerError):
    """Trying again cannot help until something changes."""
