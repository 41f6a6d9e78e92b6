"""Why something is let pass, as a report may show it: without what may be a part of the value."""

import re

from sealer.detect.finding import Finding
from sealer.detect.likeness import share_a_part
from sealer.detect.margins import Margins
from sealer.errors import DocumentLimitError

_LONGEST = 200
# Of a file; beyond that, nothing is compared and no reason is shown.
_MOST_COMPARED = 1_000_000
# The frame around a key, in which its body stands.
_FRAME = re.compile(r"-----(?:BEGIN|END) [A-Z0-9 ]{1,40}-----")


class Reasons:
    """The reasons for letting findings of a file pass.

    Args:
        margins: The file; None when it cannot be read, so that no reason is shown.
    """

    def __init__(self, margins: Margins | None) -> None:
        self._margins = margins
        self._left = _MOST_COMPARED

    @classmethod
    def of(cls, path: str, data: bytes) -> "Reasons":
        """Return those of a file.

        Args:
            path: Its name.
            data: The file.
        """
        try:
            return cls(Margins(path, data))
        except DocumentLimitError:
            return cls(None)

    def shown(self, reason: str, finding: Finding) -> str:
        """Return a reason for a report; nothing where it may repeat a part of the value."""
        if self._margins is None:
            return ""
        line, column, length = finding.line, finding.column, finding.length
        value = self._margins.value_at(line, column, length, limit=self._left)
        self._left -= min(len(value), self._left) if value is not None else 0
        shown = reason[:_LONGEST]
        if value is None or share_a_part(shown, _FRAME.sub("", value)):
            return ""
        return shown
