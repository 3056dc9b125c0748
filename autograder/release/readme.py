"""release/<language>/README.md: how students start, work and submit, and the list of assignments."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from nbformat import NotebookNode

from autograder.release.colab import badge, badge_of
from autograder.release.language import main_language
from autograder.course.folder import Course
from autograder.course.notebooks import path_in, split
from autograder.errors import CourseError
from autograder.kernel.limits import Limits
from autograder.text import listed

__all__ = ["of_course", "title"]

LIBRARIES = "torch torchvision numpy matplotlib scikit-learn"

_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)

JAPANESE = """# はじめかた

このフォルダには、演習で使うノートブックが入っています。課題 1 つにつき 1 つの `.ipynb` ファイルがあります。

## ノートブックを開く

**Google Colab を使う場合**（インストールは不要です）

{colab_steps}

**自分のパソコンの JupyterLab（または VS Code）を使う場合**

Python 3.11 以降を用意し、次の 5 つのライブラリと JupyterLab をインストールします。

    python -m pip install {libraries} jupyterlab
    jupyter lab

必要なライブラリはこの 5 つだけです。ほかのライブラリは、採点環境で使えるとは限らないので、使わないでください。

## 課題の進め方

- 上から順に読み、セルを 1 つずつ実行しながら進めます。
- 答えを書くのは、「ここにコードを書いてください / YOUR CODE HERE」または「ここに答えを書いてください / YOUR ANSWER HERE」と書かれたセルです。`raise NotImplementedError` の行は消して、自分のコードに置き換えてください。
- 関数の名前、引数、戻り値の形は変えないでください。テストはそれらを使って答えを確かめます。
- 実験用のセルの数値を変えたり、自分のセルを追加したりするのは自由です。
- **テストのセルは、編集したり削除したりしないでください。** 変更しても、採点では元のテストに戻されます。

## テストについて

- 答えのセルのあとにあるテストのセルを実行してください。エラーが出なければ、見えるテストに合格しています。`AssertionError` が出たら、メッセージを読んで直します。
- 採点では、見えているテストに加えて、別の入力を使う**隠しテスト**も実行します。例に合わせるだけではなく、説明のとおりに動く関数を書いてください。
- 文章で答える問題は、教員が読んで採点します。
- 採点では計算時間（CPU 時間）に上限があります。**テストのセルは 1 つ {test_seconds} 秒、それ以外のセルは 1 つ {cell_seconds} 秒**、ノートブック全体で {notebook_minutes} 分です。`sleep` などで何もせずに待つ時間は、セル 1 つにつき {waiting_seconds} 秒までです。上限を超えたセルは、そこで打ち切られます。採点するコンピューターが混んでいても、不利にはなりません。{exceptions}
- **採点は CPU で行います。** `.cuda()`、`"cuda"`、`"mps"` を書かずに、CPU で動くコードにしてください。
- 採点中はインターネットに接続できません。ノートブックが使うデータは、採点環境に用意してあります。

## 提出する前に

1. カーネルを再起動して、すべてのセルを上から実行します。
   - Colab：「ランタイム」→「セッションを再起動してすべて実行」
   - JupyterLab：「Kernel」→「Restart Kernel and Run All Cells…」
2. エラーで止まらず、最後まで実行できることを確かめます。解けなかった問題で止まるときは、その次のセルから実行を続けてください。解けなかった問題があっても提出できます。ほかの問題は、ふつうどおりに採点されます。
3. ノートブックを保存します。Colab では「ファイル」→「ダウンロード」→「.ipynb をダウンロード」を選びます。

## 提出

課題ごとに `.ipynb` ファイルを 1 つ、授業で指示された場所に提出してください。**ファイル名は下の表のとおり**にします（例：`{example}.ipynb`）。「〜 のコピー」や「(1)」が付いていたら、元の名前に戻してください。zip、PDF、`.py` では提出できません。

## 課題の一覧

"""

ENGLISH = """# How to start

This folder holds the notebooks of the course: one `.ipynb` file for each assignment.

## Open a notebook

**In Google Colab** (nothing to install)

{colab_steps}

**In JupyterLab (or VS Code) on your own computer**

You need Python 3.11 or newer. Install these five libraries and JupyterLab:

    python -m pip install {libraries} jupyterlab
    jupyter lab

These five libraries are all you need. Do not use others: they may be missing where your work is graded.

## Work on an assignment

- Read from the top, and run the cells one after the other as you go.
- Write your answers in the cells that say "YOUR CODE HERE" or "YOUR ANSWER HERE". Replace the line `raise NotImplementedError` by your code.
- Keep the names of functions, their arguments and the form of what they return: the tests rely on them.
- You are free to change the numbers in cells for experiments, and to add cells of your own.
- **Do not edit or delete the test cells.** If they are changed, grading puts the original tests back.

## Tests

- Run the test cell that follows your answer. If no error appears, the visible tests have passed. If it shows an `AssertionError`, read the message and correct your answer.
- Grading runs the tests that you see, and also **hidden tests**, with other inputs. Write functions that do what the text asks for, not only what the examples show.
- Written answers are read and graded by a person.
- When your work is graded, **each test cell may compute for {test_seconds} seconds, each other cell for {cell_seconds} seconds** (CPU time), and the whole notebook for {notebook_minutes} minutes. A cell may do nothing, as in a `sleep`, for {waiting_seconds} seconds. A cell that takes longer is stopped. A busy grading machine costs you nothing.{exceptions}
- **Your work is graded on a CPU.** Write code that runs on one, without `.cuda()`, `"cuda"` or `"mps"`.
- There is no internet while your work is graded. The data that the notebooks use is there.

