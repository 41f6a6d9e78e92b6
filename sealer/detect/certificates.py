"""Certificates and public keys in PEM (RFC 7468): text that anybody may read."""

import re

# Linear: no part of it gives back what it has taken.
_LABELS = r"(?:X509 |TRUSTED )?CERTIFICATE|X509 CRL|(?:RSA |EC )?PUBLIC KEY"
_BLOCK = re.compile(
    rf"\s*+-----BEGIN (?P<label>{_LABELS})-----\s*+MI[A-Za-z0-9+/\s]++={{0,2}}\s*+"
    r"-----END (?P=label)-----\s*+"
)


def is_public(text: str) -> bool:
    """Tell whether a text holds certificates or public keys, and nothing else.

    Each begins as DER does that is as long as a certificate; what stands between two of them, or
    around them, makes it another text.
    """
    at = 0
    while match := _BLOCK.match(text, at):
        at = match.end()
        if at == len(text):
            return True
    return False
