"""Templates of SealedSecrets are rendered here too, as the controller does it."""

import secrets
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from sealer.rendered import Rendered
from sealer.sensitive import SecretBytes

if TYPE_CHECKING:
    from sealer.templates import Renderer

_SALT_SIZE = 16


def render(entries: Mapping[str, str], items: Mapping[str, SecretBytes]) -> Rendered:
    """Render the entries of `spec.template.data` over the opened items; for `UnsealOptions`.

    Salts of password hashes are not the controller's, whose digest key is not at hand: the hashes
    are other ones that fit the same passwords.
    """
    return _renderer()(entries, items)


@cache
def _renderer() -> "Renderer":
    from sealer.templates import Renderer  # large, and few objects need it

    return Renderer(lambda *_: secrets.token_bytes(_SALT_SIZE))
