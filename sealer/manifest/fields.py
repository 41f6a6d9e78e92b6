"""Typed access to decoded objects; what is wrong is told with the path of the field.

Objects come as JSON values, from a file or from the API server. A reader collects every fault of
an object, so that people mend them all at once.
"""

from collections.abc import Mapping

from sealer.documents.scalars import TYPE_NAMES
from sealer.errors import ManifestError, ManyErrors, Where

Path = tuple[str, ...]


class FieldError(ManifestError):
    """A field of an object cannot be used.

    Attributes:
        path: The keys that lead to the field, from the root of the object.
        of_key: The last key itself is at fault, and not what stands under it.
    """

    def __init__(self, message: str, path: Path, *, hint: str = "", of_key: bool = False) -> None:
        super().__init__(message, where=Where(item=".".join(path)), hint=hint)
        self.path = path
        self.of_key = of_key


def type_name(value: object) -> str:
    """Return what a value is, in words such as `a number`."""
    return TYPE_NAMES.get(type(value), "something else")


class FieldReader:
    """Reads typed fields of one object and collects what is wrong with them."""

    def __init__(self, root: object) -> None:
        self._root = root
        self.faults: list[FieldError] = []

    def refuse(self, message: str, *path: str, hint: str = "", of_key: bool = False) -> None:
        """Note a fault; the arguments are those of `FieldError`."""
        self.faults.append(FieldError(message, path, hint=hint, of_key=of_key))

    def check(self) -> None:
        """Raise what was noted.

        Raises:
            FieldError: There is one fault.
            ManyErrors: There are several.
        """
        if len(self.faults) == 1:
            raise self.faults[0]
        if self.faults:
            raise ManyErrors(self.faults)

    def raw(self, *path: str) -> object:
        """Return whatever stands at a path, None when there is nothing."""
        value = self._root
        for key in path:
            if not isinstance(value, Mapping):
                return None
            value = value.get(key)
        return value

    def text(self, *path: str) -> str:
        """Return a string, empty when the field is missing or null."""
        value = self.raw(*path)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._refuse_type("a string", value, path)
            return ""
        return value

    def flag(self, *path: str) -> bool | None:
        """Return a boolean, None when the field is missing or null."""
        value = self.raw(*path)
        if value is not None and not isinstance(value, bool):
            self._refuse_type("true or false", value, path)
            return None
        return value

    def mapping(self, *path: str) -> Mapping[str, object]:
        """Return a mapping, empty when the field is missing or null."""
        value = self.raw(*path)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self._refuse_type("a mapping", value, path)
            return {}
        return value

    def texts(self, *path: str) -> dict[str, str]:
        """Return a mapping of strings; a value of another type is a fault of its own."""
        result = {}
        for key, value in self.mapping(*path).items():
            if isinstance(value, str):
                result[key] = value
            else:
                self._refuse_type("a string", value, (*path, key))
        return result

    def _refuse_type(self, wanted: str, value: object, path: Path) -> None:
        found = type_name(value)
        bare = not isinstance(value, list | Mapping) and wanted == "a string"
        hint = "put the text in quotes: YAML reads it as something else without" if bare else ""
        self.refuse(f"{'.'.join(path)} must be {wanted} and is {found}", *path, hint=hint)
