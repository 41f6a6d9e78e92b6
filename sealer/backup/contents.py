"""What is inside a backup: the key Secrets as they were, and a canary value for each key.

A canary is a value that was sealed with the key's certificate when the backup was made. That it
opens shows that the private key beside it is the right one and whole.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sealer.backup.errors import DamagedBackupError
from sealer.envelope import open_value, seal_value
from sealer.errors import SealerError
from sealer.keysecret import DIGEST_KEY, key_pair_of
from sealer.keystate import BACKED_UP_ANNOTATION, backed_up_note
from sealer.manifest import Secret, read_secret
from sealer.scope import Identity, Scope
from sealer.sensitive import SecretBytes
from sealer_keys.fingerprint import Fingerprint
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair

_CANARY_SIZE = 32
_IDENTITY = Identity(Scope.STRICT, "sealer", "backup-canary")


@dataclass(frozen=True, slots=True)
class KeptSecret:
    """A Secret of the cluster, and when it was created (RFC 3339; empty when not known)."""

    secret: Secret
    created: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What is inside a backup.

    Attributes:
        secrets: The key Secrets, and the digest key.
        canary: What the canaries hold.
        canaries: A sealed value by the fingerprint of the key that opens it.
    """

    secrets: tuple[KeptSecret, ...]
    canary: SecretBytes
    canaries: Mapping[Fingerprint, str]

    def pack(self) -> SecretBytes:
        """Return it as bytes, readable by anyone: handle with care."""
        kept = [
            {"created": each.created, "secret": each.secret.to_object()} for each in self.secrets
        ]
        canary = {"value": self.canary.reveal().hex(), "sealed": dict(self.canaries)}
        return SecretBytes(json.dumps({"secrets": kept, "canary": canary}).encode())


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """What trying one Secret of a backup showed.

    Attributes:
        secret: The Secret.
        fingerprint: The key in it; empty when it is the digest key, or not usable.
        fault: What is wrong; None when all is well.
    """

    secret: Secret
    fingerprint: str = ""
    fault: SealerError | None = None


def collect(kept: Iterable[KeptSecret]) -> Contents:
    """Return contents for a backup; keys that cannot be used are kept too, without a canary."""
    kept = tuple(kept)
    canary = SecretBytes(secrets.token_bytes(_CANARY_SIZE))
    canaries = {}
    for each in kept:
        pair = key_of(each.secret)
        if isinstance(pair, KeyPair) and pair.certificate is not None:
            sealed = seal_value(canary, pair.certificate.public_key, _IDENTITY)
            canaries[pair.fingerprint] = str(sealed)
    return Contents(kept, canary, canaries)


def unpack(data: SecretBytes) -> Contents:
    """Return what `pack` made.

    Raises:
        DamagedBackupError: Something else made it.
    """
    try:
        fields = json.loads(data.reveal())
        kept = tuple(
            KeptSecret(read_secret(each["secret"]), str(each["created"]))
            for each in fields["secrets"]
        )
        canary = SecretBytes(bytes.fromhex(fields["canary"]["value"]))
        sealed = {Fingerprint(name): str(text) for name, text in fields["canary"]["sealed"].items()}
    except (ValueError, LookupError, TypeError, AttributeError, SealerError):
        raise DamagedBackupError("the backup opens, and what is in it cannot be read") from None
    return Contents(kept, canary, sealed)


def noted(contents: Contents, created: datetime) -> Contents:
    """Note on each key that there is a backup with it, and of when."""
    note = {BACKED_UP_ANNOTATION: backed_up_note(created)}

    def with_note(secret: Secret) -> Secret:
        return replace(secret, annotations={**secret.annotations, **note})

    kept = (replace(each, secret=with_note(each.secret)) for each in contents.secrets)
    return replace(contents, secrets=tuple(kept))


def check(contents: Contents, promised: Iterable[Fingerprint]) -> list[KeyCheck]:
    """Try everything in a backup: every key opens its canary, and every promised key is there.

    Args:
        contents: What is inside.
        promised: Fingerprints of the keys that the file says it holds.
    """
    results = [_check_one(each.secret, contents) for each in contents.secrets]
    there = {result.fingerprint for result in results}
    missing = (name for name in promised if name not in there)
    return results + [
        KeyCheck(Secret("", "", {}), name, DamagedBackupError(f"the key {name} is not there"))
        for name in missing
    ]


def key_of(secret: Secret) -> KeyPair | SealerError | None:
    """Return the key of a key Secret, or why it cannot be used; None for the digest key."""
    if secret.name == DIGEST_KEY:
        return None
    try:
        return key_pair_of(secret)
    except SealerError as error:
        return error


def _check_one(secret: Secret, contents: Contents) -> KeyCheck:
    pair = key_of(secret)
    if pair is None:
        return KeyCheck(secret)
    if isinstance(pair, SealerError):
        return KeyCheck(secret, fault=pair)
    canary = contents.canaries.get(pair.fingerprint, "")
    try:
        opened = open_value(canary, Keyring([pair]), _IDENTITY).plaintext
    except SealerError as error:
        return KeyCheck(secret, pair.fingerprint, error)
    if opened != contents.canary:
        return KeyCheck(secret, pair.fingerprint, DamagedBackupError("the canary is another one"))
    return KeyCheck(secret, pair.fingerprint)
