"""What can be found: each rule's number, name, severity, reason and way out.

`docs/hook.md` explains every rule at length, under an anchor that is its number in lower case.
"""

from enum import Enum
from typing import NamedTuple


class Severity(Enum):
    """What a finding does to a commit."""

    BLOCK = "block"
    WARN = "warn"
    OFF = "off"


class Rule(NamedTuple):
    """One kind of finding.

    Attributes:
        id: `SH` and three digits; never used again for something else.
        name: A few words with hyphens.
        severity: What a finding does, where neither the policy nor the file's type says otherwise.
        reason: Why it is a finding, as one clause.
        remedy: What to do; `{path}` stands for the file, quoted for a shell, and `{seal}` for the
            command that seals it.
    """

    id: str
    name: str
    severity: Severity
    reason: str
    remedy: str


READABLE_VALUE = Rule(
    "SH001",
    "readable-value",
    Severity.BLOCK,
    "anyone can read this value of a Secret",
    "{seal}",
)
READABLE_COPY = Rule(
    "SH002",
    "readable-copy",
    Severity.BLOCK,
    "this annotation carries a copy of a Secret that anyone can read",
    "delete the annotation",
)
UNSEALED_VALUE = Rule(
    "SH003",
    "unsealed-value",
    Severity.BLOCK,
    "this value of a SealedSecret is not sealed",
    "replace it with what this prints: sealer value --like {path}",
)
SEALING_KEY = Rule(
    "SH004",
    "sealing-key",
    Severity.BLOCK,
    "this is the private key that opens everything sealed for its cluster",
    "take it out of the commit and keep it elsewhere: git rm --cached {path}",
)
SECRET_IN_TEXT = Rule(
    "SH005",
    "secret-in-text",
    Severity.BLOCK,
    "a Secret with a value stands in text that is not valid YAML or JSON",
    "let a reference stand for the value; or put the Secret into a manifest of its own, seal that "
    "(sealer seal --in-place MANIFEST), and take it out of {path}",
)
EMBEDDED_SECRET = Rule(
    "SH006",
    "embedded-secret",
    Severity.BLOCK,
    "this text holds the manifest of a Secret that anyone can read",
    "put the Secret into a manifest of its own, seal that (sealer seal --in-place MANIFEST), and "
    "take it out of {path}",
)
READABLE_PATCH = Rule(
    "SH007",
    "readable-patch",
    Severity.BLOCK,
    "this patch writes a value into a Secret, and anyone can read it",
    "patch a SealedSecret with the sealed value instead, or take the value out of {path}",
)
CLEAR_TEMPLATE_ENTRY = Rule(
    "SH008",
    "clear-template-entry",
    Severity.BLOCK,
    "this entry of a SealedSecret's template becomes a value of the Secret, and is not sealed",
    "seal the value under encryptedData, and let the template refer to it: "
    "sealer value --like {path}",
)
PUBLIC_CERTIFICATE = Rule(
    "SH009",
    "public-certificate",
    Severity.WARN,
    "this Secret holds only a public certificate",
    "put the certificate into a ConfigMap, or seal it with the rest: {seal}",
)
HELM_VALUES = Rule(
    "SH010",
    "helm-values",
    Severity.OFF,
    "anyone can read this value for a Helm chart",
    "encrypt the file with SOPS, or let the chart use an existing Secret and seal that one",
)
SECRET_IN_DOCUMENTATION = Rule(
    "SH011",
    "secret-in-documentation",
    Severity.WARN,
    "an example in this text shows a Secret with a value",
    "write a placeholder such as ${{PASSWORD}} in its place, if the value is a real one",
)
SECRET_IN_NOTEBOOK = Rule(
    "SH012",
    "secret-in-notebook",
    Severity.WARN,
    "a cell of this notebook holds a Secret with a value",
    "read the value from the environment, and clear the cell's output",
)
TERRAFORM_SECRET = Rule(
    "SH013",
    "terraform-secret",
    Severity.WARN,
    "this resource makes a Secret of a literal value",
    "take the value from a variable or a data source, or apply a sealed manifest",
)
SECRET_ON_COMMAND_LINE = Rule(
    "SH014",
    "secret-on-command-line",
    Severity.BLOCK,
    "this command makes a Secret of a value that stands in it",
    "read the value from a file outside the repository or from the environment; or commit the "
    "SealedSecret that `sealer create` prints",
)
COMMENTED_OUT_SECRET = Rule(
    "SH015",
    "commented-out-secret",
    Severity.BLOCK,
    "a Secret with a value stands in a comment",
    "delete the comment in {path}, or the value in it",
)
GENERATOR_LITERAL = Rule(
    "SH016",
    "generator-literal",
    Severity.BLOCK,
    "this literal becomes a value of a Secret when kustomize builds it",
    "make a SealedSecret in its place, with sealer create generic NAME --prompt KEY, and list its "
    "file under resources in {path}",
)
GENERATOR_FILE = Rule(
    "SH017",
    "generator-file",
    Severity.BLOCK,
    "kustomize makes a Secret of this file, and the file is not encrypted",
    "make a SealedSecret of it, with sealer create generic NAME --from-file FILE (or "
    "--from-env-file), list that under resources in {path}, and take the file out of git",
)
PRIVATE_KEY = Rule(
    "SH018",
    "private-key",
    Severity.BLOCK,
    "this is a private key",
    "take it out of the commit and keep it elsewhere: git rm --cached {path}",
)
AGE_IDENTITY = Rule(
    "SH019",
    "age-identity",
    Severity.BLOCK,
    "this age identity opens everything that is encrypted for it",
    "take it out of the commit and keep it elsewhere: git rm --cached {path}",
)
KUBECONFIG_CREDENTIALS = Rule(
    "SH020",
    "kubeconfig-credentials",
    Severity.BLOCK,
    "these credentials let anyone into the cluster",
    "take them out of the commit, and change them: git rm --cached {path}",
)
UNENCRYPTED_SOPS_SECRET = Rule(
    "SH021",
    "unencrypted-sops-secret",
    Severity.BLOCK,
    "SOPS was to encrypt this value, and has not",
    "encrypt the file: sops encrypt --in-place {path}; where it has a stanza, take the value out "
    "and enter it anew: sops edit {path}",
)
UNPINNED_CERTIFICATE = Rule(
    "SH022",
    "unpinned-certificate",
    Severity.BLOCK,
    "this certificate is named in .sealer.yaml, and matches none of its pins",
    "ask who changed it; if it is the cluster's, write its fingerprint into .sealer.yaml, as this "
    "prints it: sealer cert show CERTIFICATE",
)
CHANGED_PIN = Rule(
    "SH023",
    "changed-pin",
    Severity.WARN,
    "the pin of a sealing certificate is changed; from then on everybody seals to another key",
    "compare the fingerprint with the cluster's, over a way that you trust",
)
FAULTY_ALLOW = Rule(
    "SH024",
    "faulty-allow",
    Severity.WARN,
    "this comment allows nothing",
    "write `sealer:allow RULE reason` on or above the line of one finding, or delete it",
)
NEW_ALLOW = Rule(
    "SH025",
    "new-allow",
    Severity.WARN,
    "this comment lets a value pass, and is new since the base revision",
    "let somebody else look at the comment and its reason",
)

