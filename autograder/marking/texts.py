"""What the marking page says, in the marker's language."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["phrases"]

_ENGLISH = {
    "title": "Marking",
    "questions": "Questions",
    "nothing": "There is nothing that a person marks. `autograder grade` puts submissions here.",
    "left": "left",
    "of": "of",
    "all_marked": "all marked",
    "points": "points",
    "answer": "Answer",
    "scheme": "Mark scheme",
    "example": "Example",
    "question": "Question",
    "comment": "Comment for the student (Markdown)",
    "used": "Used before",
    "names": "Names",
    "figures": "Figures and tables",
    "previous": "Previous",
    "next": "Next",
    "undo": "Undo",
    "blanks": "Mark blank answers 0",
    "same": "Give all equal answers the same",
    "unmark": "Not marked",
    "similar": "{} like this",
    "blank": "Nothing was written.",
    "taken": "Somebody else has marked it in the meantime: you see theirs. Press again to change it.",
    "lost": "The server does not answer; this mark is NOT saved. Try again.",
    "done": "All answers are marked.",
    "following": "Next question",
    "help": "0–4 level · Enter next · Backspace previous · c comment · 1st–5th used comment: q w e r t · "
    "o figures · n names · b blanks · a all equal · z undo · x not marked",
    "loading": "Loading…",
}

_JAPANESE = {
    "title": "採点",
    "questions": "問題",
    "nothing": "人が採点するものはありません。`autograder grade` で採点するとここに並びます。",
    "left": "残り",
    "of": "／",
    "all_marked": "採点済み",
    "points": "点",
    "answer": "解答",
    "scheme": "採点基準",
    "example": "例",
    "question": "問題文",
    "comment": "学生へのコメント（Markdown）",
    "used": "前に使ったコメント",
    "names": "名前",
    "figures": "図と表",
    "previous": "前へ",
    "next": "次へ",
    "undo": "元に戻す",
    "blanks": "無記入をすべて 0 点に",
    "same": "同じ文の解答すべてを同じ評価に",
    "unmark": "未採点に戻す",
    "similar": "似た解答 {} 件",
    "blank": "記入がありません。",
    "taken": "ほかの採点者が先に採点しました（その評価を表示しています）。変えるにはもう一度押してください。",
    "lost": "サーバーの応答がなく、この採点は保存されていません。もう一度試してください。",
    "done": "すべて採点しました。",
    "following": "次の問題",
    "help": "0–4 評価 · Enter 次へ · Backspace 前へ · c コメント · q w e r t 前に使ったコメント · o 図と表 · "
    "n 名前 · b 無記入 · a 同じ文すべて · z 元に戻す · x 未採点に戻す",
    "loading": "読み込み中…",
}


def phrases(language: str) -> Mapping[str, str]:
    """The words of the page."""
    return _JAPANESE if language == "ja" else _ENGLISH
