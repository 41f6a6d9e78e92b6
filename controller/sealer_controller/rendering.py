"""Render `spec.template.data` of SealedSecrets, with password hashes that stay as they are.

The engine is large and few objects need it, so it is imported with the first of them.
"""

from collections.abc import Callable, Mapping
from functools import partial

from sealer.rendered import Rendered
from sealer.sealing.unseal import Renderer
from sealer.sensitive import SecretBytes
from sealer_controller.digestkey import password_salt
from sealer_controller.objects import Key

__all__ = ["Rendering"]


class Rendering:
    """Renders the entries of objects, in any thread.

    Args:
        digest_key: Returns the key that salts are derived from, so that an unchanged object gives
            the same hashes each time it is rendered.
    """

    def __init__(self, digest_key: Callable[[], bytes]) -> None:
        self._digest_key = digest_key

    def __call__(self, key: Key) -> Renderer:
        """Return what renders the entries of an object of that name, for `UnsealOptions`."""
        return partial(self._render, key)

    def _render(
        self, key: Key, entries: Mapping[str, str], items: Mapping[str, SecretBytes]
    ) -> Rendered:
        from sealer.templates import Renderer  # noqa: PLC0415 - see the module

        place = [part.encode() for part in key]
        return Renderer(partial(password_salt, self._digest_key(), *place))(entries, items)
