"""Items that a template prints and that do not exist, as far as that is certain unrendered.

Certain is a field of the dot that the template itself prints, at its top level: what stands in a
branch may never be reached, what is declared may be replaced, and a function may be made for what
is missing (`default`, `coalesce`, `empty`, …). Those that only write a value down are not, but for
`printf` with a format that may pass values over: one with indices, or one that is not known.
"""

from collections.abc import Collection, Iterator, Sequence

from sealer.templates.nodes import Action, Command, Field, Identifier, Operand, Pipeline, String
from sealer.templates.parse import Template


def missing_items(template: Template, items: Collection[str]) -> list[str]:
    """Return the names that would come out as `<no value>` or `%!s(<nil>)`, each once, in order.

    Args:
        template: The template.
        items: The names that there are.
    """
    actions = [
        node.pipeline
        for node in template.bodies.get(template.name, [])
        if isinstance(node, Action) and not node.pipeline.declared
    ]
    names = [name for pipeline in actions for name in _printed(pipeline)]
    return [name for name in dict.fromkeys(names) if name not in items]


def _printed(pipeline: Pipeline) -> Iterator[str]:
    """Yield the items whose value a pipeline writes down as it is."""
    if all(map(_is_writing, pipeline.commands[1:])):
        yield from _of_operands(pipeline.commands[0].arguments[:1])
        for command in pipeline.commands:
            if _is_writing(command):
                yield from _of_operands(command.arguments[1:])


def _of_operands(operands: Sequence[Operand]) -> Iterator[str]:
    for operand in operands:
        match operand:
            case Field(names=(name,)):
                yield name
            case Pipeline(declared=[]):
                yield from _printed(operand)


def _is_writing(command: Command) -> bool:
    match command.arguments:
        case [Identifier(name="printf"), String(text=form), *_]:
            return b"[" not in form
        case [Identifier(name="print" | "println"), *_]:
            return True
    return False
