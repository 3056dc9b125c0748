"""The kit's own sentences to students, in Japanese; they are written in English where they arise."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["JAPANESE", "WITHIN", "is_for_students", "translated"]

_WHAT = {"answer": "解答", "test": "テスト", "cell": "セル", "given cell": "配布セル"}

JAPANESE: tuple[tuple[str, str], ...] = (
    # verdicts
    (r"not answered yet: the placeholder is still there", "まだ解答されていません（配布時のままです）"),
    (
        r"your code raised an exception of its own \(its message may hold hidden inputs; markers see it\)",
        "あなたのコードが独自の例外を出しました（メッセージは隠しテストの入力を含みうるため、採点者だけに見えます）",
    ),
    (
        r"your code raised (.*) \(its message may hold hidden inputs; markers see it\)",
        "あなたのコードが {0} を出しました（メッセージは隠しテストの入力を含みうるため、採点者だけに見えます）",
    ),
    (
        r"your code raised (.*) \(this package is not installed where the work is graded\)",
        "あなたのコードが例外を出しました：{0}（このパッケージは採点する環境にありません）",
    ),
    (r"your code raised (.*)", "あなたのコードが例外を出しました：{0}"),
    (
        r"the test needs the module '(.*)', which is not installed where it is graded",
        "テストに必要なモジュール '{0}' が、採点する環境にありません（あなたの答えのせいではありません）",
    ),
    (r"partly right: (.*) of (.*) points", "部分的に正解です：{1} 点中 {0} 点"),
    (
        r"'(.*)' is not defined, because its cell '(.*)' was stopped: (.*) "
        r"\(graded with Python (.*); this is written as newer versions allow it\)",
        "「{0}」が定義されていません。定義しているセル「{1}」が途中で止まったためです：{2}"
        "（採点は Python {3} です。もっと新しい Python の書き方になっています）",
    ),
    (
        r"'(.*)' is not defined, because its cell '(.*)' was stopped: (.*) "
        r"\(this package is not installed where the work is graded\)",
        "「{0}」が定義されていません。定義しているセル「{1}」が途中で止まったためです：{2}"
        "（このパッケージは採点する環境にありません）",
    ),
    (
        r"'(.*)' is not defined, because its cell '(.*)' was stopped: (.*)",
        "「{0}」が定義されていません。定義しているセル「{1}」が途中で止まったためです：{2}",
    ),
    (
        r"name '(.*)' is not defined: did the cell that defines it run without an error\?",
        "「{0}」が定義されていません。定義しているセルはエラーなく動きますか",
    ),
    (r"the value cannot be checked \((.*)\)", "この値は確かめられません（{0}）"),
    (r"this does not hold: (.*)", "次が成り立ちません：{0}"),
    (r"a hidden check does not hold", "隠しテストに通りませんでした"),
    (
        r"stopped after ([\d.e+]+) s of computing, the limit of this cell: is there an endless loop\?(.*)",
        "計算時間がこのセルの上限 {0} 秒を超えたので止めました。終わらないループはありませんか{1}",
    ),
    (
        r"stopped after ([\d.e+]+) s of waiting, the limit of this cell: does it sleep, or wait for something that "
        r"never comes\?(.*)",
        "待ち時間がこのセルの上限 {0} 秒を超えたので止めました。sleep や、来ないものを待つ処理はありませんか{1}",
    ),
    (
        r"what the code returned could not be checked within ([\d.e+]+) s of computing: is it larger than was asked "
        r"for\?(.*)",
        "返された値を計算時間 {0} 秒以内に確かめられませんでした。求められたものより大きくありませんか{1}",
    ),
    (
        r"not run: the whole submission has used its ([\d.e+]+) s(.*)",
        "ノートブック全体の制限時間 {0} 秒を使い切ったため、実行していません{1}",
    ),
    (
        r"the process that runs the student's code ended: (.*)",
        "コードを実行していたプロセスが終了しました：{0}",
    ),
    (
        r"a hidden test fails; what it says is shown after the deadline",
        "隠しテストに通りませんでした。くわしい内容は締切後に表示されます",
    ),
    (
        r"the tests that you see pass; the hidden ones count, and are shown after the deadline",
        "見えるテストには合格しています。隠しテストの結果は締切後に表示され、得点に入ります",
    ),
    # repairs
    (
        r"answer '(.*)' had lost its id and was found by what it defines",
        "解答セル「{0}」の ID がなくなっていたので、定義している名前から見つけました",
    ),
    (
        r"answer '(.*)': (\d+) cells define (.*) and none is in its place; which one counts\?",
        "解答セル「{0}」：{2} を定義しているセルが {1} 個あり、どれも元の位置にありません。どれを採点するか確認が必要です",
    ),
    (
        r"cells had been moved, and were put back in their order",
        "セルの順番が変わっていたので、元に戻しました",
    ),
    (
        r"(answer|test|cell) '(.*)' was missing, and was put back as released",
        "{0}「{1}」がなかったので、配布時のものを入れました",
    ),
    (
        r"cell '(.*)' was of type (.*), and was made (.*)",
        "セル「{0}」の種類が {1} になっていたので、{2} に直しました",
    ),
    (
        r"(test|given cell) '(.*)' had been changed, and was restored",
        "{0}「{1}」が書き換えられていたので、元に戻しました",
    ),
    (
        r"the place of answer '(.*)' held none, and it was found by what it defines",
        "解答セル「{0}」の場所に解答がなかったので、定義している名前から見つけました",
    ),
    (
        r"written answer '(.*)' was found in a second copy of its cell",
        "記述解答「{0}」は、セルの複製のほうから見つけました",
    ),
    (
        r"what had been added to '(.*)' runs in a cell after it",
        "「{0}」に書き足されていたものは、その後のセルに移して実行しました",
    ),
    (
        r"what had been written into '(.*)' is kept in a cell after it",
        "「{0}」に書き込まれていたものは、その後のセルに残してあります",
    ),
    (
        r"written answer '(.*)' had been typed into '(.*)', and was put in its place",
        "記述解答「{0}」が「{1}」に書かれていたので、解答欄に移しました",
    ),
    (
        r"its code asks for a GPU; where the course lets it, it runs on the CPU",
        "コードが GPU を指定しています。採点は CPU で行います",
    ),
    (
        r"written answer (.*): its place is as released, and the student has (\S+) text\S* in cells of their own; "
        r"read them when you mark",
        "記述解答 {0}：解答欄は配布時のままで、ほかのセルに文章が {1} か所あります。採点する人が確認します",
    ),
    # files
    (
        r"cell (\d+) is not as notebooks have it, and is kept as text",
        "{0} 番目のセルは正しい形式でないので、文字として残しました",
    ),
    (
        r"cell (\d+) has ([\d,]+) characters, the limit is ([\d,]+); .*",
        "{0} 番目のセルは {1} 文字あり、上限の {2} 文字までを採点しました",
    ),
    (
        r"cell (\d+) holds (.*): only PNG and JPEG pictures are shown to whoever marks it; .*",
        "{0} 番目のセルの {1} は表示できません。図は PNG か JPEG にしてください",
    ),
    (r"(.*) lies beside (.*) and was not graded", "{0} は {1} と一緒に提出されましたが、採点していません"),
    (
        r"(.*) lies? beside the notebook and cannot be used by it: it is graded alone",
        "{0} は使えません。採点ではノートブックだけを実行します",
    ),
    (
        r"timestamp.txt says no time, so that nothing is known of when it was submitted",
        "timestamp.txt に時刻がないので、提出時刻は分かりません",
    ),
    (r"(.*) was taken for (.*)", "{0} を {1} として採点しました"),
    (r"(.*) was saved as (.*) and read as such", "{0} は {1} で保存されていたので、そのまま読みました"),
    (
        r"(.*) is not valid (.*) and was read as Latin-1",
        "{0} は正しい {1} ではなかったので、Latin-1 として読みました",
    ),
    (r"(.*) was in the old format 3 and was converted", "{0} は古い形式 3 だったので、変換しました"),
    (
        r"(\d+) of its cells are not valid and were left out",
        "{0} 個のセルが正しい形式でなかったので、除きました",
    ),
)
"""Patterns of whole sentences, and what they become; `{0}` is what the first pair of brackets holds."""

WITHIN: tuple[tuple[str, str], ...] = (
    # what the boundary says of a value
    (
        r"expected plain data to compare, got an object of class (.*)",
        "数やリストなどのデータと比べるはずですが、クラス {0} のオブジェクトでした",
    ),
    (
        r"expected plain data for '(.*)', got an object of class (.*)",
        "'{0}' は数やリストなどのデータのはずですが、クラス {1} のオブジェクトでした",
    ),
    (
        r"expected plain data, got an object of class (.*)",
        "数やリストなどのデータのはずですが、クラス {0} のオブジェクトでした",
    ),
    (
        r"private attribute '(.*)' of a student's object is not read",
        "オブジェクトの非公開の属性 '{0}' は読みません",
    ),
    (r"the length of a student's (.*) is not a usable number", "{0} の長さ（len）が数として使えません"),
    (r"a student's (.*) cannot be iterated", "{0} は for で回せません"),
    (
        r"the student's kernel sent something that is not plain data: .*",
        "数やリストなどのデータでないものが返されました",
    ),
    (
        r"the student's code returned too much: (.*) ([\d,]+), the limit is ([\d,]+)",
        "返されたものが大きすぎます。{0}が {1} で、上限は {2} です",
    ),
    (
        r"the student's code gave an object of pandas, .*",
        "pandas のオブジェクトが返されましたが、採点する環境に pandas がありません",
    ),
    # why a process has ended
    (r"it used more than (.*) GiB of memory", "メモリを {0} GiB より多く使いました"),
    (
        r"it started more than (\d+) processes and threads",
        "プロセスとスレッドを {0} 個より多く起動しました",
    ),
    (r"it used up its CPU time", "計算時間を使い切りました"),
    (r"stopped by signal (\w+)", "シグナル {0} で止まりました"),
    (r"it exited with status (\d+)", "終了コード {0} で終わりました"),
    (r"it had ended too often, and was not started again", "何度も終了したので、再開しませんでした"),
    (r"it flooded the grader with messages", "メッセージを大量に送りました"),
    (r"it ended its grader's worker .*", "採点するプロセスを繰り返し終了させました"),
    (r"it asked for what it was not given|it sent something that is no call", "許されていない通信をしました"),
    (r"its outputs could not be heard", "出力を受け取れませんでした"),
    (r"the fork server .*", "実行環境が止まりました"),
    # where a limit was met
    (r"added cell '(.*)'", "追加されたセル「{0}」"),
    (r" \(in (.*) and (\d+) more\)", "（{0} ほか {1} 個）"),
    (r" \(in (.*)\)", "（{0}）"),
)
"""What stands in one of these sentences; it is none of its own."""

_AMOUNTS = {
    "bytes": "バイト数",
    "bytes in one test cell": "1 つのテストで受け取ったバイト数",
    "bytes of header": "配列の説明のバイト数",
    "bytes of texts": "文字列のバイト数",
    "values": "値の個数",
    "levels of nesting": "入れ子の深さ",
    "brackets and commas": "かっことコンマの数",
    "dimensions": "配列の次元",
    "rows of an array": "配列の行数",
    "rows": "行数",
    "cells of a frame": "表のセル数",
    "integers of more than 64 bits": "64 ビットを超える整数の個数",
    "classes of exceptions": "例外のクラスの数",
}
_PUT_IN = _WHAT | _AMOUNTS
_ERROR = re.compile(r"(\w{1,100}): (.*)", re.DOTALL)
_DEEPEST = 3
"""Sentences within sentences."""


def _compiled(sentences: Sequence[tuple[str, str]]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern, re.DOTALL), text) for pattern, text in sentences)


_PATTERNS, _WITHIN = _compiled(JAPANESE), _compiled((*JAPANESE, *WITHIN))


def is_for_students(sentence: str) -> bool:
    """Whether it is one of these; what else grading notes is for whoever grades."""
    return any(pattern.fullmatch(sentence) for pattern, _ in _PATTERNS)


def translated(sentence: str, language: str) -> str:
    """A sentence of the kit's in the student's language, with all that stands in it.

    Args:
        sentence: As grading has written it, in English; as it is where it is not one, or not known.
        language: Of the student; there are sentences for 'ja'.
    """
    return _japanese(sentence, _PATTERNS, _DEEPEST) if language == "ja" else sentence


def _japanese(sentence: str, patterns: Sequence[tuple[re.Pattern[str], str]], deep: int) -> str:
    for pattern, text in patterns if deep else ():
        if found := pattern.fullmatch(sentence):
            return text.format(*(_part(part, deep - 1) for part in found.groups()))
    return sentence


def _part(part: str, deep: int) -> str:
    """What stands in a sentence: a word of the kit's, another of its sentences, one behind an exception's name."""
    whole = _PUT_IN.get(part) or _japanese(part, _WITHIN, deep)
    if whole == part and (error := _ERROR.fullmatch(part)):
        inner = _japanese(error[2], _WITHIN, deep)
        return part if inner == error[2] else f"{error[1]}：{inner}"
    return whole
