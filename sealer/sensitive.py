"""Plaintext travels in a wrapper that cannot be printed by accident."""

from typing import Final, NoReturn


class SecretBytes:
    """Secret bytes whose `repr`, `str` and `format` show only a length.

    The bytes come out through `reveal()` and through nothing else, so that every use is a visible
    decision. Python cannot wipe them from memory; `docs/limitations.md` says what that means.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value: Final = value

    def reveal(self) -> bytes:
        """Return the plaintext."""
        return self._value

    def __len__(self) -> int:
        """Return the number of bytes."""
        return len(self._value)

    def __repr__(self) -> str:
        """Return a text that is safe to log."""
        return f"<secret, {len(self._value)} bytes>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        """Return the safe text; a format specification cannot reach the value."""
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        """Compare two secrets in time that depends on their lengths only."""
        from hmac import compare_digest  # noqa: PLC0415 - rarely needed, and slow to import

        if not isinstance(other, SecretBytes):
            return NotImplemented
        return compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment] # a hash of a secret is a leak

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a pickle is a plaintext copy."""
        raise TypeError("a secret cannot be pickled")
