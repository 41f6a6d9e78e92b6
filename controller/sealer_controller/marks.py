"""What the controller writes under `sealer.dev/` on Secrets, and reads there on SealedSecrets."""

from sealer.manifest.sealedsecret import (
    DIGEST_ANNOTATION,
    MANAGED_LABEL,
    TEMPLATE_ONLY_ANNOTATION,
)

__all__ = [
    "DIGEST_ANNOTATION",
    "HEEDED_ANNOTATIONS",
    "MANAGED_LABEL",
    "PREFIX",
    "RECREATE_ANNOTATION",
    "RESTART_ANNOTATION",
    "RESULT_ANNOTATIONS",
    "SELF_HEAL_ANNOTATION",
]

PREFIX = "sealer.dev/"
# On a SealedSecret: "false" leaves its Secret alone until the SealedSecret itself changes.
SELF_HEAL_ANNOTATION = PREFIX + "self-heal"
# On a SealedSecret: "true" lets its Secret be deleted and made again where nothing else helps.
RECREATE_ANNOTATION = PREFIX + "recreate"
# On a SealedSecret: what is to be restarted when the Secret changes.
RESTART_ANNOTATION = PREFIX + "restart"

# The Secret depends on these as it does on the spec.
RESULT_ANNOTATIONS = (TEMPLATE_ONLY_ANNOTATION,)
# A change of these is worked on at once, as a change of the spec is.
HEEDED_ANNOTATIONS = (
    *RESULT_ANNOTATIONS,
    SELF_HEAL_ANNOTATION,
    RECREATE_ANNOTATION,
    RESTART_ANNOTATION,
)
