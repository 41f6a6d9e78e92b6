"""Who everybody is to the API server, and by which verbs Secrets are read (threats.md T13).

Kubernetes puts subjects into these groups by itself: a right of theirs is one that nobody chose the
holders of. The controller asks at its start whether one of them may read the sealing keys, and the
doctor asks too.
"""

ANONYMOUS = "system:anonymous"
ANYBODY = "system:unauthenticated"
EVERYBODY = "system:authenticated"
ACCOUNTS = "system:serviceaccounts"
# Whoever may list or watch Secrets is sent their data, just as by `get`.
READING = ("get", "list", "watch")


def default_groups(namespace: str) -> tuple[str, ...]:
    """Return the groups of everybody, of every program, and of those of a namespace."""
    return ANYBODY, EVERYBODY, ACCOUNTS, f"{ACCOUNTS}:{namespace}"


def is_default_group(name: str) -> bool:
    """Tell whether a group is one that nobody chooses the members of; there is one a namespace."""
    return name in (ANYBODY, EVERYBODY, ACCOUNTS) or name.startswith(f"{ACCOUNTS}:")


def reviewed_as(group: str) -> dict[str, object]:
    """Return as whom the API server is asked about a group, in the spec of an access review.

    Who does not log in at all has a name too, and may have been given rights by it.
    """
    return {"groups": [group]} | ({"user": ANONYMOUS} if group == ANYBODY else {})
