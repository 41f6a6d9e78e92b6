"""The entries of `spec.template.data` are rendered over the decrypted items of their object."""

from collections.abc import Callable, ItemsView, Mapping, ValuesView
from functools import partial
from typing import Any

from sealer.errors import TemplateError
from sealer.rendered import Rendered
from sealer.sensitive import SecretBytes
from sealer.templates.execute import execute
from sealer.templates.faults import TemplateFault
from sealer.templates.function import Table
from sealer.templates.functions import REFUSED, function_table, passwords
from sealer.templates.limits import Meter
from sealer.templates.parse import Template, parse
from sealer.templates.values import StringMap

_REFUSED = 'function "{}" not defined'


class _Watched(StringMap):
    """A map that notes which of its values are read."""

    type_name = "map[string]string"

    def __init__(self, values: Mapping[bytes, bytes]) -> None:
        super().__init__(values)
        self.read: set[bytes] = set()

    def __getitem__(self, key: bytes) -> bytes:
        value = super().__getitem__(key)
        self.read.add(key)
        return value

    def get(self, key: bytes, default: Any = None) -> Any:  # noqa: ANN401 - as in a dict
        self.read.add(key)
        return super().get(key, default)

    def items(self) -> ItemsView[bytes, bytes]:  # type: ignore[override] # a view all the same
        self.read.update(self)
        return super().items()

    def values(self) -> ValuesView[bytes]:  # type: ignore[override] # a view all the same
        self.read.update(self)
        return super().values()


class Renderer:
    """Renders entries; it fits `UnsealOptions.render`."""

    def __init__(self, salts: Callable[[bytes, bytes, bytes], bytes]) -> None:
        """Take where the salts of password hashes come from.

        Args:
            salts: Returns 16 bytes for the name of an entry, a user (empty for `bcrypt`) and a
                password; by chance, or keyed, since the last is a secret.
        """
        self._salts = salts
        self._functions = function_table(partial(salts, b""))

    def __call__(self, entries: Mapping[str, str], items: Mapping[str, SecretBytes]) -> Rendered:
        """Return the rendered entries, and which items they were made of.

        An entry sees the items, and the text of all entries as it is written; an item wins over
        an entry of the same name (compat.md 2.3). What is wrong with an entry keeps no other one
        from being looked at; only what all of them may cost together does, and then the rest is
        read and not rendered.
        """
        texts = {key.encode(): text.encode() for key, text in entries.items()}
        data = _Watched(texts | {key.encode(): value.reveal() for key, value in items.items()})
        meter = Meter()
        rendered: dict[str, SecretBytes] = {}
        faults: dict[str, TemplateError] = {}
        for key in sorted(entries):
            try:
                template = self.check(key, entries[key])
                if not meter.is_spent:
                    rendered[key] = self._execute(template, data, meter)
            except TemplateError as error:
                faults[key] = error
        used = frozenset(key for key in items if key.encode() in data.read)
        return Rendered(rendered, used, faults)

    def _functions_of(self, entry: str) -> Table:
        return self._functions | passwords.table(partial(self._salts, entry.encode()))

    def check(self, entry: str, text: str) -> Template:
        """Read an entry without rendering it.

        Raises:
            TemplateError: It is no template, or names a function that does not exist.
        """
        try:
            return parse(entry, text, self._functions)
        except TemplateFault as fault:
            raise _error(entry, fault) from None

    def _execute(self, template: Template, data: StringMap, meter: Meter) -> SecretBytes:
        meter.depth = 0  # where another entry has failed, it is what it was there
        try:
            return SecretBytes(execute(template, data, self._functions_of(template.name), meter))
        except TemplateFault as fault:
            raise _error(template.name, fault) from None


def _error(entry: str, fault: TemplateFault) -> TemplateError:
    reason = next(
        (why for name, why in REFUSED.items() if fault.message.endswith(_REFUSED.format(name))), ""
    )
    return TemplateError(fault.message, entry=entry, hint=reason)
