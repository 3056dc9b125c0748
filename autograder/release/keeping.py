"""What is kept of a source notebook: what its author wrote, and nothing that an editor adds when it runs or saves it.

Outputs, counts and versions change whenever somebody runs a notebook, and make a conflict of each merge.
"""

from __future__ import annotations

from copy import deepcopy

from nbformat import NotebookNode

__all__ = ["kept"]

OF_A_RUN = ("ExecuteTime", "collapsed", "execution", "outputId", "scrolled", "trusted")
"""Metadata of a cell; names of JupyterLab, Colab, VS Code and extensions."""
OF_A_KERNEL = ("codemirror_mode", "nbconvert_exporter", "pygments_lexer", "version")
"""In a notebook's language_info."""


def kept(notebook: NotebookNode) -> NotebookNode:
    """A copy without outputs, counts, and metadata of a run or of the kernel that it ran in."""
    made = deepcopy(notebook)
    for name in OF_A_KERNEL:
        made.metadata.get("language_info", {}).pop(name, None)
    for cell in made.cells:
        for name in OF_A_RUN:
            cell.metadata.pop(name, None)
        if cell.metadata.get("editable") is True:  # as where nothing is said
            del cell.metadata["editable"]
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return made
