"""What a repository lets pass."""

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sealer.detect.finding import Finding
    from sealer.detect.settings import Settings
    from sealer_hooks.sources import Content, Source
    from sealer_hooks.verdict import Allowed


class HookPolicy:
    """The policy of one source, read when it is first needed."""

    def __init__(self, source: "Source") -> None:
        self._source = source

    @property
    def settings(self) -> "Settings":
        """What the detector needs to know."""
        from sealer.detect.settings import DEFAULT

        return DEFAULT

    def judge(
        self,
        content: "Content",  # noqa: ARG002 - the policy is empty
        findings: "Sequence[Finding]",
    ) -> "tuple[Sequence[Finding], Sequence[Allowed]]":
        """Divide findings into those that stand and those that are let pass."""
        return findings, []


def load(source: "Source") -> HookPolicy:
    """Return the policy of a source."""
    return HookPolicy(source)
