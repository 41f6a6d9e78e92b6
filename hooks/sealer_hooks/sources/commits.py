"""What commits bring: every file of every new one, also those that a later one removes again."""

from collections.abc import Generator, Iterator, Sequence
from typing import NamedTuple

from sealer_hooks.git import Entry, Repository, Target
from sealer_hooks.sources.content import Content
from sealer_hooks.sources.objects import GitSource
from sealer_hooks.sources.source import KUSTOMIZATIONS

_CUT_OFF = (
    "this clone is shallow: what is older was not fetched, and could not be examined; "
    "git fetch --unshallow fetches it"
)

# Commits of notes hold texts about others, and nobody rewrites them one by one.
_NOTES = "refs/notes/"
# So many questions take about as long as the names of all files of a large commit.
_FEW = 200


class Tip(NamedTuple):
    """Something that is to be examined with all that leads to it.

    Attributes:
        name: What people call it, such as a ref's name.
        id: What it is: the id of a commit, tag, tree or blob.
    """

    name: str
    id: str


class CommitSource(GitSource):
    """New commits, or what else a tag can point to.

    Args:
        repository: The repository.
        tips: What is new, with all that leads to it ...
        known: ... but for what leads to these ids. One that is unknown here says nothing.
        policy_revision: Where the policy is.
        is_incoming: They come from elsewhere; no audit of what is there.
    """

    def __init__(
        self,
        repository: Repository,
        tips: Sequence[Tip],
        known: Sequence[str],
        policy_revision: str | None,
        *,
        is_incoming: bool = True,
    ) -> None:
        super().__init__(repository, policy_revision)
        self.is_incoming = is_incoming
        # Of a hundred tags of one commit, one tells all.
        targets = zip(tips, repository.targets([tip.id for tip in tips]), strict=True)
        self._tips = {found.id if found else tip.id: (tip, found) for tip, found in targets}
        audited = [] if policy_revision is None else [policy_revision]
        trees = [each for each, (_, found) in self._tips.items() if found and found.kind != "blob"]
        self.newest = trees if is_incoming else audited
        self._known = known
        self._kustomizations: dict[str, frozenset[str]] = {}
        self._asked = 0

    def contents(self) -> Generator[Content, None, None]:
        """Yield each file once for each path."""
        commits, notes = [], []
        for tip, target in self._tips.values():
            if target is None:
                yield Content(tip.name, problem=f"cannot be read: {tip.id} is missing or damaged")
            elif target.kind != "commit":
                yield from self._contents_without_commits(tip, target)
            elif tip.name.startswith(_NOTES):
                notes.append((tip.name, target.id))
            else:
                commits.append(target.id)
        if commits:
            yield from self._contents_of(commits)
        for name, commit in notes:
            yield from self._contents_of([commit], ref=name)

    def read_before(self, path: str) -> bytes | None:
        """Return a file of the policy's revision, if that is where the commits are to go."""
        if self.policy_revision is None or not self.is_incoming:
            return None
        return self.repository.read_file(self.policy_revision, path)

    def is_final(self, content: Content) -> bool:
        """Tell whether a file is the same in something that is examined, and no earlier state."""
        files = (self.repository.read_file(tip, content.path) for tip in self._tips)
        return content.data in files

    def has_kustomization(self, revision: str, path: str) -> bool:
        """Tell whether a kustomization is there; who asks often gets all of a commit at once."""
        self._asked += 1
        if self._asked <= _FEW:
            return super().has_kustomization(revision, path)
        if revision not in self._kustomizations:
            found = self.repository.files_named(revision, KUSTOMIZATIONS)
            self._kustomizations[revision] = found
        return path in self._kustomizations[revision]

    def _contents_without_commits(self, tip: Tip, target: Target) -> Iterator[Content]:
        """Yield what a tag of a tree or of a file holds."""
        if target.kind == "tree":
            entries, revision = self.repository.files_of_tree(target.id), target.id
        else:
            entries, revision = [Entry(tip.name, target.id)], ""
        found = self.repository.read_entries(entries)
        yield from self._contents(found, revision=revision, ref=tip.name)

    def _contents_of(self, commits: Sequence[str], *, ref: str = "") -> Iterator[Content]:
        targets = self.repository.targets(self._known)
        known = [each.id for each in targets if each is not None]
        if self.repository.is_cut_off(commits, known):
            yield Content(".git/shallow", notice=_CUT_OFF)
        yield from self._contents(self.repository.read_new(commits, known), ref=ref)
