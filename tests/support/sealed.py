"""Sealed values that nobody sealed: the right shape, at no cost, for tests that open nothing."""

import base64


def blob(length: int = 8, *, mark: str = "", key_size: int = 256) -> str:
    """Return text that has the form of a sealed value.

    Args:
        length: Bytes of the plaintext that it would hold.
        mark: Values with another mark are other values.
        key_size: Bytes of the RSA part.
    """
    wrapped = mark.encode().ljust(key_size, b"\1")
    return base64.b64encode(key_size.to_bytes(2) + wrapped + bytes(length + 16)).decode()


def manifest(name: str = "db", namespace: str = "shop", **items: str) -> str:
    """Return a SealedSecret in YAML; item keys are written with `_` for `-`."""
    lines = [
        "apiVersion: bitnami.com/v1alpha1",
        "kind: SealedSecret",
        "metadata:",
        f"  name: {name}",
        f"  namespace: {namespace}",
        "spec:",
        "  encryptedData:" if items else "  encryptedData: {}",
        *(f"    {key.replace('_', '-')}: {text}" for key, text in items.items()),
        "  template:",
        "    metadata:",
        f"      name: {name}",
        f"      namespace: {namespace}",
    ]
    return "\n".join(lines) + "\n"
