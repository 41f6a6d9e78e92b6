"""The `config.json` of Docker clients, with which nodes log in to a registry to pull images."""

import base64
import json

from sealer.sensitive import SecretBytes

# What Go's encoder writes as escapes, and Python's does not.
_GO_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def docker_config(server: str, username: str, password: SecretBytes, email: str) -> SecretBytes:
    """Return a configuration for one registry, byte for byte as `kubectl create secret` makes it.

    Args:
        server: The registry's address.
        username: The user name.
        password: The password, UTF-8.
        email: Left out when empty.

    Raises:
        UnicodeDecodeError: The password is not UTF-8.
    """
    text = password.reveal().decode()
    entry = {"username": username, "password": text}
    if email:
        entry["email"] = email
    entry["auth"] = base64.b64encode(f"{username}:{text}".encode()).decode()
    config = json.dumps(
        {"auths": {server: entry}}, ensure_ascii=False, separators=(",", ":")
    ).translate(_GO_ESCAPES)
    return SecretBytes(config.encode())
