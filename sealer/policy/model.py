"""What a policy says: clusters and their pins, which files are whose, what the hook lets pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sealer.detect.expiry import is_past
from sealer.detect.finding import Finding
from sealer.detect.rules import Severity
from sealer.detect.settings import Settings
from sealer.policy.globs import path_matches


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that values are sealed for.

    Attributes:
        name: What people call it.
        certificate: Path of its certificate, relative to the policy file; empty when it is to be
            asked of the cluster.
        fingerprints: The public keys that may be sealed with; empty when none is pinned.
        context: The kubectl context; empty for the current one.
        controller_name: The controller's Service; empty for the default.
        controller_namespace: The Service's namespace; empty for the default.
        paths: Patterns of the files that are sealed for it.
    """

    name: str
    certificate: str = ""
    fingerprints: tuple[str, ...] = ()
    context: str = ""
    controller_name: str = ""
    controller_namespace: str = ""
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Allow:
    """Findings that may stay, and why. Each part that is there narrows it down.

    Attributes:
        path: A pattern of files, relative to the policy file.
        rule: The rule's id.
        reason: Why these findings may stay.
        document: A pattern of `namespace/name`, or of the name where there is no namespace; empty
            for every object, and for text that belongs to none.
        item: A pattern of item keys; empty for all.
        until: The last day on which it counts; None for ever.
    """

    path: str
    rule: str
    reason: str
    document: str = ""
    item: str = ""
    until: date | None = None

    def covers(self, path: str, finding: Finding) -> bool:
        """Tell whether a finding may stay as long as this counts.

        Args:
            path: Its file, relative to the policy file.
            finding: The finding.
        """
        document = "/".join(part for part in (finding.namespace, finding.name) if part)
        return (
            self.rule == finding.rule
            and path_matches(path, self.path)
            and (not self.document or path_matches(document, self.document))
            and (not self.item or path_matches(finding.key, self.item))
        )


@dataclass(frozen=True, slots=True)
class HookPolicy:
    """What the section `hook` says.

    Attributes:
        allows: Findings that may stay.
        severities: What a rule does, by its id, where that is not the rule's own severity.
        placeholders: Whole values that stand for one that comes from elsewhere.
        refuses_new_allows: Comments that allow something count only if the base revision has them.
    """

    allows: tuple[Allow, ...] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict)
    placeholders: frozenset[str] = frozenset()
    refuses_new_allows: bool = False

    @property
    def settings(self) -> Settings:
        """What the detector needs to know."""
        return Settings(self.severities, self.placeholders)

    def allow_for(self, path: str, finding: Finding, *, today: date) -> Allow | None:
        """Return the first entry that lets a finding stay; `Allow.covers` explains."""
        counting = (each for each in self.allows if not is_past(each.until, today))
        return next((each for each in counting if each.covers(path, finding)), None)

    def reminded(self, path: str, finding: Finding) -> Finding:
        """Return a finding that stands, with a word of what let it stay until a day that is over.

        Args:
            path: Its file, relative to the policy file.
            finding: The finding, for which there is no `allow_for` any more.
        """
        days = [each.until for each in self.allows if each.until and each.covers(path, finding)]
        if not days:
            return finding
        note = f"the entry of .sealer.yaml that let it pass ended with {max(days)}"
        detail = f"{finding.detail}; {note}" if finding.detail else note
        return finding._replace(detail=detail)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy.

    Attributes:
        clusters: The clusters by name, in the order written.
        default: The name of the cluster for files that no pattern matches; empty when there is
            none.
        hook: What the hook and `sealer lint` do about findings.
    """

    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    default: str = ""
    hook: HookPolicy = field(default_factory=HookPolicy)

    def owner_of(self, path: str) -> Cluster | None:
        """Return the first cluster with a pattern for a path, relative to the policy file."""
        for cluster in self.clusters.values():
            if any(path_matches(path, pattern) for pattern in cluster.paths):
                return cluster
        return None
