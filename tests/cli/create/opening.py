"""Opens what `sealer create` wrote, with the key that belongs to the tests' certificate."""

from sealer.manifest import SealedSecret, Secret
from sealer.sealing import unseal_secret
from sealer.sealing.recovery import find_sealed_secrets
from sealer_keys.keyring import Keyring
from tests.support import vectors
from tests.support.program import Done

CERT = ("--cert", "rsa2048.crt.pem")
FOR_SHOP = ("-n", "shop", *CERT)


def sealed(data: bytes) -> SealedSecret:
    """Return the one SealedSecret of a file."""
    _, (placed,) = find_sealed_secrets(data)
    return placed.sealed


def opened(data: bytes) -> Secret:
    """Return the Secret that the one SealedSecret of a file turns into."""
    return unseal_secret(sealed(data), Keyring([vectors.key_pair("rsa2048")])).secret


def created(done: Done) -> Secret:
    """Return the Secret that a run wrote to standard output, sealed."""
    assert done.code == 0, done.err
    return opened(done.out)


def values(secret: Secret) -> dict[str, bytes]:
    """Return the items of a Secret in the clear."""
    return {key: value.reveal() for key, value in secret.data.items()}
