"""Files are sealed one after the other, and it is said what became of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sealer.cli.console import Console, counted
from sealer.cli.errors import WrongUsageError
from sealer.cli.files.destination import Target
from sealer.cli.files.inputs import InputFile
from sealer.cli.files.rewrite import Outcome, Summary, Work, rewrite
from sealer.cli.sealing.digests import Digests
from sealer.cli.sealing.earlier import EarlierOutputs, Unchanged
from sealer.errors import Where
from sealer.scope import Scope
from sealer.sealing.seal import Reuse, SealOptions
from sealer.sealing.splice import Form
from sealer.sealing.stream import ReadableSecret, StreamOptions, find_secrets, seal_found

if TYPE_CHECKING:
    from sealer.cli.certificates.certificates import Certificates
    from sealer.manifest import SealedSecret
    from sealer.sealing.advice import Notice
    from sealer.sealing.stream import SealedStream

_WORTH_THREADS = 8  # starting them takes as long as sealing some Secrets
_WIDE = {
    Scope.NAMESPACE_WIDE: "namespace-wide, which opens under any name in the namespace",
    Scope.CLUSTER_WIDE: "cluster-wide, which opens in any namespace under any name",
}


class Judge(Protocol):
    """Knows what stands where results go."""

    def reuse(self, file: InputFile, key: str) -> Reuse | None:
        """Return what decides which ciphertext is kept where a file is sealed with a key."""

    def take(
        self,
        file: InputFile,
        secrets: Sequence[ReadableSecret],
        sealed: "Sequence[SealedSecret]",
        key: str,
    ) -> None:
        """Take in what a file held, what became of each Secret, and the key."""


@dataclass
class Sealer:
    """Seals one file after the other.

    Attributes:
        options: How each Secret is sealed.
        target: Where results go.
        certificates: What to seal with.
        console: Where to say what should be known.
        judge: Decides which ciphertext is kept; None keeps none.
        only: The places of the Secrets to seal; nothing means all.
        one_by_one: Secrets are sealed one after the other, and not in threads.
        scopes: How many Secrets were sealed for which scope.
    """

    options: SealOptions
    target: Target
    certificates: "Certificates"
    console: Console
    judge: Judge | None = None
    only: tuple[str, ...] = ()
    one_by_one: bool = False
    scopes: Counter[Scope] = field(default_factory=Counter)

    def transform(self, file: InputFile, data: bytes, is_json: bool) -> Outcome:
        """Seal a file: what `rewrite` calls, in several threads at once.

        Raises:
            SealerError: The file or its certificate cannot be used.
        """
        readable = find_secrets(data, lenient=not file.is_named, only=self.only)
        others = readable.survey.others
        if not readable.secrets:  # and so no certificate is needed
            return Outcome(data, 0, others)
        certificate = self.certificates.for_file(self._rule_path(file))
        key = certificate.fingerprint
        reuse = self.judge.reuse(file, key) if self.judge else None
        form = Form.JSON if is_json else Form.YAML
        options = StreamOptions(replace(self.options, reuse=reuse), form)
        if len(readable.secrets) > _WORTH_THREADS and not self.one_by_one:
            from sealer.cli.files.pipeline import CORES, in_order

            options = replace(options, spread=partial(in_order, threads=CORES))
        result = seal_found(readable, certificate, options)

        def tell() -> None:
            if self.judge:
                self.judge.take(file, readable.secrets, result.sealed, key)
            self._tell(file, result)

        return Outcome(result.data, len(result.sealed), others, tell)

    def _tell(self, file: InputFile, result: "SealedStream") -> None:
        """Say what should be known of a file, in its turn.

        Raises:
            WrongUsageError: The options do not fit what is in the files.
        """
        self.scopes.update(sealed.identity.scope for sealed in result.sealed)
        if self.options.name and self.scopes.total() > 1:
            raise WrongUsageError("--name is for one Secret, and there are several")
        for notice in result.warnings:
            self.console.warn(notice.message, where=_in(file, notice), hint=notice.hint)
        for notice in result.remarks:
            self.console.remark(notice.message, where=_in(file, notice), hint=notice.hint)

    def _rule_path(self, file: InputFile) -> Path | None:
        """Return the path that the policy's rules are about: the input's, else the output's.

        A plain Secret is best kept outside of the repository that its sealed form goes to.
        """
        paths = [path for path in (file.path, self.target.file_for(file)) if path]
        owned = (path for path in paths if self.certificates.has_cluster(path))
        return next(owned, paths[0] if paths else None)

    def say(self, summary: Summary, kept: int) -> None:
        """Say what was done.

        Args:
            summary: What came of all files.
            kept: How many values kept their ciphertext.
        """
        rest = f"; {summary.rest}" if summary.rest else ""
        if not summary.objects:
            self.console.warn(f"there is no Secret to seal{rest}")
            return
        for scope, text in _WIDE.items():
            if self.scopes[scope]:
                secrets = counted(self.scopes[scope], "Secret")
                self.console.note(f"scope {text}: {secrets}")
        done = f"sealed {counted(summary.objects, 'Secret')}"
        if self.target == Target():
            self.console.remark(done + rest)
            return
        unchanged = f"; kept as they were: {counted(kept, 'value')}" if kept else ""
        self.console.note(f"{done} in {counted(summary.files, 'file')}{unchanged}{rest}")


def seal_files(
    inputs: Sequence[InputFile], work: Work, sealer: Sealer, digests: Digests, *, fresh: bool
) -> None:
    """Seal files, and say what was done.

    Args:
        inputs: The files.
        work: Where results go.
        sealer: How files are sealed.
        digests: What is known of earlier runs.
        fresh: Seal unchanged values anew too.

    Raises:
        SealerError: An input or a certificate cannot be used, or a result not written.
    """
    unchanged = Unchanged(EarlierOutputs(work.target, sealer.console), digests, fresh=fresh)
    sealer.judge = unchanged
    sealer.say(rewrite(inputs, work, sealer.transform, sealer.console), unchanged.kept)


def _in(file: InputFile, notice: "Notice") -> Where:
    return notice.where._replace(path=file.name)
