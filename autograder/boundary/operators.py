"""Operators of the student's objects, done in the student's process: `p + q`, `2 * v`, `v < w`, `2 in s`, `p == q`.

What a test expects to be data is never asked how it compares, nor calculated with: an object in its place could
answer what it likes. What the test itself has made by calling a class that a cell defines is in nobody's place, and two
such objects are compared as that class has it, as long as nothing else was done with them (`autograder.boundary.origins`):
what is compared is then no work of another function's. Objects that are equal to nothing but themselves need not be asked
at all.
"""

from __future__ import annotations

import copy
import math
import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from autograder.boundary.origins import CALCULATED, GIVEN, MADE, MIXED

if TYPE_CHECKING:
    from autograder.boundary.student import Student

__all__ = ["Operators", "is_code"]

COMPARING = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")


def _calculating(function: Callable, *names: str, changes: bool = False) -> Callable:
    def method(self: Operators, other: Any) -> Any:
        if not isinstance(other, Operators) and self._proxy_origin is GIVEN:
            content = self._proxy_content(*names)
            return NotImplemented if content is self else function(content, other)
        return self._proxy_calculate(function, self, other, changes=changes)

    return method


def _reflected(function: Callable, *names: str) -> Callable:
    def method(self: Operators, other: Any) -> Any:
        if self._proxy_origin is GIVEN:
            content = self._proxy_content(*names)
            return NotImplemented if content is self else function(other, content)
        return self._proxy_calculate(function, other, self)

    return method


def _binary(name: str) -> tuple[Callable, Callable, Callable]:
    """A function of the module `operator` for two values, the one that may change the first, and the one for the second."""
    word = name.rstrip("_")
    names = (f"__{word}__", f"__r{word}__", f"__i{word}__")
    function, in_place = getattr(operator, name), getattr(operator, f"i{word}")
    return (
        _calculating(function, *names),
        _calculating(in_place, *names, changes=True),
        _reflected(function, *names),
    )


def _comparing(function: Callable) -> Callable:
    def method(self: Operators, other: Any) -> Any:
        return self._proxy_compare(function, other)

    return method


def _alone(function: Callable) -> Callable:
    def method(self: Operators, *arguments: Any) -> Any:
        if self._proxy_origin is GIVEN:
            content = self._proxy_content(f"__{function.__name__}__")
            if content is not self:
                return function(content, *arguments)
        return self._proxy_calculate(function, self, *arguments)

    return method


