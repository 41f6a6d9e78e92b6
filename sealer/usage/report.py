"""The answer: who uses each Secret and each of its items, what is missing, what nobody uses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sealer.manifest.references import Way
from sealer.usage.inventory import Inventory, Source, Use
from sealer.usage.names import doubt_about
from sealer.usage.resolve import Missing, Resolver, keys_of


@dataclass(frozen=True, slots=True)
class SecretUsage:
    """A Secret, and who uses it.

    Attributes:
        namespace: Its namespace; empty when manifests leave it open.
        name: Its name.
        sources: The objects that bring it about; none when it is missing.
        keys: Its items and those that are asked of it, sorted; None when its items are not known.
        uses: All who use it, in order.
    """

    namespace: str
    name: str
    sources: tuple[Source, ...]
    keys: tuple[str, ...] | None
    uses: tuple[Use, ...]

    def __str__(self) -> str:
        """Return what to call it."""
        return f"{self.namespace}/{self.name}".removeprefix("/")

    def users_of(self, key: str) -> list[Use]:
        """Return who names an item."""
        return [use for use in self.uses if key in use.reference.named_keys]

    @property
    def users_of_all(self) -> list[Use]:
        """Who takes all items there are."""
        return [use for use in self.uses if use.reference.takes_all]

    @property
    def unused_keys(self) -> list[str]:
        """The items that nobody uses."""
        if self.users_of_all:
            return []
        return [key for key in self.keys or () if not self.users_of(key)]


@dataclass(frozen=True, slots=True)
class Doubt:
    """An item that `envFrom` gives a name that may not work.

    Attributes:
        use: Where it is used.
        key: The item.
        variable: The name of the variable.
        reason: What will happen.
    """

    use: Use
    key: str
    variable: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """Who uses what.

    Attributes:
        secrets: The Secrets by namespace and name.
        missing: What is asked for and does not exist.
        doubts: Variables that may not work.
    """

    secrets: tuple[SecretUsage, ...]
    missing: tuple[Missing, ...]
    doubts: tuple[Doubt, ...]


def report(inventory: Inventory, *, is_complete: bool = True) -> Report:
    """Return who uses what, as far as manifests tell.

    Args:
        inventory: What they say.
        is_complete: A Secret that nothing brings about does not exist; it may be unknown otherwise.
    """
    resolver = Resolver(inventory)
    sources: dict[tuple[str, str], list[Source]] = {}
    for source in inventory.sources:
        named = (source.provided.namespace, source.provided.name)
        sources.setdefault(named, []).append(source)
    uses: dict[tuple[str, str], list[Use]] = {}
    for use in inventory.uses:
        for named in _meant(use, resolver.sources_of(use)):
            uses.setdefault(named, []).append(use)
    secrets = tuple(
        _usage(named, sources.get(named, []), uses.get(named, []))
        for named in sorted({*sources, *uses})
    )
    missing = tuple(
        each for use in inventory.uses for each in resolver.missing(use) if each.key or is_complete
    )
    doubts = tuple(doubt for use in inventory.uses for doubt in _doubts(use, resolver))
    return Report(secrets, missing, doubts)


def _meant(use: Use, sources: Sequence[Source]) -> list[tuple[str, str]]:
    """Return the Secrets that a reference means, by namespace and name."""
    if not sources:
        return [(use.namespace, use.reference.name)]
    return sorted({(each.provided.namespace, each.provided.name) for each in sources})


def _usage(named: tuple[str, str], sources: list[Source], uses: list[Use]) -> SecretUsage:
    keys = keys_of(sources)
    asked = {key for use in uses for key in use.reference.named_keys}
    known = None if keys is None and not asked else tuple(sorted((keys or set()) | asked))
    return SecretUsage(*named, tuple(sources), known, tuple(uses))


def _doubts(use: Use, resolver: Resolver) -> Iterator[Doubt]:
    if use.reference.way is not Way.ENV_FROM:
        return
    for key in sorted(keys_of(resolver.sources_of(use)) or ()):
        variable = use.reference.target + key
        reason = doubt_about(variable)
        if reason:
            yield Doubt(use, key, variable, reason)
