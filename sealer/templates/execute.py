"""A template's tree is walked over the items of one object, and text comes out.

Source: the execution rules of Go's text/template, with its messages. What an item holds never
becomes part of one.
"""

from collections.abc import Iterator, Mapping, Sequence

from sealer.templates.evaluate import Evaluator
from sealer.templates.faults import LimitFault
from sealer.templates.function import Function
from sealer.templates.limits import MAXIMUM_OUTPUT, Meter
from sealer.templates.nodes import Action, Body, Branch, Break, Continue, Include, Pipeline, Text
from sealer.templates.parse import Template
from sealer.templates.place import Place
from sealer.templates.quoting import go_quote
from sealer.templates.show import shown
from sealer.templates.values import INVALID, Interface, concrete, is_integer, is_loose, truth


def execute(
    template: Template, data: object, functions: Mapping[str, Function], meter: Meter
) -> bytes:
    """Return what a template gives.

    Args:
        template: The template.
        data: What `.` and `$` stand for at its beginning.
        functions: What it may call.
        meter: Counts the cost.

    Raises:
        ExecutionFault: It cannot be rendered, or not within the limits; the message tells where in
            the template.
    """
    run = _Run(template, functions, meter)
    run.call(template.name, data)
    return b"".join(run.output)


class _LeaveRange(Exception):  # noqa: N818 - control flow, no error
    """`break` or `continue` was met."""

    def __init__(self, *, goes_on: bool) -> None:
        super().__init__()
        self.goes_on = goes_on


class _Run:
    """One rendering; `output` grows as it goes."""

    def __init__(self, template: Template, functions: Mapping[str, Function], meter: Meter) -> None:
        self.output: list[bytes] = []
        self._size = 0
        self._template = template
        self._functions = functions
        self._meter = meter

    def call(self, name: str, data: object) -> None:
        """Render one of the template's definitions."""
        place = Place(self._template, name)
        evaluator = Evaluator(self._functions, place, self._meter, data)
        try:
            self._body(self._template.bodies[name], data, evaluator)
        except LimitFault as fault:
            evaluator.refuse(fault.message)
        except RecursionError:
            raise LimitFault("exceeded maximum template depth (100000)") from None

    def _write(self, text: bytes) -> None:
        self._size += len(text)
        if self._size > MAXIMUM_OUTPUT:
            raise LimitFault(f"the entry would be longer than {MAXIMUM_OUTPUT} bytes")
        self.output.append(text)

    def _body(self, body: Body, dot: object, evaluator: Evaluator) -> None:
        for node in body:
            self._meter.step()
            evaluator.place.at = node
            match node:
                case Text():
                    self._write(node.text)
                case Action():
                    value = evaluator.pipeline(dot, node.pipeline)
                    if not node.pipeline.declared:
                        evaluator.place.at = node.pipeline
                        self._meter.step((value,))
                        self._write(shown(value))
                case Branch():
                    self._branch(node, dot, evaluator)
                case Include():
                    self._include(node, dot, evaluator)
                case Break() | Continue():
                    raise _LeaveRange(goes_on=isinstance(node, Continue))

    def _branch(self, node: Branch, dot: object, evaluator: Evaluator) -> None:
        known = len(evaluator.variables)
        self._meter.enter()
        if node.word == "range":
            self._range(node, dot, evaluator)
        else:
            value = evaluator.pipeline(dot, node.pipeline)
            if truth(value):
                self._body(node.body, value if node.word == "with" else dot, evaluator)
            elif node.otherwise is not None:
                self._body(node.otherwise, dot, evaluator)
        self._meter.leave()
        del evaluator.variables[known:]

    def _range(self, node: Branch, dot: object, evaluator: Evaluator) -> None:
        value = concrete(evaluator.pipeline(dot, node.pipeline))
        known, depth = len(evaluator.variables), self._meter.depth
        is_empty = True
        for key, item in _pairs(value, node.pipeline, evaluator):
            is_empty = False
            self._meter.step()
            _set_range_variables(node.pipeline, key, item, evaluator)
            try:
                self._body(node.body, item, evaluator)
            except _LeaveRange as leave:
                self._meter.depth = depth
                if not leave.goes_on:
                    break
            finally:
                del evaluator.variables[known:]
        if is_empty and node.otherwise is not None:
            self._body(node.otherwise, dot, evaluator)

    def _include(self, node: Include, dot: object, evaluator: Evaluator) -> None:
        if node.name not in self._template.bodies:
            evaluator.refuse(f"template {go_quote(node.name)} not defined")
        self._meter.enter()
        data = INVALID if node.pipeline is None else evaluator.pipeline(dot, node.pipeline)
        self.call(node.name, data)
        self._meter.leave()


def _pairs(
    value: object, pipeline: Pipeline, evaluator: Evaluator
) -> Iterator[tuple[object, object]]:
    """Yield keys and values of what a range goes over."""
    if isinstance(value, list):
        for at, item in enumerate(value):
            yield at, Interface(item) if is_loose(value) else item
    elif isinstance(value, dict):
        for key in sorted(value):
            yield key, Interface(value[key]) if is_loose(value) else value[key]
    elif is_integer(value) and isinstance(value, int):
        if len(pipeline.declared) > 1:
            evaluator.refuse("can't use the number to iterate over more than one variable")
        yield from ((INVALID, type(value)(each)) for each in range(value))
    elif value is not INVALID:
        evaluator.refuse(f"range can't iterate over a {evaluator.type_of(value)}")


def _set_range_variables(
    pipeline: Pipeline, key: object, item: object, evaluator: Evaluator
) -> None:
    names: Sequence[str] = [variable.names[0] for variable in pipeline.declared]
    values = (item,) if len(names) == 1 else (key, item)
    for name, value in zip(names, values, strict=False):
        if pipeline.assigns:
            evaluator.assign(name, value)
        else:
            evaluator.variables.append((name, value))