## Before you submit

1. Restart the kernel and run all cells from the top.
   - Colab: Runtime → Restart session and run all
   - JupyterLab: Kernel → Restart Kernel and Run All Cells…
2. Make sure that it runs to the end without an error. If it stops at a problem that you could not solve, go on with the cell after it. Submit anyway: the other problems are graded as usual.
3. Save the notebook. In Colab, choose File → Download → Download .ipynb.

## Submit

Submit one `.ipynb` file for each assignment, where your instructor told you to. **Use the file names in the table below** (for example `{example}.ipynb`). If "Copy of" or "(1)" was added to the name, remove it. Do not submit a zip, a PDF or a `.py` file.

## Assignments

"""

COLAB_STEPS = {
    "ja": (
        "1. 下の「課題の一覧」の「Open In Colab」をクリックします。\n"
        "2. 「ファイル」→「ドライブにコピーを保存」で、自分の Google ドライブにコピーを作ります。コピーしないと、書いた内容は保存されません。",
        "1. [Colab](https://colab.research.google.com/) を開き、「ファイル」→「ノートブックをアップロード」で `.ipynb` ファイルを選びます。\n"
        "2. アップロードしたノートブックは自分の Google ドライブに保存され、次からはそこから開けます。",
    ),
    "en": (
        '1. Click "Open In Colab" in the list of assignments below.\n'
        "2. Choose File → Save a copy in Drive. Without a copy of your own, nothing that you write is kept.",
        "1. Open [Colab](https://colab.research.google.com/), choose File → Upload notebook, and select the `.ipynb` file.\n"
        "2. It is saved in your Google Drive, where you open it the next time.",
    ),
}
"""With and without a repository from which Colab can open a notebook."""

EXCEPTIONS = {
    "ja": "ただし {names} では、テストのセルは {test_seconds} 秒、それ以外のセルは {cell_seconds} 秒、全体で {notebook_minutes} 分、待つ時間は {waiting_seconds} 秒までです。",
    "en": " In {names}, these are {test_seconds} and {cell_seconds} seconds, {notebook_minutes} minutes, and {waiting_seconds} seconds.",
}
HEADINGS = {"ja": ("ファイル", "題名"), "en": ("file", "title")}
TEXTS = {"ja": JAPANESE, "en": ENGLISH}


def of_course(course: Course) -> dict[str, str]:
    """The README of each language in which the course has notebooks.

    A source that cannot be read is listed without its title; building it says what is wrong.
    Raises:
        CourseError: The configuration of the badge is wrong.
    """
    titles: dict[str, dict[str, str]] = {}
    unreadable: dict[str, str] = {}
    first: dict[str, str] = {}
    main = main_language(course.config)
    for name in course.all_notebooks():
        try:
            template = course.template(name)
        except CourseError:
            unreadable[name] = name
            continue
        for language in template.languages:
            titles.setdefault(language, {})[name] = title(template.in_language(language)) or name
            first.setdefault(name, titles[language][name])
    if main in titles:  # its folder has also what is in other languages only
        titles[main] = first | titles[main]
    links = badge_of(course.config)

    def link(language: str) -> Callable[[str], str | None]:
        return lambda name: links.url(language, *split(name))

    return {
        language: _text(language, named | unreadable, link(language), course)
        for language, named in titles.items()
    }


def title(notebook: NotebookNode) -> str | None:
    """The first heading of a notebook."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := _HEADING.search(cell.source)):
            return found[1]
    return None


def _times(limits: Limits) -> dict[str, str]:
    """What students are told of the bounds."""
    return {
        "test_seconds": f"{limits.test_seconds:g}",
        "cell_seconds": f"{limits.cell_seconds:g}",
        "notebook_minutes": f"{limits.notebook_seconds / 60:.3g}",
        "waiting_seconds": f"{limits.waiting_seconds:g}",
    }


def _exceptions(language: str, names: list[str], course: Course) -> str:
    """A sentence for the assignments that have bounds of their own; those with the same ones share it."""
    usual = _times(course.limits())
    others: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        times = tuple(_times(course.limits(name)).values())
        if times != tuple(usual.values()):
            others.setdefault(times, []).append(f"`{name}`")
    return "".join(
        EXCEPTIONS[language].format(
            names=listed(which, len(which)), **dict(zip(usual, times, strict=True))
        )
        for times, which in others.items()
    )


def _text(
    language: str, titles: Mapping[str, str], url: Callable[[str], str | None], course: Course
) -> str:
    """The README in a language; in English where there is no text in that language."""
    spoken = language if language in TEXTS else "en"
    names = sorted(titles)
    linked = url(names[0]) is not None
    text = TEXTS[spoken].format(
        colab_steps=COLAB_STEPS[spoken][0 if linked else 1],
        libraries=LIBRARIES,
        exceptions=_exceptions(spoken, names, course),
        **_times(course.limits()),
        example=path_in(Path(), names[0]).stem,
    )
    rows = [[*HEADINGS[spoken], "Colab"], ["---", "---", "---"]]
    for name in names:
        link = url(name)
        cell = titles[name].replace("|", "\\|")
        file = path_in(Path(), name)
        rows.append([f"[{file.name}]({file.as_posix()})", cell, badge(link) if link else ""])
    columns = 3 if linked else 2
    return text + "".join(f"| {' | '.join(row[:columns])} |\n" for row in rows)
