"""One case of the vectors, as it is written to the file."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from tests.vectors.generate.place import SHOP_DB, Place
from tests.vectors.generate.recipe import Recipe

ENCODING, FRAME, NO_KEY, CORRUPT, IDENTITY = "encoding", "frame", "no-key", "corrupt", "identity"


@dataclass(frozen=True)
class Case:
    """A sealed value, where it is opened and with which keys, and what must come of it.

    Attributes:
        name: What a report calls it; no two are the same.
        sealed: The text.
        expect: `ok`, or the class of the failure.
        place: The object that holds it.
        keys: The keys at hand.
        recipe: How it was sealed, for those that open.
        exact: Whether sealing with the same random numbers gives the very same text.
    """

    name: str
    sealed: str
    expect: str
    place: Place = SHOP_DB
    keys: tuple[str, ...] = ("rsa2048",)
    recipe: Recipe | None = None
    exact: bool = True

    def to_object(self) -> dict[str, Any]:
        """Return the case as JSON values."""
        return {
            "id": self.name,
            "expect": self.expect,
            "keys": list(self.keys),
            "namespace": self.place.namespace,
            "name": self.place.name,
            "annotations": self.place.annotations,
            "sealed": self.sealed,
        } | (_answer(self.recipe, exact=self.exact) if self.recipe else {})


def good(name: str, recipe: Recipe, place: Place, *others: str, text: str | None = None) -> Case:
    """Return a case that opens, with the key it was sealed for and perhaps others at hand."""
    plain = encode(recipe.blob)
    sealed = plain if text is None else text
    keys = (*others, recipe.key.name)
    return Case(name, sealed, "ok", place, keys, recipe, exact=sealed == plain)


def encode(blob: bytes) -> str:
    """Return bytes as the base64 text that stands in an object."""
    return b64encode(blob).decode()


def _answer(recipe: Recipe, *, exact: bool) -> dict[str, Any]:
    return {
        "key": recipe.key.name,
        "label": recipe.label.decode(),
        "plaintext": recipe.plaintext.hex(),
        "content_key": recipe.content_key.hex(),
        "seed": recipe.seed.hex(),
        "exact": exact,
    }
