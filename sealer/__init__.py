"""Encrypt Kubernetes Secrets for git, and decrypt them again.

    from sealer import SealOptions, load_certificate, read_secret, seal_secret

    secret = read_secret(manifest)  # JSON values of a Secret
    sealed = seal_secret(secret, load_certificate(pem)).sealed_secret.to_object()

The names below are the public API. They are loaded when first used, because importing the package
is what every start of the command does first, and cryptography takes its time.
"""

from importlib import import_module

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms of the hook's 25
if TYPE_CHECKING:
    from sealer.errors import ManyErrors, SealerError, UnsealError
    from sealer.keysecret import load_keys
    from sealer.manifest import SealedSecret, Secret, read_sealed_secret, read_secret
    from sealer.scope import Identity, Scope
    from sealer.sealing import SealOptions, UnsealOptions, seal_secret, unseal_secret
    from sealer.sensitive import SecretBytes
    from sealer_keys.certificate import Certificate, load_certificate
    from sealer_keys.keyring import Keyring
    from sealer_keys.private_key import KeyPair

__version__ = "0.1.0"

__all__ = [
    "Certificate",
    "Identity",
    "KeyPair",
    "Keyring",
    "ManyErrors",
    "Scope",
    "SealOptions",
    "SealedSecret",
    "SealerError",
    "Secret",
    "SecretBytes",
    "UnsealError",
    "UnsealOptions",
    "load_certificate",
    "load_keys",
    "read_sealed_secret",
    "read_secret",
    "seal_secret",
    "unseal_secret",
]

_HOMES = {
    "sealer.errors": ("ManyErrors", "SealerError", "UnsealError"),
    "sealer.keysecret": ("load_keys",),
    "sealer.manifest": ("SealedSecret", "Secret", "read_sealed_secret", "read_secret"),
    "sealer.scope": ("Identity", "Scope"),
    "sealer.sealing": ("SealOptions", "UnsealOptions", "seal_secret", "unseal_secret"),
    "sealer.sensitive": ("SecretBytes",),
    "sealer_keys.certificate": ("Certificate", "load_certificate"),
    "sealer_keys.keyring": ("Keyring",),
    "sealer_keys.private_key": ("KeyPair",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name from the module that defines it (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """Show the public API only."""
    return sorted((*__all__, "__version__"))
