"""Whether git may hold files otherwise than the disk (gitattributes(5), `filter`).

Git-crypt and Git LFS work so: the disk shows a value, and git holds it encrypted, or a pointer. Git
knows exactly; but to ask it takes longer than to examine a file, and most repositories have no
filters.
"""

import os
import posixpath

# No honest file of attributes is longer.
_LONGEST = 1024 * 1024


class Attributes:
    """The attributes that a work tree has.

    Args:
        root: Its folder.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._known: dict[str, bool] = {}
        base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 - pathlib is slow to import
        self._has_own = (
            _names_filter(posixpath.join(base, "git/attributes"))
            or _names_filter(posixpath.join(root, ".git/info/attributes"))
            or os.path.isfile(posixpath.join(root, ".git"))  # noqa: PTH113 - as above
        )

    def may_filter(self, folder: str) -> bool:
        """Tell whether files of a folder may have a filter.

        Args:
            folder: From the root.
        """
        if self._has_own:
            return True
        while not folder.startswith(".."):
            if self._is_named_in(folder):
                return True
            if not folder:
                break
            folder = posixpath.dirname(folder)
        return False

    def _is_named_in(self, folder: str) -> bool:
        if folder not in self._known:
            path = posixpath.join(self._root, folder, ".gitattributes")
            self._known[folder] = _names_filter(path)
        return self._known[folder]


def _names_filter(path: str) -> bool:
    if not os.path.isfile(path):  # noqa: PTH113 - as above
        return False  # opening a pipe would wait for a writer
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            return b"filter" in file.read(_LONGEST)
    except OSError:
        return False
