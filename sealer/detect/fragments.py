"""What else stands readable in text that does not parse: all that is asked of a tree.

Values of Secrets are found by `blocks` and `flows`, literals of kustomize by `generators`; this
is about SealedSecrets, SopsSecrets, kubeconfigs, patches, and manifests in strings.
"""

from collections.abc import Callable, Iterator

from sealer.detect.detectors import Page
from sealer.detect.kubeconfig import credentials
from sealer.detect.layers import is_wrapped
from sealer.detect.objects import KubeObject, find_objects
from sealer.detect.outline import outlines
from sealer.detect.patches import json_patches
from sealer.detect.rules import READABLE_PATCH
from sealer.detect.sealed import clear_template_entries, unsealed_values
from sealer.detect.secrets import values_of_sops_secrets
from sealer.detect.sighting import Embedded, Sight, Sighting
from sealer.detect.strings import manifests_in_strings
from sealer.detect.values import Context
from sealer.documents import Document

_OBJECTS: tuple[Callable[[KubeObject, Context], Iterator[Sighting]], ...] = (
    unsealed_values,
    clear_template_entries,
    values_of_sops_secrets,
)
_DOCUMENTS: tuple[Callable[[Document, Context], Iterator[Sighting]], ...] = (
    json_patches,
    credentials,
)


def values_in_outlines(page: Page) -> Iterator[Sight]:
    """Report what can be read besides the values of Secrets.

    Args:
        page: The document that does not parse.
    """
    context = Context(page.text, None, page.path, page.settings)
    for root in outlines(page.text, page.start, page.end):
        document = Document(1, root.start, page.end, root)
        for found in find_objects(document):
            for detect in _OBJECTS:
                yield from map(_in_text, detect(found, context))
        for look in _DOCUMENTS:
            yield from map(_in_text, look(document, context))
        for embedded in manifests_in_strings(document):
            if _is_asked(embedded):
                yield embedded._replace(found=_in_text(embedded.found))


def _is_asked(embedded: Embedded) -> bool:
    """Tell whether a string says what the lines around it do not show."""
    is_patch = embedded.target or embedded.found.rule is READABLE_PATCH
    return bool(is_patch) or embedded.node.style == "|" or is_wrapped(embedded.node.text)


def _in_text(sighting: Sighting) -> Sighting:
    """Return a sighting without the pointer: where a tree begins says nothing to anybody."""
    return sighting._replace(pointer="")
