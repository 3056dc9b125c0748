"""The marking page: a Jupyter server extension on nbgrader's gradebook, `/autograder/mark`."""

from __future__ import annotations

__all__ = ["_jupyter_server_extension_points", "_load_jupyter_server_extension"]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "autograder.marking"}]


def _load_jupyter_server_extension(server) -> None:
    """Add the page's addresses to a Jupyter server that was started in a course folder."""
    from autograder.marking.handlers import add_handlers

    add_handlers(server)
