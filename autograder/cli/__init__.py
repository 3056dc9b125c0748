"""The `autograder` command: declares options, then calls."""

from __future__ import annotations

import warnings

from autograder import stopping

__all__ = ["main"]


def main() -> None:
    """Run the command; a wrong call ends with one sentence and status 2."""
    # nbgrader 0.9 meets SQLAlchemy 2 with this at each submission, which says nothing to the user;
    # named by its words, as importing its class takes a third of a second
    warnings.filterwarnings("ignore", "Object of type .* not in session")
    with stopping.listening():
        # imported here, so that Ctrl-C is heard from the beginning
        import typer

        from autograder.cli.app import app
        from autograder.errors import TOLD_IN_ONE_SENTENCE

        try:
            app()
        except TOLD_IN_ONE_SENTENCE as error:
            typer.secho(f"autograder: {error}", err=True, fg=typer.colors.RED)
            raise SystemExit(2) from None
