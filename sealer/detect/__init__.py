"""Finds Secrets whose values can be read, in the bytes of a file. Pure: bytes in, findings out.

    prefilter.py     can there be a Secret in these bytes at all?
    scanner.py       from a file to findings: documents, objects, detectors
    readings.py      the ways to read a file
    detectors.py     the tables of detectors: for objects, for documents, for text
    settings.py      what a repository says: severities, placeholders, other files
    objects.py       the Kubernetes objects of a document, wherever they stand in it
    strings.py       strings in any document that may be manifests themselves
    nested.py        texts in a text: strings, base64, passages in other languages
    layers.py        what stands behind base64
    places.py        where in a file the characters of such a string stand
    values.py        is a value empty, a placeholder, encrypted, or readable?
    placeholders.py  values that only name where the real one comes from
    sops.py          which values of a document SOPS has encrypted
    sections.py      the readable values of a section such as `data`
    secrets.py       detectors: readable values of Secrets and SopsSecrets
    sealed.py        detectors: unsealed values, clear entries of templates
    annotations.py   detector: copies in annotations
    charts.py        detector: values for Helm charts, off by default
    patches.py       detector: JSON patches that write into a Secret
    targets.py       what a patch is for
    certificates.py  is a text a public certificate, and nothing else?
    keys.py          reader: private keys and age identities in any text
    kubeconfig.py    detector: credentials of a kubeconfig
    kustomize.py     detector: literals and files that kustomize makes Secrets of
    generators.py    reader: such literals in text that does not parse
    envfiles.py      files of variables and INI files, which SOPS encrypts too
    encrypted.py     is a file encrypted as a whole?
    unencrypted.py   detector: what SOPS was to encrypt and has not
    patterns.py      the regular expressions of SOPS, in linear time
    pins.py          detector and reader: certificates without their pin, changed pins
    x509.py          the fingerprint of a certificate, without `cryptography`
    blocks.py        Secrets in text that does not parse, by indentation
    flows.py         Secrets in text that does not parse, by braces
    lines.py         such text, as lines with an indentation, a key and a value
    actions.py       can a literal in a template's action become a value?
    passages.py      how a manifest is cut out of the text around it
    expansions.py    what a shell or a program fills into a text when it runs
    fences.py        reader: code fences of documents
    notebooks.py     reader: cells of notebooks
    shell.py         reader: heredocs
    programs.py      reader: strings of programs
    comments.py      reader: what is commented out
    encoded.py       reader: base64 in text that does not parse
    diffs.py         reader: hunks of diffs, and quotations
    commands.py      reader: commands that create Secrets
    patching.py      reader: commands that patch Secrets
    terraform.py     reader: resources and objects of Terraform that are Secrets
    jsonnet.py       reader: objects of Jsonnet that are Secrets
    literals.py      literals in nested braces, for both
    built.py         which of them belong to a Secret
    rules.py         ids, reasons and remedies
    sealable.py      what `sealer seal` would meet in a file
    remedy.py        what mends the findings of a file
    spans.py         parts of a text, and what stands in them
    job.py           what a look at a text needs to know, and how much may be read
    answer.py        from what was seen to what is answered
    finding.py       what a scan answers
    allows.py        comments that let a finding pass, asked after the scan
    margins.py       where such comments stand, and which lines belong to a value
    likeness.py      does a text repeat a part of a value?
    languages.py     how a file's language begins a comment
    expiry.py        the last day on which something is allowed

The hook, `sealer lint` and CI all ask this package, so that they report alike. It decides by
structure and never by words or randomness: a value named `payload1` is as secret as `password`.
"""

from sealer.detect.prefilter import may_concern_pins, may_hold_secret, may_hold_values

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from sealer.detect.finding import Scan
    from sealer.detect.settings import Settings

__all__ = ["may_concern_pins", "may_hold_secret", "may_hold_values", "scan"]

# It is off unless somebody asks for it.
_HELM_VALUES = "SH010"


def scan(path: str, data: bytes, settings: "Settings | None" = None) -> "Scan":
    """Examine one file.

    Args:
        path: Its name, for the findings; its type is judged by the content.
        data: Its bytes.
        settings: What the repository says about the scan; by default nothing.

    Returns:
        Findings and undecided places. No input raises.
    """
    # Most files end at the pre-filter, and the modules behind it take longer to import than it.
    from sealer.detect.finding import Scan  # noqa: PLC0415 - see above

    if not (
        may_hold_secret(data)
        or (settings and settings.lookup and may_concern_pins(path, data))
        or (settings and _HELM_VALUES in settings.severities and may_hold_values(path, data))
    ):
        return Scan()
    from sealer.detect.scanner import examine  # noqa: PLC0415 - see above

    return examine(path, data, settings)
