"""The `autograder` command: declares options, then calls."""

from __future__ import annotations

from autograder import stopping

__all__ = ["main"]


def main() -> None:
    """Run the command; a wrong call ends with one sentence and status 2."""
    with stopping.listening():
        # imported here, so that Ctrl-C is heard from the beginning
        import gc
        import warnings

        import typer

        # nbgrader 0.9 meets SQLAlchemy 2 with this at each submission, which says nothing to the user;
        # named by its words, as importing its class takes a third of a second
        warnings.filterwarnings("ignore", "Object of type .* not in session")

        # imports and tables of a class make hundreds of thousands of objects that stay; looking among them for what
        # can go takes an eighth of a report's time
        gc.set_threshold(100_000)

        from autograder import files
        from autograder.cli.app import app
        from autograder.errors import TOLD_IN_ONE_SENTENCE

        try:
            app()
        except TOLD_IN_ONE_SENTENCE as error:
            typer.secho(f"autograder: {error}", err=True, fg=typer.colors.RED)
            raise SystemExit(2) from None
        except OSError as error:
            if error.errno not in files.REFUSED:
                raise
            say = f"{error.filename or 'a file'}: {error.strerror}; put that right, and run the same command again"
            typer.secho(f"autograder: {say}", err=True, fg=typer.colors.RED)
            raise SystemExit(2) from None
        except Exception as error:
            if type(error).__module__ != "sqlalchemy.exc":
                raise
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            say = f"the gradebook cannot be used: {reason}; see CourseDirectory.db_url in nbgrader_config.py"
            typer.secho(f"autograder: {say}", err=True, fg=typer.colors.RED)
            raise SystemExit(2) from None
