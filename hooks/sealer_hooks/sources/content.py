"""One file to look at, with what is needed to judge it."""

# What is larger is looked at this far, for signs of a Secret only.
LONGEST_SCAN = 16 * 1024 * 1024


class Content:
    """One file to look at. A plain class: `dataclasses` takes longer to import than most scans.

    Attributes:
        path: The file, relative to the current folder.
        data: Its first bytes, at most `LONGEST_SCAN`.
        is_whole: These are all of them.
        problem: Why it cannot be read; empty when it can.
        notice: Why it is left out, though not in a strict run; empty when it is not.
        blob: Git's id of it; empty where nobody has asked git.
        revision: Where its neighbours are: a commit, the index, or the work tree.
        is_link: It is a symbolic link, and the data is where it leads.
        ref: The ref that alone keeps it, such as a tag of a file; empty where commits do.
    """

    __slots__ = (
        *("blob", "data", "is_link", "is_whole", "notice", "path", "problem", "ref"),
        "revision",
    )

    def __init__(
        self,
        path: str,
        data: bytes = b"",
        *,
        is_whole: bool = True,
        problem: str = "",
        notice: str = "",
        blob: str = "",
        revision: str = "",
        ref: str = "",
        is_link: bool = False,
    ) -> None:
        self.path = path
        self.data = data
        self.is_whole = is_whole
        self.problem = problem
        self.notice = notice
        self.blob = blob
        self.revision = revision
        self.ref = ref
        self.is_link = is_link
