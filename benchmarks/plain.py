"""A notebook in an ordinary kernel, as a student runs it: no sandbox, and as many threads as torch takes by itself."""

from __future__ import annotations

import sys
from pathlib import Path

import nbclient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from traitlets import Unicode
from traitlets.config import Config

__all__ = ["PlainKernelManager", "run"]


class PlainKernelManager(AsyncKernelManager):
    """Starts an interpreter's own ipykernel, whatever kernels are installed for the user."""

    python = Unicode(sys.executable, help="The interpreter; its environment has ipykernel.").tag(config=True)

    def __init__(self, **keywords):
        super().__init__(**keywords)
        self._kernel_spec = KernelSpec(
            argv=[self.python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="plain",
            language="python",
        )


def run(notebook: NotebookNode, folder: Path, seconds: float, python: str = sys.executable) -> None:
    """Run all cells in a folder; the outputs are put into the notebook.

    Args:
        notebook: Its outputs are replaced.
        folder: In which its kernel works.
        seconds: For each cell.
        python: The interpreter; its environment has ipykernel.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell failed.
        nbclient.exceptions.CellTimeoutError: A cell took longer than `seconds`.
    """
    nbclient.NotebookClient(
        notebook,
        timeout=seconds,
        kernel_manager_class=PlainKernelManager,
        config=Config({"PlainKernelManager": {"python": python}}),
        resources={"metadata": {"path": str(folder)}},
    ).execute()
