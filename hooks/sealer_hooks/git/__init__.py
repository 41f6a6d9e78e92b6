"""What the hook asks git, in repositories that nobody trusts.

command.py      running git, so that nothing of the repository runs with it
entries.py      the raw lines in which git tells which files changed
objects.py      contents, many at once or one by one
repository.py   the questions: what is staged, what is new, where did it branch off
"""

from sealer_hooks.git.command import GitError
from sealer_hooks.git.entries import Entry
from sealer_hooks.git.objects import Blob
from sealer_hooks.git.repository import Repository, Target

__all__ = ["Blob", "Entry", "GitError", "Repository", "Target"]
