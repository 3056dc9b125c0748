"""Settings of nbgrader's that decide nothing here, or less than in nbgrader, and what is done in their place."""

from __future__ import annotations

from collections.abc import Iterator

from traitlets.config import Config, LazyConfigValue

__all__ = ["disregarded"]

_HOOK = (
    "commands of `autograder` call it for releases only; `nbgrader autograde` and `generate_feedback` call it"
)
_OUTPUTS = "feedback and `autograded/` show as much of a cell's outputs as the settings' limits let through"
_STEPS = "commands of `autograder` take their own steps; `nbgrader` takes these, and isolates students' code only where the engine's are among them"
_WAITING = "a cell that takes longer than its time fails alone, and the kernel goes on"
_IN_PLACE = {
    "Autograde.autograde_preprocessors": _STEPS,
    "Autograde.exclude_overwriting": "tests read the instructor's copy of what the assignment ships, and a student's of what the "
    "reference's answer writes",
    "Autograde.sanitize_preprocessors": _STEPS,
    "BaseConverter.post_convert_hook": _HOOK,
    "BaseConverter.pre_convert_hook": _HOOK,
    "ClearHiddenTests.enforce_metadata": "hidden tests are taken out of test cells; elsewhere a delimiter is refused",
    "ClearMarkScheme.enforce_metadata": "mark schemes are taken out of questions; elsewhere a delimiter is refused",
    "ClearSolutions.enforce_metadata": "solutions are taken out of answers; elsewhere a delimiter is refused",
    "Execute.error_on_timeout": _WAITING,
    "Execute.execute_retries": "a submission is executed again only where a worker was lost",
    "Execute.extra_arguments": "kernels are forked from one process of the course's Python",
    "Execute.interrupt_on_timeout": _WAITING,
    "Execute.kernel_name": "all is executed in the Python in which `autograder` is installed",
    "GenerateFeedback.preprocessors": "feedback is a page of the engine's own",
    "IgnorePattern.enabled": "what a test cell itself writes to standard error fails it, whatever it is; warnings are left out",
    "LimitOutput.max_lines": _OUTPUTS,
    "LimitOutput.max_traceback": _OUTPUTS,
    "OverwriteCells.add_missing_cells": "a missing cell of the instructor's is always put back",
}


def disregarded(config: Config) -> Iterator[tuple[str, str]]:
    """The settings that a course sets and that are not obeyed: the name of each, and what is done instead.

    Args:
        config: As nbgrader_config.py has it; what `autograder.config.configure` sets is none of the course's.
    """
    for name, instead in _IN_PLACE.items():
        owner, trait = name.split(".")
        value = config[owner].get(trait) if owner in config else None
        modules = (
            [getattr(step, "__module__", str(step)) for step in value] if isinstance(value, list) else []
        )
        own = any(module.startswith("autograder.") for module in modules)
        if value is not None and not own and not isinstance(value, LazyConfigValue):
            yield name, instead
