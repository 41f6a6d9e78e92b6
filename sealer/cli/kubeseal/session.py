"""One run: its input, its certificate, its namespace, its cluster and its output."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from sealer.certsource import ClusterSource, Source, parse_source
from sealer.cli.console import Console
from sealer.cli.files.inputs import STANDARD_INPUT, read_input
from sealer.cli.files.output import write_standard_output
from sealer.cli.kubeseal.certificate import check_validity, fetch_certificate, parse_certificate
from sealer.cli.kubeseal.errors import RequestError
from sealer.cli.kubeseal.files import check_folder, read_file, told, write_file
from sealer.cli.kubeseal.kubeconfig import Implied, implied_namespace
from sealer.cli.kubeseal.objects import Objects, read_objects
from sealer.cli.kubeseal.settings import Settings
from sealer.manifest import Found
from sealer_keys.certificate import Certificate

if TYPE_CHECKING:
    from sealer.cli.cluster.controller import Controller

_YAML_SUFFIXES = frozenset((".yaml", ".yml"))
_READS_SECRETS = "(tty detected: expecting json/yaml k8s resource in stdin)"
_READS_VALUE = "(tty detected: expecting a secret to encrypt in stdin)"


@dataclass
class Session:
    """What a mode works with; everything is opened when it is first needed.

    Attributes:
        settings: What is asked for.
        console: Where to say things.
        environment: The variables.
        now: The time, UTC.
    """

    settings: Settings
    console: Console
    environment: Mapping[str, str]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def check(self) -> None:
        """Refuse what cannot be read or written before anything is done.

        Raises:
            RequestError: The command line contradicts itself, or a file cannot be used.
        """
        settings = self.settings
        if settings.from_files and not settings.is_raw:
            raise RequestError("--from-file requires --raw")
        if settings.input_file:
            try:
                with told(settings.input_file), Path(settings.input_file).open("rb"):
                    pass
            except RequestError as error:
                message = "Could not read file specified with --secret-file"
                raise RequestError(message, hint=error.message) from None
        if settings.output_file:
            check_folder(settings.output_file)

    @cached_property
    def input_name(self) -> str:
        """The file to read; `-` for standard input."""
        settings = self.settings
        files = [word for word in settings.words if _is_readable(word)]
        for word in settings.words:
            if settings.input_file or word not in files:
                self.console.note(f"{word} is left out: it is no file to read")
        if settings.input_file or not files:
            return settings.input_file or STANDARD_INPUT
        if len(files) > 1:
            raise RequestError(f"one file is read, and {len(files)} are given: {', '.join(files)}")
        self.console.note(f"reading {files[0]}; kubeseal itself takes a file as -f {files[0]}")
        return files[0]

    def read_input(self) -> bytes:
        """Return the input.

        Raises:
            RequestError: It cannot be read.
            InputError: There is more of it than is read.
        """
        if self.input_name != STANDARD_INPUT:
            return read_file(self.input_name)
        if sys.stdin.isatty():
            self.console.lines(_READS_VALUE if self.settings.is_raw else _READS_SECRETS)
        return read_input(STANDARD_INPUT)

    def read_objects(self, check: Callable[[Found], None], nothing: str) -> Objects:
        """Return the objects of the input.

        Args:
            check: Refuses an object of another kind.
            nothing: What to say where nothing can be read.

        Raises:
            SealerError: The input cannot be read, or holds something else.
        """
        return read_objects(self.read_input(), check, nothing, name=self.input_name)

    @cached_property
    def is_yaml(self) -> bool:
        """Whether objects are written as YAML.

        Raises:
            RequestError: Another format was asked for.
        """
        if PurePath(self.settings.output_file).suffix in _YAML_SUFFIXES:
            return True
        form = (self.settings.form if self.settings.is_form_given else "json").lower()
        if form not in ("", "json", "yaml"):
            raise RequestError(f"unsupported output format: {self.settings.form}")
        return form == "yaml"

    def format(self, manifests: list[Mapping[str, object]]) -> bytes:
        """Return objects as they are written."""
        from sealer.cli.kubeseal.text import json_text, yaml_text

        write = yaml_text if self.is_yaml else json_text
        return "".join(map(write, manifests)).encode()

    def write(self, data: bytes, *, is_private: bool = False) -> None:
        """Write the result to the file that was named, or to standard output.

        Raises:
            OutputError: It cannot be written.
        """
        if self.settings.output_file:
            write_file(self.settings.output_file, data, is_private=is_private)
        else:
            write_standard_output(data)

    @cached_property
    def controller(self) -> "Controller":
        """The controller of the cluster.

        Raises:
            RequestError: An option for the cluster makes no sense.
            ClusterError: There is no way to it; the type says why.
        """
        from sealer.cli.kubeseal.cluster import controller_of, located

        return located(controller_of(self.settings.access))

    def fetch_certificate(self) -> bytes:
        """Return the certificate as it comes.

        Raises:
            SealerError: It cannot be had; the type says why.
        """
        return fetch_certificate(self._source, self._from_cluster)

    @cached_property
    def certificate(self) -> Certificate:
        """The certificate to seal with.

        Raises:
            SealerError: It cannot be had, or may not be used; the type says why.
        """
        certificate = parse_certificate(self.fetch_certificate())
        check_validity(certificate, self._source, self.now, self.console)
        return certificate

    def _from_cluster(self) -> bytes:
        return self.controller.certificate()

    @property
    def _source(self) -> Source:
        named = self.settings.certificate
        return parse_source(named) if named else ClusterSource()

    @cached_property
    def implied_namespace(self) -> Implied:
        """The namespace of objects that have none, where none was given.

        Raises:
            KubeconfigError: There is none; the message says why.
        """
        return implied_namespace(self.settings.access, self.environment)


def _is_readable(name: str) -> bool:
    """Tell a file, or a pipe that a shell made, from a word that means nothing."""
    return os.path.exists(name) and not os.path.isdir(name)  # noqa: PTH110, PTH112 - any text
