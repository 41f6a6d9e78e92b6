"""Checks of what objects say about each other: references, and objects that stand there twice."""

from collections.abc import Iterator
from pathlib import PurePath

from sealer.lint import rules
from sealer.lint.finding import Finding
from sealer.usage import Inventory, Resolver, Source
from sealer.usage.resolve import Missing


def missing_secrets(inventory: Inventory) -> Iterator[Finding]:
    """Report what an object needs of a Secret and nothing brings about.

    Where no Secret of a namespace is among the manifests, they stand elsewhere, and nothing can be
    said.
    """
    resolver = Resolver(inventory)
    for use in inventory.uses:
        for missing in resolver.missing(use):
            if missing.key or resolver.knows_namespace_of(use):
                yield _missing(missing)


def _missing(missing: Missing) -> Finding:
    use = missing.use
    about = f"{use.kind} uses it as {use.reference.way.value}"
    if missing.key:
        rule = rules.NO_SUCH_ITEM
        message = f"Secret {use.secret} has no item {missing.key}; {about}"
    else:
        rule = rules.NO_SUCH_SECRET
        message = f"there is no Secret {use.secret}; {about}"
    return Finding(rule, message, use.where, rule.hint)


def duplicate_objects(inventory: Inventory) -> Iterator[Finding]:
    """Report SealedSecrets of the same namespace and name: applied together, the last one wins.

    In one folder that is a fault. In several it is how people keep clusters and stages apart: a
    warning, and nothing where the policy says that the clusters differ.
    """
    first: dict[tuple[str, str], list[Source]] = {}
    for source in inventory.sources:
        if source.provided.kind != "SealedSecret" or not source.provided.name:
            continue
        others = first.setdefault((source.provided.namespace, source.provided.name), [])
        twin = _twin(source, others)
        if twin is not None:
            yield _duplicate(source, twin)
        others.append(source)


def _twin(source: Source, others: list[Source]) -> Source | None:
    """Return an object of the same name that comes before, the nearest one."""
    rivals = [each for each in others if may_meet(source.cluster, each.cluster)]
    return next((each for each in rivals if _stand_together(source, each)), None) or next(
        iter(rivals), None
    )


def may_meet(cluster: str, other: str) -> bool:
    """Tell whether objects can be in one cluster; what the policy gives to none may be in any."""
    return not cluster or not other or cluster == other


def _stand_together(source: Source, other: Source) -> bool:
    return PurePath(source.where.path).parent == PurePath(other.where.path).parent


def _duplicate(source: Source, twin: Source) -> Finding:
    is_certain = _stand_together(source, twin)
    rule = rules.DUPLICATE_OBJECT if is_certain else rules.REPEATED_OBJECT
    message = f"SealedSecret {source.provided} stands at {twin.where} as well"
    return Finding(rule, message, source.where, rule.hint)
