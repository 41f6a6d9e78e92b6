"""Render `spec.template.data` of SealedSecrets, with password hashes that stay as they are.

The engine is large and few objects need it, so it is imported with the first of them.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from sealer.rendered import Rendered
from sealer.sensitive import SecretBytes
from sealer_controller.digestkey import password_salt

if TYPE_CHECKING:
    from sealer.templates import Renderer

__all__ = ["Rendering"]


class Rendering:
    """Renders the entries of an object; it fits `UnsealOptions.render` and any thread.

    Args:
        digest_key: Returns the key that salts are derived from, so that an unchanged object gives
            the same hashes each time it is rendered.
    """

    def __init__(self, digest_key: Callable[[], bytes]) -> None:
        self._digest_key = digest_key

    def __call__(self, entries: Mapping[str, str], items: Mapping[str, SecretBytes]) -> Rendered:
        """Return the rendered entries, and which items they were made of."""
        return self._renderer(entries, items)

    @cached_property
    def _renderer(self) -> "Renderer":
        from sealer.templates import Renderer  # noqa: PLC0415 - see the module

        return Renderer(lambda text: password_salt(self._digest_key(), text))
