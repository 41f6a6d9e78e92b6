"""Is a value encrypted by ansible-vault?"""

import re

# Linear: no part of it gives back what it has taken.
_VAULTED = re.compile(r"\s*+\$ANSIBLE_VAULT;1\.[12];AES256(?:;[\w.@-]++)?\s++(?P<hex>[0-9a-f\s]++)")
# What the outer digits hold: salt, tag and ciphertext, in hexadecimal digits once more.
_INSIDE = re.compile(rb"[0-9a-f\n]+")


def is_vaulted(text: str) -> bool:
    """Tell whether a text is what ansible-vault writes: a header, then digits that hold digits."""
    match = _VAULTED.fullmatch(text)
    if match is None:
        return False
    try:
        inside = bytes.fromhex(match["hex"])
    except ValueError:
        return False
    return _INSIDE.fullmatch(inside) is not None
