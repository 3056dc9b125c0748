"""What feedback says, in the languages of students."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["duration", "phrases"]

_ENGLISH = {
    "score": "Score",
    "so_far": "So far",
    "of": "of",
    "points": "points",
    "not_marked": "not marked yet",
    "not_graded": "not graded yet",
    "waiting": "Not marked yet: {titles} ({points} points).",
    "hidden_wait": "Hidden tests decide after the deadline: {titles} ({points} points).",
    "not_final": "The score is not final.",
    "not_recorded": "This submission is not in the gradebook yet.",
    "late": "Handed in {time} after the deadline: {points} points taken off.",
    "late_free": "Handed in {time} after the deadline.",
    "exercises": "Exercises",
    "passed": "Passed",
    "failed": "Not right yet",
    "partly": "Partly right",
    "missing": "No answer",
    "awaited": "Visible tests passed",
    "error": "Raised an error",
    "timeout": "Took too long",
    "kernel-died": "Ended too early",
    "hint": "Hint",
    "by_hand": "A marker has set these points.",
    "extra": "{points} extra points",
    "your_code": "Your code",
    "your_answer": "Your answer",
    "the_test": "The test and its message",
    "written": "Written answers",
    "level": "Level {level} of {top}",
    "reached": "Reached",
    "needed": "For level {level}",
    "comment": "Comment",
    "comments": "Comments on your code",
    "blank": "Nothing was written.",
    "repairs": "What we had to repair",
    "doubts": "What we could not settle",
    "notebook": "Your notebook",
    "notebook_note": "As it was graded, with the outputs of its cells. Given code is folded.",
    "given": "Given code",
    "test": "Test",
    "top": "Up",
    "term": "Feedback",
    "assignment": "Assignment",
    "total": "Total",
    "total_so_far": "Total so far",
    "final": "final",
    "partly_marked": "{points} points still open",
    "unreadable": "handed in; it could not be graded yet",
    "excused": "excused",
    "request": "Ask about a score",
    "request_how": "Write which exercise you mean and why you think that your answer is right. Then send this text as your "
    "course says, or hand it in as a file {file} beside your notebook.",
    "request_mail": "Write it in an e-mail",
    "asked": "Your questions about the score",
    "asked_answer": "Answer",
    "asked_waits": "not answered yet",
    "asked_changed": "Score {before} → {after}",
    "asked_kept": "The score stays as it was.",
    "worked": "Worked solutions",
    "solution": "Solution",
    "nothing": "Nothing has been handed in yet.",
}

_JAPANESE = {
    "score": "得点",
    "so_far": "ここまでの得点",
    "of": "／",
    "points": "点",
    "not_marked": "未採点",
    "not_graded": "未採点",
    "waiting": "未採点：{titles}（{points} 点分）。",
    "hidden_wait": "締切後に隠しテストで決まるもの：{titles}（{points} 点分）。",
    "not_final": "得点はまだ確定していません。",
    "not_recorded": "この提出物はまだ成績に記録されていません。",
    "late": "締切から {time}後に提出：{points} 点を減点しました。",
    "late_free": "締切から {time}後に提出されました。",
    "exercises": "演習の結果",
    "passed": "正解",
    "failed": "要修正",
    "partly": "一部正解",
    "missing": "解答なし",
    "awaited": "見えるテストは合格",
    "error": "例外が発生",
    "timeout": "時間切れ",
    "kernel-died": "途中で終了",
    "hint": "ヒント",
    "by_hand": "採点者がこの点数にしました。",
    "extra": "加点 {points} 点を含みます",
    "your_code": "あなたのコード",
    "your_answer": "あなたの解答",
    "the_test": "テストとメッセージ",
    "written": "記述問題",
    "level": "評価 {level} ／ {top}",
    "reached": "評価の理由",
    "needed": "評価 {level} に必要なこと",
    "comment": "コメント",
    "comments": "コードへのコメント",
    "blank": "記入がありませんでした。",
    "repairs": "採点時に直したこと",
    "doubts": "採点で確認が必要なこと",
    "notebook": "あなたのノートブック",
    "notebook_note": "採点時のノートブックとセルの出力です。配布コードは折りたたんであります。",
    "given": "配布コード",
    "test": "テスト",
    "top": "上へ",
    "term": "フィードバック",
    "assignment": "課題",
    "total": "合計",
    "total_so_far": "ここまでの合計",
    "final": "確定",
    "partly_marked": "{points} 点分は未確定",
    "unreadable": "提出されていますが、まだ採点できていません",
    "excused": "免除",
    "request": "採点について質問する",
    "request_how": "どの問題か（exercise）と、なぜ自分の答えが正しいと思うか（why）を書いてください。できた文を、決められた方法で送るか、"
    "{file} というファイルにしてノートブックと一緒に提出します。",
    "request_mail": "メールに書く",
    "asked": "採点への質問と回答",
    "asked_answer": "回答",
    "asked_waits": "まだ回答がありません",
    "asked_changed": "得点 {before} → {after}",
    "asked_kept": "得点は変わりません。",
    "worked": "解答例",
    "solution": "解答例",
    "nothing": "まだ提出がありません。",
}


def phrases(language: str) -> Mapping[str, str]:
    """The words of a page; English ones for a language that has none."""
    return _JAPANESE if language == "ja" else _ENGLISH


def duration(seconds: float, language: str) -> str:
    """A time in the largest unit that is not below one: '3 days', '2 時間'."""
    for size, english, japanese in ((86_400, "day", "日"), (3_600, "hour", "時間"), (60, "minute", "分")):
        if seconds >= size:
            number = int(seconds // size)
            return (
                f"{number} {japanese}"
                if language == "ja"
                else f"{number} {english}{'' if number == 1 else 's'}"
            )
    return f"{int(seconds)} 秒" if language == "ja" else f"{int(seconds)} seconds"
