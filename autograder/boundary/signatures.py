"""Signatures and annotations of the student's functions and classes, made of what their kernel says of them."""

from __future__ import annotations

import functools
import inspect
import operator
import sys
from typing import Any

from autograder.boundary.annotations import NAMED
from autograder.errors import BoundaryError

__all__ = ["annotation_of", "annotations_of", "signature_of"]


def signature_of(said: Any) -> inspect.Signature:
    """A signature as `autograder.boundary.annotations` describes it."""
    match said:
        case ([*items], returned):
            made = [_parameter(item) for item in items]
            return inspect.Signature(made, return_annotation=annotation_of(returned))
    raise BoundaryError.not_understood("the parameters of a function are not a list")


def annotations_of(said: Any) -> dict[str, Any]:
    """Annotations by their names."""
    if type(said) is not dict or not all(type(name) is str for name in said):
        raise BoundaryError.not_understood("annotations are none")
    return {name: annotation_of(annotation) for name, annotation in said.items()}


def annotation_of(said: Any) -> Any:
    """One annotation: the grader's own class, or what is made of such; an object of the student's as it is.

    Raises:
        BoundaryError: It is none.
    """
    try:
        return _made(said)
    except BoundaryError:
        raise
    except Exception as error:  # `int[str]`
        raise BoundaryError.not_understood("an annotation is none") from error


def _made(said: Any) -> Any:
    match said:
        case ("empty",):
            return inspect.Signature.empty
        case ("value", value):
            return value
        case (("list" | "tuple") as kind, [*parts]):
            made = [_made(part) for part in parts]
            return made if kind == "list" else tuple(made)
        case ("subscript", [origin, parts]):
            return _made(origin)[_made(parts)]
        case ("union", [parts]):
            return functools.reduce(operator.or_, _made(parts))
        case ("named", str(module), str(name)) if module.partition(".")[0] in NAMED:
            found = getattr(sys.modules.get(module), name, None)
            if isinstance(found, type) or type(found).__module__ == "typing" or found is Ellipsis:
                return found
    raise BoundaryError.not_understood("an annotation is none")


def _parameter(said: Any) -> inspect.Parameter:
    match said:
        case (str(name), int(kind), bool(has_default), default, annotation) if (
            0 <= kind <= 4 and name.isidentifier()
        ):
            return inspect.Parameter(
                name,
                inspect._ParameterKind(kind),
                default=default if has_default else inspect.Parameter.empty,
                annotation=annotation_of(annotation),
            )
    raise BoundaryError.not_understood("a parameter of a function is not described")
