"""What can go wrong while a template is read or rendered; never with a value in its words."""


class TemplateFault(Exception):  # noqa: N818 - the error that users see is TemplateError
    """A template cannot be used.

    Attributes:
        message: What is wrong, in Go's words where there are any.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ParseFault(TemplateFault):
    """The text is no template."""


class ExecutionFault(TemplateFault):
    """The template cannot be rendered over these items."""


class FunctionFault(TemplateFault):
    """A function refuses its arguments."""


class LimitFault(TemplateFault):
    """Rendering would take more than is granted (controller.md 8)."""
