"""What is edited: a SealedSecret that is in a file, or a Secret that is to come into a new one."""

from dataclasses import dataclass
from pathlib import Path

from sealer.cli.editing.amending import ItemSealer, open_sealed_secret, write_amended
from sealer.cli.editing.select import Selected
from sealer.cli.errors import ChangedMeanwhileError
from sealer.cli.files.output import Outputs
from sealer.documents.emit import emit_json, emit_yaml
from sealer.errors import OutputError
from sealer.manifest import SealedSecret
from sealer.scope import Scope
from sealer.sealing.amend import Amendment
from sealer.sealing.draft import Draft, read_draft, read_new, show_new, show_sealed
from sealer.sealing.seal import SealOptions
from sealer.sealing.stream import StreamOptions, seal_found


@dataclass(slots=True)
class Amending:
    """A SealedSecret of a file is edited.

    Attributes:
        shown: The object as it was shown.
        selected: The object as it is in the file now.
    """

    shown: SealedSecret
    selected: Selected

    @classmethod
    def begin(cls, path: str, *, namespace: str, name: str) -> "Amending":
        """Choose the object.

        Raises:
            InputError: The file cannot be used, or holds no object that can be edited.
            WrongUsageError: It holds several.
        """
        selected = open_sealed_secret(path, namespace=namespace, name=name)
        return cls(selected.sealed, selected)

    @property
    def text(self) -> str:
        """What to show."""
        return show_sealed(self.shown)

    def take(self, data: bytes, sealer: ItemSealer) -> None:
        """Write what people made of it into the file.

        Raises:
            InputError: It cannot be used, or not without touching more of the file.
            ManyErrors: There are several faults.
            ChangedMeanwhileError: The file is another one now; taking again goes on top of that.
            OutputError: The file cannot be written.
        """
        selected = self.selected
        draft = read_draft(data, self.shown, selected.sealed)
        texts = sealer.seal(selected, draft.values)
        amendment = Amendment(
            selected.placed,
            texts,
            sealer.certificate.fingerprint,
            draft.removed,
            draft.renamed,
            draft.others,
        )
        try:
            is_changed = write_amended(selected, amendment, sealer.console)
        except ChangedMeanwhileError:
            self._reload()
            raise
        done = _in_words(draft, texts) if is_changed else "nothing to change"
        sealer.console.note(f"{selected.path}: {selected.where().subject}: {done}")

    def _reload(self) -> None:
        self.selected = open_sealed_secret(
            self.selected.path, namespace=self.shown.namespace, name=self.shown.name
        )


@dataclass(frozen=True, slots=True)
class Creating:
    """A new Secret is written in an editor, and comes into a file sealed.

    Attributes:
        path: The file.
        name: The name to begin with.
        namespace: The namespace to begin with.
        scope: The scope to begin with; None for strict.
        hints: Note which key sealed it.
    """

    path: str
    name: str
    namespace: str
    scope: str | None
    hints: bool

    def check(self) -> None:
        """Refuse a file that cannot be made, before anyone types.

        Raises:
            OutputError: Its folder does not exist.
        """
        folder = Path(self.path).parent
        if not folder.is_dir():
            raise OutputError(f"cannot write {self.path}: there is no folder {folder}")

    @property
    def text(self) -> str:
        """What to show."""
        return show_new(self.name, self.namespace, Scope.parse(self.scope or ""))

    def take(self, data: bytes, sealer: ItemSealer) -> None:
        """Seal what people wrote, and write that.

        Raises:
            InputError: It cannot be used.
            ManyErrors: There are several faults.
            ChangedMeanwhileError: The file is there by now.
            OutputError: The file cannot be written.
        """
        readable = read_new(data)
        options = StreamOptions(SealOptions(hints=self.hints))
        result = seal_found(readable, sealer.certificate, options)
        for notice in result.warnings:
            sealer.console.warn(notice.message, hint=notice.hint)
        (sealed,) = result.sealed
        manifest = sealed.to_object()
        is_json = self.path.lower().endswith(".json")
        text = emit_json(manifest) if is_json else f"---\n{emit_yaml(manifest)}"
        target = Path(self.path)
        if target.exists():
            raise ChangedMeanwhileError(f"{target} was made meanwhile; nothing was written")
        with Outputs() as outputs:
            outputs.write(target, text.encode())
            outputs.commit()
        for item, value in readable.secrets[0].secret.data.items():
            old = sealed.encrypted_data[item]
            key = sealer.certificate.fingerprint
            sealer.digests.remember(sealed.identity, item, key, old, value)
        sealer.console.note(f"created {self.path}, sealed")


def _in_words(draft: Draft, texts: dict[str, str]) -> str:
    parts = []
    if texts:
        parts.append(f"set {', '.join(sorted(texts))}")
    if draft.removed:
        parts.append(f"removed {', '.join(draft.removed)}")
    parts += [f"{old} is now {new}" for old, new in draft.renamed.items()]
    if draft.others:
        parts.append(f"changed {', '.join('.'.join(change.path) for change in draft.others)}")
    return "; ".join(parts)
