"""What a repository lets pass: comments in a file, `.sealer.yaml`, and the baseline (hook.md 3).

Most runs find nothing and need none of it, so each part is read when a file first asks for it.
"""

from sealer.detect.prefilter import may_hold_allow
from sealer_hooks.policyfiles import BASELINE, PolicyFiles, fault_of
from sealer_hooks.policyfiles import NAME as POLICY
from sealer_hooks.sources import INDEX, WORK_TREE

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sealer.detect.allows import Permit
    from sealer.detect.finding import Finding
    from sealer.detect.settings import Settings
    from sealer_hooks.baseline import Entry
    from sealer_hooks.policyfiles import Around, Fault
    from sealer_hooks.sources import Content, Source
    from sealer_hooks.verdict import Allowed


class HookPolicy:
    """What may pass of the contents of one source.

    Args:
        source: The contents, and the revision whose policy counts for them.
        has_baseline: Ask the baseline, too.
        today: The day, for what is allowed until one; by default this one, in UTC.
    """

    def __init__(
        self, source: "Source", *, has_baseline: bool = True, today: "date | None" = None
    ) -> None:
        self._source = source
        self._today = today
        self._files = PolicyFiles(source)
        self._has_baseline = has_baseline
        self._entries: frozenset[Entry] | None = None if has_baseline else frozenset()
        self._faults: list[Fault] = []

    def faults(self) -> "list[Fault]":
        """Return what is wrong with policies and baseline; such a one lets nothing pass.

        Where whoever runs the hook can mend it, the repository's policy has to be right even if no
        file asks for it. That of a base revision can only be mended by a push, which must not end
        at what it mends.
        """
        if self._source.policy_revision in (INDEX, WORK_TREE):
            self._files.around("")
        return [*self._files.faults, *self._faults]

    def check(self, content: "Content") -> None:
        """Take in what is wrong with a policy that is among the contents, before it counts."""
        name = content.path.rpartition("/")[2]
        if name not in (POLICY, BASELINE) or not self._source.is_final(content):
            return
        path = self._source.path_from_root(content)
        if name == POLICY:
            self._files.check(path, content.data)
        elif path == BASELINE and self._has_baseline:
            self._read_baseline(content.data)

    def settings(self, content: "Content") -> "Settings":
        """Return what the detector needs to know to judge a file."""
        from sealer.detect.settings import DEFAULT

        files = self._files
        if self._source.is_incoming and _is_policy(content):
            files = PolicyFiles(self._source)  # it may mend that of the base
        found = files.around(self._source.path_from_root(content))
        return found.policy.settings if found else DEFAULT

    def judge(
        self, content: "Content", findings: "Sequence[Finding]"
    ) -> "tuple[Sequence[Finding], Sequence[Allowed]]":
        """Divide the findings of a file into those that stand and those that are let pass."""
        from sealer_hooks.verdict import Allowed

        allowed: list[Allowed] = []
        if may_hold_allow(content.data):
            findings, permits = self._by_comments(content, findings)
            allowed += (Allowed(each.finding, "comment", each.reason) for each in permits)
        path = self._source.path_from_root(content)
        found = self._files.around(path)
        left: list[Finding] = []
        permitted: list[tuple[Finding, str]] = []
        for finding in findings:
            reason = self._reason(found, path, finding)
            if reason is None:
                left.append(finding)
            else:
                permitted.append((finding, reason))
        if permitted:
            from sealer.detect.reasons import Reasons

            reasons = Reasons.of(content.path, content.data)
            allowed += (
                Allowed(finding, "policy", reasons.shown(reason, finding))
                for finding, reason in permitted
            )
        known = self._known(content, left)
        allowed += (Allowed(finding, "baseline") for finding in left if finding in known)
        kept = [finding for finding in left if finding not in known]
        if found and found.policy.allows:
            kept = [found.policy.reminded(found.relative(path), finding) for finding in kept]
        return kept, allowed

    def _by_comments(
        self, content: "Content", findings: "Sequence[Finding]"
    ) -> "tuple[Sequence[Finding], Sequence[Permit]]":
        """Ask the comments; those that are new since the base revision are told or refused."""
        from sealer.detect.allows import apply_comments

        settings, today = self.settings(content), self._day()
        kept, permits = apply_comments(content.path, content.data, findings, settings, today=today)
        if not (permits and self._source.is_incoming):
            return kept, permits
        from sealer_hooks.newallows import listed, new_permits, refused

        revision = self._source.policy_revision
        before = self._source.read_file(revision, content.path) if revision else None
        new = new_permits(permits, content.path, before, settings, today=today)
        found = self._files.around(self._source.path_from_root(content))
        if found and found.policy.refuses_new_allows:
            old = [each for each in permits if each not in new]
            return [*kept, *refused(new, settings)], old
        return [*kept, *listed(new, settings)], permits

    def _reason(self, found: "Around | None", path: str, finding: "Finding") -> str | None:
        """Return why `.sealer.yaml` lets a finding pass; None when it does not."""
        if found is None or not found.policy.allows:
            return None
        allow = found.policy.allow_for(found.relative(path), finding, today=self._day())
        return allow.reason if allow else None

    def _known(self, content: "Content", findings: "Sequence[Finding]") -> "set[Finding]":
        """Return the findings that the baseline lets pass."""
        entries = self._baseline() if findings else frozenset()
        if not entries:
            return set()
        from sealer_hooks.baseline import entry_of, ids_of

        blobs = [content.blob] if content.blob else ids_of(content.data)
        return {
            finding
            for finding in findings
            if any(entry_of(blob, finding) in entries for blob in blobs)
        }

    def _baseline(self) -> "frozenset[Entry]":
        if self._entries is None:
            self._entries = self._read_baseline(None)
        return self._entries

    def _read_baseline(self, data: bytes | None) -> "frozenset[Entry]":
        """Return the entries of a baseline that is to come, or of that which counts."""
        from sealer.errors import PolicyError
        from sealer_hooks.baseline import read
        from sealer_hooks.sources.source import UnreadableError

        try:
            if data is None:
                data = self._source.read_policy_file(BASELINE)
            return read(data or b"")
        except (PolicyError, UnreadableError) as error:
            fault = fault_of(BASELINE, error)
            if fault not in self._faults:
                self._faults.append(fault)
            return frozenset()

    def _day(self) -> "date":
        if self._today is None:
            from datetime import UTC, datetime

            self._today = datetime.now(tz=UTC).date()
        return self._today


def _is_policy(content: "Content") -> bool:
    return content.path.rpartition("/")[2] == POLICY


def load(source: "Source", *, has_baseline: bool = True) -> HookPolicy:
    """Return the policy of a source."""
    return HookPolicy(source, has_baseline=has_baseline)