class Operators:
    # (No docstring, and no annotations: a test may read those of a student's function.)

    __slots__ = ("_proxy_makes", "_proxy_number", "_proxy_origin", "_proxy_student")
    __array_priority__ = math.inf  # an array leaves an operator to it, as to any object that has one

    def __init__(self, student: Student, number: int) -> None:
        self._proxy_makes = False  # a class: what the test calls it for is the test's
        self._proxy_number = number
        self._proxy_origin = GIVEN
        self._proxy_student = student

    __neg__, __pos__, __invert__ = _alone(operator.neg), _alone(operator.pos), _alone(operator.invert)
    __add__, __iadd__, __radd__ = _binary("add")
    __sub__, __isub__, __rsub__ = _binary("sub")
    __mul__, __imul__, __rmul__ = _binary("mul")
    __matmul__, __imatmul__, __rmatmul__ = _binary("matmul")
    __truediv__, __itruediv__, __rtruediv__ = _binary("truediv")
    __floordiv__, __ifloordiv__, __rfloordiv__ = _binary("floordiv")
    __mod__, __imod__, __rmod__ = _binary("mod")
    __pow__, __ipow__, __rpow__ = _binary("pow")
    __lshift__, __ilshift__, __rlshift__ = _binary("lshift")
    __rshift__, __irshift__, __rrshift__ = _binary("rshift")
    __and__, __iand__, __rand__ = _binary("and_")
    __xor__, __ixor__, __rxor__ = _binary("xor")
    __or__, __ior__, __ror__ = _binary("or_")
    __divmod__, __rdivmod__ = _calculating(divmod, "__divmod__"), _reflected(divmod, "__rdivmod__")
    __lt__, __le__, __gt__, __ge__ = map(_comparing, (operator.lt, operator.le, operator.gt, operator.ge))
    __abs__, __int__, __float__ = _alone(abs), _alone(int), _alone(float)
    __complex__, __round__, __trunc__ = _alone(complex), _alone(round), _alone(math.trunc)
    __floor__, __ceil__, __bytes__ = _alone(math.floor), _alone(math.ceil), _alone(bytes)

    def __copy__(self) -> Any:
        return self._proxy_calculate(copy.copy, self)

    def __deepcopy__(self, memo: dict) -> Any:
        return self._proxy_calculate(copy.deepcopy, self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        self._proxy_refuse()

    def __bool__(self) -> bool:
        if self._proxy_origin is MADE:
            return bool(self._proxy_student.inquire(bool, self))
        if self._proxy_asks("true"):  # as everything is that does not say otherwise
            return True
        if self._proxy_asks("flags"):
            return self._proxy_asks("any")
        content = self._proxy_content("__bool__", "__len__")
        return self._proxy_refuse() if content is self else bool(content)

    def __contains__(self, value: Any) -> bool:
        if self._proxy_origin is MADE:
            return bool(self._proxy_student.inquire(operator.contains, self, value))
        if isinstance(value, Operators) and self._proxy_asks("flags"):
            return value._proxy_asks("in", self)
        return any(item is value or item == value for item in self)  # type: ignore[attr-defined]

    def __reversed__(self) -> Iterator:
        if self._proxy_origin is MADE:
            return iter(self._proxy_student.read(reversed, self))
        return (self[number] for number in range(len(self) - 1, -1, -1))  # type: ignore[index, arg-type]

    def __eq__(self, other: Any) -> bool:
        return self._proxy_equality(operator.eq, other, True)

    def __ne__(self, other: Any) -> bool:
        return self._proxy_equality(operator.ne, other, False)

    def __hash__(self) -> int:
        if self._proxy_is_single():
            return hash(self._proxy_number)
        if self._proxy_is_new():
            return self._proxy_student.inquire(hash, self)
        content = self._proxy_content("__eq__", "__hash__")
        return self._proxy_refuse() if content is self else hash(content)

    def _proxy_equality(self, function: Callable, other: Any, same: bool) -> Any:
        if self._proxy_is(other):
            return same
        if is_code(other):
            return not same
        if not self._proxy_is_new() and isinstance(other, Operators) and self._proxy_are_classes(other):
            return not same
        # equal to nothing but itself; what is on the other side may still see it otherwise
        if (other is None or isinstance(other, Operators)) and self._proxy_is_single(other):
            return NotImplemented
        if (contents := self._proxy_contents(other)) is not None:
            return function(*contents)
        answer = self._proxy_compare(function, other)
        if not isinstance(other, Operators) and answer is not (not same):  # equal to data is data alone
            self._proxy_refuse(comparing=True)
        return answer

    def _proxy_are_classes(self, other: Operators) -> bool:
        """Whether both are classes: two of them are equal where they are one, and one class has one number."""
        return self._proxy_asks("instance", type) and other._proxy_asks("instance", type)

    def _proxy_is_single(self, *others: Any) -> bool:
        """Whether it, and those of the others that are the student's, are of classes whose objects equal only themselves."""
        objects = (self, *(other for other in others if isinstance(other, Operators)))
        return all(value._proxy_asks("single") for value in objects)

    def _proxy_is_new(self) -> bool:
        """Whether the test has made it, and done nothing with it since."""
        return self._proxy_origin is MADE and self._proxy_student.origins.is_unchanged(self._proxy_number)

    def _proxy_calculate(self, function: Callable, *values: Any, changes: bool = False) -> Any:
        """Have an operator applied.

        Its result may be data where it is that of objects that the test has made. What such a result has in its place is
        calculated with data again only to give objects: `(P(1) + 1) - 2` may be meant to be the test's own difference.
        """
        student = self._proxy_student
        origin = min(value._proxy_origin for value in values if isinstance(value, Operators))
        if all(isinstance(value, Operators) for value in values):
            origin = min(origin, CALCULATED)
        elif origin is not GIVEN:
            origin = max(origin - 1, MIXED)
        result = student.call(function, values) if changes else student.inquire(function, *values)
        if isinstance(result, Operators):
            result._proxy_origin = origin
            student.origins.change(result._proxy_number)
        elif origin < CALCULATED:
            self._proxy_refuse()
        return result

    def _proxy_contents(self, other: Any) -> tuple[Any, Any] | None:
        """It and another value as data that are compared as such; None where one of them is none, or the test made both."""
        values = (self, other)
        if all(isinstance(value, Operators) and value._proxy_is_new() for value in values):
            return None
        found = [
            value._proxy_content(*COMPARING) if isinstance(value, Operators) else value for value in values
        ]
        return None if any(isinstance(value, Operators) for value in found) else (found[0], found[1])

    def _proxy_compare(self, function: Callable, other: Any) -> Any:
        """Ask objects that are as their class has made them, or compare the data that they are."""
        contents = self._proxy_contents(other)
        if contents is not None:
            return function(*contents)
        for value in (self, other):
            if isinstance(value, Operators) and not value._proxy_is_new():
                value._proxy_refuse(comparing=True)
        return self._proxy_calculate(function, self, other)

    def _proxy_is(self, other: Any) -> bool:
        """Whether it is the same object."""
        raise NotImplementedError

    def _proxy_content(self, *names: str) -> Any:
        """What it is as data, if these methods of it are those of data; otherwise itself."""
        raise NotImplementedError

    def _proxy_asks(self, question: str, kind: Any = None) -> bool:
        """One of Python's questions about it that is answered with yes or no."""
        raise NotImplementedError

    def _proxy_refuse(self, comparing: bool = False) -> Any:
        """Say that data is expected."""
        raise NotImplementedError


def is_code(value: Any) -> bool:
    """Whether it is a class or a function, which the student's kernel may have under the same name."""
    return not isinstance(value, Operators) and callable(value) and hasattr(value, "__name__")
