"""Checks of what a value is sealed for: name, namespace and scope."""

from collections.abc import Callable, Iterator

from sealer.errors import IdentityError
from sealer.lint import rules
from sealer.lint.finding import Finding
from sealer.lint.rules import Rule
from sealer.lint.subject import METADATA, TEMPLATE_METADATA, Subject
from sealer.scope import SCOPE_ANNOTATIONS, Scope, check_name, check_namespace


def names(subject: Subject) -> Iterator[Finding]:
    """Report an object without a name, or with one that no object can have."""
    if not subject.sealed.name:
        yield subject.finding(rules.MISSING_NAME, "the object has no name", *METADATA)
    else:
        yield from _checked(
            subject, check_name, subject.sealed.name, rules.INVALID_NAME, (*METADATA, "name")
        )


def namespaces(subject: Subject) -> Iterator[Finding]:
    """Report an object without a namespace that needs one, or with one that cannot be."""
    namespace = subject.sealed.namespace
    if namespace:
        place = (*METADATA, "namespace")
        yield from _checked(subject, check_namespace, namespace, rules.INVALID_NAMESPACE, place)
    elif subject.sealed.identity.scope is not Scope.CLUSTER_WIDE:
        message = "the object has no namespace, and lands in whichever is current"
        yield subject.finding(rules.MISSING_NAMESPACE, message, *METADATA)


def name_mismatches(subject: Subject) -> Iterator[Finding]:
    """Report a template for another name, where the scope binds the name."""
    sealed = subject.sealed
    said = sealed.template.name
    if said and said != sealed.name and sealed.identity.scope is Scope.STRICT:
        message = f"the template says name {said}, the object {sealed.name or 'none'}"
        yield subject.finding(rules.NAME_MISMATCH, message, *TEMPLATE_METADATA, "name")


def namespace_mismatches(subject: Subject) -> Iterator[Finding]:
    """Report a template for another namespace, where the scope binds the namespace."""
    sealed = subject.sealed
    said = sealed.template.namespace
    is_bound = sealed.identity.scope is not Scope.CLUSTER_WIDE
    if said and sealed.namespace and said != sealed.namespace and is_bound:
        message = f"the template says namespace {said}, the object {sealed.namespace}"
        yield subject.finding(rules.NAMESPACE_MISMATCH, message, *TEMPLATE_METADATA, "namespace")


def scope_mismatches(subject: Subject) -> Iterator[Finding]:
    """Report a template whose scope is not the object's, which alone counts.

    A template without any mark is what people write who put an object together by hand.
    """
    scope = subject.sealed.identity.scope
    said = Scope.of(subject.sealed.template.annotations)
    if said not in (scope, Scope.STRICT):
        message = f"the template says {said.value}, the object {scope.value}: the object counts"
        yield subject.finding(rules.SCOPE_MISMATCH, message, *TEMPLATE_METADATA, "annotations")


def two_scopes(subject: Subject) -> Iterator[Finding]:
    """Report an object that is marked with both scopes."""
    annotations = subject.sealed.annotations
    if all(annotations.get(key) == "true" for key in SCOPE_ANNOTATIONS):
        message = "the object is marked with both scopes, and cluster-wide counts"
        yield subject.finding(rules.TWO_SCOPES, message, *METADATA, "annotations")


def scopes_without_effect(subject: Subject) -> Iterator[Finding]:
    """Report a mark of a scope that is not exactly `true`, and therefore none."""
    for place, key, text in subject.annotations():
        if key in SCOPE_ANNOTATIONS and text != "true":
            message = f'{key} has no effect: only "true" counts'
            yield subject.finding(rules.SCOPE_WITHOUT_EFFECT, message, *place, key)


def _checked(
    subject: Subject,
    check: Callable[[str], None],
    text: str,
    rule: Rule,
    place: tuple[str, ...],
) -> Iterator[Finding]:
    try:
        check(text)
    except IdentityError as error:
        yield subject.finding(rule, error.message, *place, hint=error.hint)
