"""What the controller writes under `sealer.dev/` on Secrets, and reads there on SealedSecrets."""

__all__ = ["DIGEST_ANNOTATION", "MANAGED_LABEL", "PREFIX", "SELF_HEAL_ANNOTATION"]

PREFIX = "sealer.dev/"
# On what we produce: so it can be watched, and so it can be told whether it is as we left it.
MANAGED_LABEL = PREFIX + "managed"
DIGEST_ANNOTATION = PREFIX + "digest"
# On a SealedSecret: "false" leaves its Secret alone until the SealedSecret itself changes.
SELF_HEAL_ANNOTATION = PREFIX + "self-heal"