RULES = {
    rule.id: rule
    for rule in (
        READABLE_VALUE,
        READABLE_COPY,
        UNSEALED_VALUE,
        SEALING_KEY,
        SECRET_IN_TEXT,
        EMBEDDED_SECRET,
        READABLE_PATCH,
        CLEAR_TEMPLATE_ENTRY,
        PUBLIC_CERTIFICATE,
        HELM_VALUES,
        SECRET_IN_DOCUMENTATION,
        SECRET_IN_NOTEBOOK,
        TERRAFORM_SECRET,
        SECRET_ON_COMMAND_LINE,
        COMMENTED_OUT_SECRET,
        GENERATOR_LITERAL,
        GENERATOR_FILE,
        PRIVATE_KEY,
        AGE_IDENTITY,
        KUBECONFIG_CREDENTIALS,
        UNENCRYPTED_SOPS_SECRET,
        UNPINNED_CERTIFICATE,
        CHANGED_PIN,
        FAULTY_ALLOW,
        NEW_ALLOW,
    )
}

# The values of a Secret itself, which sealing ends.
OF_SECRETS = (READABLE_VALUE.id, PUBLIC_CERTIFICATE.id)

# Documentation shows what a Secret looks like; a person decides whether it shows a real one.
_DOCUMENTATION = (
    ".md", ".markdown", ".mdx", ".rmd", ".qmd", ".adoc", ".asciidoc", ".rst", ".ipynb",
)  # fmt: skip


def is_documentation(path: str) -> bool:
    """Tell whether a file of that name is written for people to read."""
    return path.lower().endswith(_DOCUMENTATION)


def severity_in(path: str, rule: Rule) -> Severity:
    """Return what a finding of a rule does in a file of that name, if no policy says otherwise."""
    is_lenient = is_documentation(path) and rule.severity is Severity.BLOCK
    return Severity.WARN if is_lenient else rule.severity
