"""A quick look at a file's bytes: can a Secret stand in it at all?

Most files of a commit end here, in microseconds and before a YAML parser is even imported. A Secret
needs two words, its kind and the `data` under which values stand. Both are looked for in every
spelling that a parser turns into them; what the look lets through, the parser decides.
"""

import re

from sealer.detect.layers import encoded_texts

# `secretKeyRef`, `clientSecret` and `secrets` are no kinds: they stand in half of all manifests.
# It begins with letters and looks back from behind them: that is forty times as fast.
_KIND = re.compile(rb"secret(?:list|(?<![a-z]secret)|(?<=sealedsecret)|(?<=sopssecret))(?![a-z])")
_VALUES_FILE = re.compile(
    r"(?:^|[/\\._-])(?:values|secrets)(?:[._-][^/\\]*)?\.ya?ml$", re.IGNORECASE
)
# A JSON patch writes under `/data`. It begins with letters, so that it is found fast.
_OPERATION = re.compile(rb"op[\"'\\]{0,2}[ \t]*:[ \t\"'\\]{0,4}(?:add|replace|test)")
# A kubeconfig has one of these beside its users, or says what it is.
_KUBECONFIG = re.compile(
    rb"\b(?:clusters|contexts|current-context)\b|kind[\"'\\]{0,2}\s*+:[\s\"'\\]{0,4}config(?![a-z])"
)

# Signs of what detectors look for, in lower case. All words of a row must stand in the file, and
# then its expression must match, where there is one. Words are sought a hundred times as fast as
# expressions: the first word of a row should be one that ordinary manifests do not have.
_SIGNS: tuple[tuple[tuple[bytes, ...], re.Pattern[bytes] | None], ...] = (
    ((b"secret", b"data"), _KIND),
    ((b"stringdata",), None),
    ((b"/spec/encrypteddata",), None),
    ((b"/data", b"path"), _OPERATION),
    ((b"private key",), None),
    ((b"private-lines:",), None),
    ((b"age-secret-key-",), None),
    ((b"secretgenerator",), None),
    ((b"enc[aes256_gcm", b"sops"), None),
    ((b"users",), _KUBECONFIG),
    ((b"--from-literal", b"secret"), None),
    ((b"--docker-password", b"secret"), None),
    ((b"/dev/stdin", b"secret", b"--from-file"), None),
)
# The file that names sealing certificates and their pins, and what certificates begin with.
POLICY = ".sealer.yaml"
_CERTIFICATE, _DER = b"-----BEGIN CERTIFICATE-----", b"\x30\x82"
# With it begins a comment that lets something pass; `sealer.detect.allows` reads it.
ALLOW = b"sealer:allow"
# A tag can turn base64 into the words, and a %TAG line or a %-escape can hide the tag.
# No mark of a tag stands in what is escaped: each is read once, however many there are.
_BINARY = re.compile(rb"!<|%TAG|!!(?:binary|[^\s!%]*+%)")
_ESCAPE = re.compile(rb"\\(?:[xuU\r\n]|\xc2\x85|\xe2\x80[\xa8\xa9])")
_FOLD = rb"(?:\\(?:\r\n|[\r\n]|\xc2\x85|\xe2\x80[\xa8\xa9])[ \t]*)?"


def _holds_escaped(data: bytes, word: str) -> bool:
    """Tell whether a word stands there whose letters may be escapes, or on two lines."""
    letters = []
    for letter in word:
        codes = "|".join(f"{ord(form):x}" for form in (letter, letter.upper()))
        # In a string in a string, an escape is escaped itself.
        letters.append(rf"(?:{letter}|\\{{1,9}}(?:x|u00|U000000)(?i:{codes}))".encode())
    return re.search(_FOLD.join(letters), data, re.IGNORECASE) is not None


def _has_sign(lower: bytes) -> bool:
    # Spelled out in loops, it takes half the time that generators would.
    for words, pattern in _SIGNS:
        for word in words:
            if word not in lower:
                break
        else:
            if pattern is None or pattern.search(lower):
                return True
    return False


def may_hold_allow(data: bytes) -> bool:
    """Tell whether there can be a comment in a file that lets something pass."""
    return ALLOW in (data.replace(b"\0", b"") if b"\0" in data else data)


def may_hold_secret(data: bytes) -> bool:
    """Tell whether a file needs a closer look.

    Args:
        data: Its bytes, in any encoding that YAML knows.
    """
    if b"\0" in data:  # UTF-16 or UTF-32: ASCII letters between NUL bytes
        data = data.replace(b"\0", b"")
    if _has_sign(data.lower()):
        return True
    if b"!" in data and _BINARY.search(data):
        return True
    if (
        b"\\" in data
        and _ESCAPE.search(data)
        and _holds_escaped(data, "secret")
        and _holds_escaped(data, "data")
    ):
        return True
    return any(may_hold_secret(text) for text in encoded_texts(data))


def may_concern_pins(path: str, data: bytes) -> bool:
    """Tell whether a file may be a policy or a certificate, whose pins are compared."""
    if path.rpartition("/")[2] == POLICY:
        return True
    return data.startswith(_DER) or _CERTIFICATE in data.replace(b"\0", b"")


def is_values_file(path: str) -> bool:
    """Tell whether a file is named as values for a Helm chart are: `values-prod.yaml`."""
    return _VALUES_FILE.search(path) is not None


def may_hold_values(path: str, data: bytes) -> bool:
    """Tell whether a file may hold values for a Helm chart, which only some people ask about."""
    return is_values_file(path) or b"helmrelease" in data.replace(b"\0", b"").lower()
