"""Which fields the API server keeps of an object, by the structural schema of its kind.

What a schema does not name is dropped before it is stored, without a word to whoever applied it:
kubernetes.io, "CustomResourceDefinition", "Field pruning".
"""

from sealer.manifest.cursor import Cursor

# Stand for every key of a mapping, and for every entry of a list.
ANY_KEY, EACH = "*", "[]"
_OPEN = "x-kubernetes-preserve-unknown-fields"


def is_kept(schema: Cursor, *path: str) -> bool:
    """Tell whether the API server stores the field that a path leads to.

    Args:
        schema: Of the place where the path begins.
        path: Keys; `ANY_KEY` and `EACH` stand for all.
    """
    if not path:
        return True
    first, *rest = path
    if first == EACH:
        return schema.has("items") and is_kept(schema.at("items"), *rest)
    if first != ANY_KEY and schema.has("properties", first):
        return is_kept(schema.at("properties", first), *rest)
    more = schema.at("additionalProperties")
    if isinstance(more.value, dict):
        return is_kept(more, *rest)
    return more.value is True or schema.is_true(_OPEN)
