"""Names with a random ending, as the API server makes them from `generateName`."""

import re
import secrets

# No vowels, no digits that look like letters: nothing that reads as a word.
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_ENDING_LENGTH = 5


def random_name(prefix: str, *, length: int = _ENDING_LENGTH) -> str:
    """Return the prefix, a dash and a random ending of that many characters."""
    return f"{prefix}-{''.join(secrets.choice(_ALPHABET) for _ in range(length))}"


def is_random_name(name: str, prefix: str, *, length: int = _ENDING_LENGTH) -> bool:
    """Tell whether `random_name` can have made a name from a prefix."""
    return re.fullmatch(rf"{re.escape(prefix)}-[{_ALPHABET}]{{{length}}}", name) is not None
