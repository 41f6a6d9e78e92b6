"""The questions: what is staged, what is new, what is known, where something branched off."""

import functools
import os
import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import IO, NamedTuple

from sealer_hooks.git.command import Command, GitError, temporary_file
from sealer_hooks.git.entries import Entry, fields, read_changes
from sealer_hooks.git.objects import Blob, Reader, read_blobs

# These commands find no renames by themselves, whatever is configured.
_DIFF = ("--raw", "-z", "--no-abbrev", "--no-ext-diff", "--no-textconv")


class Target(NamedTuple):
    """What a name leads to, through any number of tags.

    Attributes:
        id: The object's id.
        kind: `commit`, `tree` or `blob`.
    """

    id: str
    kind: str


class Repository:
    """The repository around a folder.

    Args:
        folder: The current folder.
        limit: How many bytes of a file are ever of interest.

    Attributes:
        to_root: What leads from the current folder to the root; empty, or ends in a slash.
        prefix: What leads from the root to the current folder; empty, or ends in a slash.
        is_shallow: Whether a part of the history was never fetched.

    Raises:
        GitError: Git cannot be run, or this is no repository.
    """

    def __init__(self, folder: str, limit: int) -> None:
        self._command = Command(folder)
        self._limit = limit
        self._reader = Reader(self._command, limit)
        questions = ("--is-shallow-repository", "--show-cdup", "--show-prefix")
        answers = os.fsdecode(self._command.run("rev-parse", *questions)).split("\n", 2)
        self.is_shallow = answers[0] == "true"
        self.to_root, self.prefix = answers[1], answers[2].removesuffix("\n")

    def close(self) -> None:
        """End what is kept running between questions."""
        self._reader.close()

    def staged_files(self) -> list[Entry]:
        """Return what `git commit` would change in the repository.

        Raises:
            GitError: The index or HEAD cannot be read.
        """
        return self._index_since(self.commit("HEAD") or self._empty_tree())

    def tracked_files(self) -> list[Entry]:
        """Return all files of the index.

        Raises:
            GitError: The index cannot be read.
        """
        return self._index_since(self._empty_tree())

    def files_of_tree(self, tree: str) -> list[Entry]:
        """Return all files of a tree.

        Raises:
            GitError: It cannot be read.
        """
        return self._changes("diff-tree", "-r", *_DIFF, self._empty_tree(), tree)

    def read_entries(self, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Blob | None]]:
        """Yield files and links with their contents; None for one that cannot be read."""
        yield from self._read(lambda: iter(entries))

    def read_new(
        self, tips: Sequence[str], known: Sequence[str]
    ) -> Iterator[tuple[Entry, Blob | None]]:
        """Yield the files and links of every new commit, those removed again included.

        A merge counts with the files that none of its parents has. A file counts once for each
        path.

        Args:
            tips: Ids of commits.
            known: Ids of commits that are not new, nor is what leads to them.

        Raises:
            GitError: A tip or something it needs is missing.
        """
        with ExitStack() as closing:
            commits = self._commits(closing, tips, known)
            tree_diff = ("diff-tree", "--stdin", "-r", "-c", "--root", *_DIFF)
            changes = self._command.spool(closing, *tree_diff, stdin=commits)
            yield from self._read(lambda: _distinct(changes))

    def is_cut_off(self, tips: Sequence[str], known: Sequence[str]) -> bool:
        """Tell whether a shallow clone lacks parents of new commits.

        Raises:
            GitError: A tip or something it needs is missing.
        """
        if not self.is_shallow:
            return False
        path = os.fsdecode(self._command.run("rev-parse", "--git-path", "shallow"))[:-1]
        with ExitStack() as closing, open(path, "rb") as file:  # noqa: PTH123 - as git names it
            return not set(file).isdisjoint(self._commits(closing, tips, known))

    def read_file(self, revision: str, path: str) -> bytes | None:
        """Return a file of a commit, or of the index, whose name is `:0`; None if there is none.

        Args:
            revision: The commit's id, or `:0`.
            path: From the root; it may lead through `..`, but not out.

        Raises:
            GitError: Git has met something so damaged that it has ended.
        """
        path = posixpath.normpath(path)
        if path.startswith(("/", "../")) or "\0" in path:
            return None
        return self._reader.read(f"{revision}:{path}")

    def is_filtered(self, path: str) -> bool:
        """Tell whether git holds a file otherwise than the disk: encrypted, or elsewhere.

        Args:
            path: From the root.
        """
        answer = self._command.ask("check-attr", "-z", "filter", "--", self.to_root + path)
        return (answer or b"").split(b"\0")[2:3] not in ([], [b"unspecified"], [b"unset"])

    def commit(self, name: str) -> str | None:
        """Return the id of the commit to which a name leads, through tags or not."""
        # No option of git ends like that, whatever the name begins with.
        answer = self._command.ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        return None if answer is None else answer.decode().strip()

    def range(self, name: str) -> tuple[list[str], list[str]]:
        """Return what a range, such as `A..B`, includes and what it leaves out, as ids.

        Raises:
            GitError: It names no commits.
        """
        answer = b""
        if not name.startswith("-"):
            answer = self._command.run("rev-parse", "--revs-only", name, "--")
        ids = answer.decode().split()
        included = [each for each in ids if not each.startswith("^")]
        if not included:
            raise GitError("the range names no commits", hint="write it as A..B")
        return included, [each[1:] for each in ids if each.startswith("^")]

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """Return the ids to which the refs lead whose names begin in a way, by name."""
        output = os.fsdecode(self._command.run("for-each-ref", "--format=%(objectname) %(refname)"))
        lines = (line.partition(" ") for line in output.split("\n"))
        return {ref: name for name, _, ref in lines if ref.startswith(prefix)}

    def tracking(self) -> list[tuple[str, str]]:
        """Return the remotes, each with what the names of the refs begin with that it fills."""
        answer = self._command.ask("config", "--null", "--get-regexp", r"^remote\.")
        found = []
        for setting in os.fsdecode(answer or b"").split("\0"):
            key, _, value = setting.partition("\n")
            remote, _, field = key.removeprefix("remote.").rpartition(".")
            found.append((remote, f"refs/remotes/{remote}/"))
            if field == "fetch" and ":" in value:
                found.append((remote, value.partition(":")[2].partition("*")[0]))
        return [each for each in dict.fromkeys(found) if each[0]]

    def files_named(self, commit: str, names: Collection[str]) -> frozenset[str]:
        """Return the paths of a commit's files that have one of some names, in any folder.

        Raises:
            GitError: The commit or a folder of it cannot be read.
        """
        with ExitStack() as closing:
            listed = self._command.spool(closing, "ls-tree", "-r", "-z", "--name-only", commit)
            paths = map(os.fsdecode, fields(listed))
            return frozenset(path for path in paths if posixpath.basename(path) in names)

    def targets(self, ids: Sequence[str]) -> list[Target | None]:
        """Return what ids lead to, in their order; None for what is missing."""
        with ExitStack() as closing:
            questions = closing.enter_context(temporary_file())
            questions.writelines(f"{each}^{{}}\n".encode() for each in ids)
            questions.seek(0)
            answers = self._command.spool(closing, "cat-file", "--batch-check", stdin=questions)
            return [_target(answer) for answer in answers]

    def base(self, old: str, new: str) -> str | None:
        """Return the commit at which new work branched off from the old.

        Args:
            old: The id of a commit; empty, zeros or unknown here when there was none.
            new: The id of another.

        Returns:
            Its id; None when they have none in common.
        """
        if not old.strip("0"):
            return None
        answer = self._command.ask("merge-base", old, new)
        return None if answer is None else answer.decode().strip()

    @functools.cached_property
    def is_partial(self) -> bool:
        """Whether contents were left out when it was cloned, to be fetched as they are needed."""
        pattern = r"^(remote\..*\.promisor|extensions\.partialclone)$"
        return bool(self._command.ask("config", "--get-regexp", pattern))

    @property
    def id_length(self) -> int:
        """How many characters an id has."""
        return len(self._empty_tree())

    def _empty_tree(self) -> str:
        """Return the id of the tree without files; it depends on the repository's hash."""
        return self._command.run("hash-object", "-t", "tree", "--stdin").decode().strip()

    def _index_since(self, tree: str) -> list[Entry]:
        arguments = ("--cached", *_DIFF, "--ita-invisible-in-index", tree, "--")
        return self._changes("diff-index", *arguments)

    def _changes(self, *arguments: str) -> list[Entry]:
        with ExitStack() as closing:
            return list(read_changes(self._command.spool(closing, *arguments)))

    def _commits(self, closing: ExitStack, tips: Iterable[str], known: Iterable[str]) -> IO[bytes]:
        questions = closing.enter_context(temporary_file())
        questions.writelines(f"{tip}\n".encode() for tip in tips)
        questions.writelines(f"^{each}\n".encode() for each in known)
        questions.seek(0)
        return self._command.spool(closing, "rev-list", "--stdin", stdin=questions)

    def _read(self, entries: Callable[[], Iterator[Entry]]) -> Iterator[tuple[Entry, Blob | None]]:
        """Yield entries with their contents; they are gone through twice, rather than held."""
        ids = (entry.blob for entry in entries() if entry.is_regular or entry.is_link)
        # Contents stand first, so that all ids are known before entries are begun anew.
        contents = read_blobs(self._command, ids, self._limit)
        wanted = (entry for entry in entries() if entry.is_regular or entry.is_link)
        for blob, entry in zip(contents, wanted, strict=True):
            yield entry, blob


def _distinct(changes: IO[bytes]) -> Iterator[Entry]:
    """Yield each file of a history once, by path and content."""
    changes.seek(0)
    known: set[int] = set()  # hashes with a key of this process: a few bytes for each file
    for entry in read_changes(changes):
        mark = hash((entry.path, entry.blob))
        if mark not in known:
            known.add(mark)
            yield entry


def _target(answer: bytes) -> Target | None:
    name, _, rest = answer.decode().partition(" ")
    kind = rest.partition(" ")[0].strip()
    return None if kind in ("missing", "ambiguous") else Target(name, kind)
