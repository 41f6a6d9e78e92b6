"""Where a value stands: what of its object decides over the label."""

from dataclasses import dataclass, field

PREFIX = "sealedsecrets.bitnami.com/"
CLUSTER_WIDE = {PREFIX + "cluster-wide": "true"}
NAMESPACE_WIDE = {PREFIX + "namespace-wide": "true"}


@dataclass(frozen=True)
class Place:
    """A SealedSecret's own namespace, name and annotations, and the label that they make.

    Attributes:
        label: What must come of the three; None where the place is not legal. Written out and
            not computed, because it is what an implementation is asked for.
    """

    namespace: str
    name: str
    label: bytes | None
    annotations: dict[str, str] = field(default_factory=dict)


SHOP_DB = Place("shop", "db", b"shop/db")
SHOP = Place("shop", "db", b"shop", NAMESPACE_WIDE)
ANYWHERE = Place("shop", "db", b"", CLUSTER_WIDE)

_LONG_NAMESPACE = "n" * 63
_LONG_NAME = ".".join(("a" * 63, "b" * 63, "c" * 63, "d" * 61))

LEGAL = {
    "strict": SHOP_DB,
    "namespace-wide": SHOP,
    "cluster-wide": ANYWHERE,
    "shortest-names": Place("a", "1", b"a/1"),
    "name-with-dots": Place("team-a", "api.token.v1", b"team-a/api.token.v1"),
    "longest-names": Place(_LONG_NAMESPACE, _LONG_NAME, f"{_LONG_NAMESPACE}/{_LONG_NAME}".encode()),
    "both-annotations": Place("shop", "db", b"", NAMESPACE_WIDE | CLUSTER_WIDE),
    "annotation-in-capitals": Place("shop", "db", b"shop/db", {PREFIX + "cluster-wide": "TRUE"}),
    "annotation-false": Place("shop", "db", b"shop/db", {PREFIX + "cluster-wide": "false"}),
    "annotation-empty": Place("shop", "db", b"shop/db", {PREFIX + "namespace-wide": ""}),
    "annotation-with-a-blank": Place("shop", "db", b"shop/db", {PREFIX + "cluster-wide": "true "}),
    "only-one-annotation-true": Place(
        "shop", "db", b"shop", NAMESPACE_WIDE | {PREFIX + "cluster-wide": "false"}
    ),
    "annotation-that-does-not-exist": Place("shop", "db", b"shop/db", {PREFIX + "scope": "strict"}),
    "namespace-wide-without-a-name": Place("shop", "", b"shop", NAMESPACE_WIDE),
    "cluster-wide-without-names": Place("", "", b"", CLUSTER_WIDE),
    "cluster-wide-does-not-look-at-names": Place("A/B", "c/d", b"", CLUSTER_WIDE),
}

ILLEGAL = {
    "slash-in-name": Place("a", "b/c", None),
    "slash-in-namespace": Place("a/b", "c", None),
    "dot-in-namespace": Place("a.b", "c", None),
    "capitals-in-name": Place("shop", "DB", None),
    "no-name": Place("shop", "", None),
    "no-namespace": Place("", "db", None),
    "namespace-wide-without-a-namespace": Place("", "db", None, NAMESPACE_WIDE),
    "namespace-too-long": Place("n" * 64, "db", None),
    "name-too-long": Place("shop", _LONG_NAME + "d", None),
    "name-ends-with-a-hyphen": Place("shop", "db-", None),
    "name-ends-with-a-line-end": Place("shop", "db\n", None),
    "name-with-an-empty-part": Place("shop", "db..x", None),
    "name-not-in-ascii": Place("shop", "d\u00fcb", None),
}
