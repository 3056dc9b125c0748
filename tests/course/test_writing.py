"""Which files a cell writes, by its text."""

from __future__ import annotations

import ast

import pytest

from autograder.course.writing import files_named, files_written, folders_searched


@pytest.mark.parametrize(
    "source",
    [
        "np.savez('data/out.npz', x=x)",
        "path = 'data/out.npz'\nnp.savez(path, x=x)",
        "with open('data/out.npz', 'wb') as file:\n    file.write(b'')",
        "open('data/out.npz', mode='a')",
        "open(os.path.join('data', 'out.npz'), 'x')",
        "Path('data/out.npz').write_bytes(b'')",
        "folder = Path('data')\n(folder / 'out.npz').write_text('')",
        "def f(df):\n    df.to_csv('./data/out.npz')",
        "plt.savefig(fname='data/out.npz')",
    ],
)
def test_a_file_that_is_written_is_named(source):
    assert files_written(ast.parse(source)) == {"data/out.npz"}


@pytest.mark.parametrize(
    "source",
    [
        "open('data/out.csv')",
        "open('./data/out.csv')",
        "open(os.path.join('data', 'out.csv'))",
        "open(os.path.join(os.getcwd(), FOLDER, 'out.csv'))",
        "(Path.cwd() / FOLDER / 'out.csv').read_text()",
        "Path(FOLDER).joinpath('out.csv').read_text()",
        "name = 'out'\npd.read_csv(f'{FOLDER}/{name}.csv')",
        "pd.read_csv(FOLDER + '/out.csv')",
    ],
)
def test_a_file_that_is_named_in_parts_is_known(source):
    assert "data/out.csv" in files_named(source, {"FOLDER": "data"})


@pytest.mark.parametrize(
    "source",
    [
        "np.load('data/in.npz')",
        "open('data/in.npz')",
        "open('data/in.npz', 'rb')",
        "pd.read_csv('data/in.csv').to_numpy()",
        "expected = 'data/in.csv'\nprint(expected)",
        "df.to_csv(name)",
    ],
)
def test_a_file_that_is_only_read_is_not(source):
    assert files_written(ast.parse(source)) == frozenset()


@pytest.mark.parametrize(
    "source",
    [
        "import sys\nsys.path.append('code')",
        "import sys\nsys.path.insert(0, './code')",
        "from sys import path\ncode_dir = './code'\npath.append(code_dir)",
        "import os, sys\nsys.path.append(os.path.join('.', 'code'))",
    ],
)
def test_a_folder_in_which_modules_are_looked_for_is_named(source):
    assert folders_searched(ast.parse(source)) == {"code"}


@pytest.mark.parametrize(
    "source",
    ["sys.path.append('..')", "sys.path.append('/srv')", "sys.path.append(home)", "paths.append('code')"],
)
def test_a_folder_elsewhere_is_not(source):
    assert folders_searched(ast.parse(source)) == set()
