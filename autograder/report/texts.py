"""The words of the class report in the languages that it speaks."""

from __future__ import annotations

from collections.abc import Callable

from autograder.collecting import beforehand

__all__ = ["JAPANESE", "LANGUAGES", "translations"]

JAPANESE = {
    "student": "学生",
    "assignment": "課題",
    "why": "理由",
    "Students' questions about scores": "採点への質問",
    "Answered questions about scores": "回答済みの採点への質問",
    "Answer with <code>autograder request --answer NUMBER TEXT</code>, after changing the score where it was wrong.": (
        "必要なら点を直してから、<code>autograder request --answer 番号 回答</code> で答えてください。"
    ),
    "score": "得点",
    "answer": "回答",
    "Written answers without points": "未採点の記述",
    "Files that cannot be graded": "採点できないファイル",
    "Submissions to be graded again": "もう一度採点すべき提出",
    "Submissions of nobody on the roster": "名簿にない学生の提出",
    "Folders that belong to no assignment": "どの課題のものでもないフォルダ",
    "Time limits and processes that ended": "時間切れと異常終了",
    "Questions that only you can decide": "教員の判断が必要なもの",
    "Submissions worth a look": "確かめた方がよい提出",
    "Graded without a sandbox": "サンドボックスなしで採点されたもの",
    "Another theme than the allocated one": "割り当てと違うテーマ",
    "No submission": "未提出",
    "Late submissions": "遅れた提出",
    "Grade cells whose test looks wrong": "テストが疑わしい採点セル",
    "Similar pairs of submissions": "似ている提出の組",
    "Class report": "クラスのレポート",
    "students: %(number)s": "学生 %(number)s 人",
    "assignments: %(number)s": "課題 %(number)s 件",
    "nobody has submitted:": "提出がない課題：",
    "Parts of this page": "このページの内容",
    "Attention": "要確認",
    "Scores": "得点",
    "Grade cells": "採点セル",
    "Time": "時間",
    "Students": "学生",
    "Themes": "テーマ",
    "What needs your attention": "確認が必要なこと",
    "Nothing: everything that was submitted is graded, nobody is missing, and no test looks wrong.": (
        "ありません。提出はすべて採点済みで、未提出の学生はなく、疑わしいテストもありません。"
    ),
    "Names of students link to their feedback, names of assignments to formgrader (where JupyterLab runs).": (
        "学生の名前はフィードバックへ、課題の名前は formgrader へのリンクです（JupyterLab の動作中）。"
    ),
    "A person gives these points; until then they count as 0.": "人が採点するもので、それまでは 0 点です。",
    "submissions": "提出",
    "answers": "答え",
    "points at stake": "合計配点",
    "Nothing of these was executed, and the gradebook was left as it was. Ask the student for another file, or put it right in submitted/.": (
        "実行されておらず、成績簿も変わっていません。"
        "学生に再提出を求めるか、submitted/ の中で直してください。"
    ),
    "There is no kept result that fits: run <code>autograder grade</code>, then make this page again.": (
        "対応する採点結果がありません。<code>autograder grade</code> の後で、このページを作り直してください。"
    ),
    "It has not been graded.": "まだ採点されていません。",
    "It, its tests or the kit changed after it was graded, or its result was removed.": (
        "採点の後で、提出・テスト・採点キットのどれかが変わったか、結果が消されました。"
    ),
    "It was executed, but its points are not in the gradebook.": "実行されましたが、得点が成績簿にありません。",
    "The gradebook has other points than its kept result.": "成績簿の得点が、残っている採点結果と違います。",
    "They are graded and exported like all others. Rename the folder in submitted/ where the id is misspelt, or add the student with <code>autograder roster</code>.": (
        "ほかの提出と同じように採点・出力されます。id の書き間違いなら submitted/ のフォルダの名前を直し、"
        "そうでなければ <code>autograder roster</code> で学生を加えてください。"
    ),
    "They are passed over, for no assignment is called like this. Put their names right in submitted/, then grade.": (
        "この名前の課題はないので採点されません。submitted/ の中で名前を直してから採点してください。"
    ),
    "The cell that was running lost its points, and no other did. Look whether the student's code loops, or the limit is too tight.": (
        "失われたのは実行中だったセルの点だけです。"
        "終わらないコードか、制限が厳しすぎるのかを確かめてください。"
    ),
    "Signs of an attempt to decide one's own grade. No point was given for them, and none is a proof: look before you speak.": (
        "自分で成績を決めようとした形跡です。点は与えられていません。"
        "証拠ではないので、まず中身を見てください。"
    ),
    "Student code could read this machine's files; it could not change a grade. See <code>autograder doctor</code>.": (
        "学生のコードはこの計算機のファイルを読めましたが、成績は変えられません。<code>autograder doctor</code> を見てください。"
    ),
    "Only the theme that themes.csv allocates counts in the totals below.": (
        "下の合計には、themes.csv で割り当てたテーマだけが入ります。"
    ),
    "allocated": "割り当て",
    "submitted instead": "提出されたもの",
    "allocated one submitted, too": "割り当ても提出",
    "not in themes.csv": "themes.csv にない",
    "yes": "はい",
    "no": "いいえ",
    "none of the themes": "どのテーマも未提出",
    "late by": "遅れ",
    "penalty": "減点",
    "Read the test and a few answers before you believe it: a test that strong students fail usually asks for something the text does not say.": (
        "テストといくつかの答えを読んで確かめてください。"
        "できる学生が落ちるテストは、たいてい文章にないことを求めています。"
    ),
    "cell": "セル",
    "None of %(number)s students passed it.": "%(number)s 人のうち誰も通っていません。",
    "Students who are weak elsewhere do better on it than strong ones (r = %(value)s, n = %(number)s).": (
        "他でできない学生の方が、できる学生より点を取っています（r = %(value)s、n = %(number)s）。"
    ),
    "Found by <code>autograder similarity</code>. Similar answers have many causes; nothing here changes a score.": (
        "<code>autograder similarity</code> が見つけたものです。"
        "似る原因はいろいろあります。得点には影響しません。"
    ),
    "%(number)s more are in the files of <code>.autograder/similarity</code>.": (
        "ほかに %(number)s 組が <code>.autograder/similarity</code> のファイルにあります。"
    ),
    "As nbgrader counts them: a person's points before the autograder's, less the penalty for lateness. The line is the median.": (
        "nbgrader の数え方です。人の採点が自動採点に優先し、遅れの減点を引きます。線は中央値です。"
    ),
    "median": "中央値",
    "from": "最低",
    "to": "最高",
    "Not graded yet: %(answers)s answers with %(points)s points, in %(submissions)s submissions.": (
        "未採点: %(submissions)s 件の提出の %(answers)s 個の答え、計 %(points)s 点。"
    ),
    "Nothing of it has been graded.": "まだ何も採点されていません。",
    "r: how well a cell separates strong from weak students, the correlation of its points with those of the other autograded cells (corrected item-total correlation, Guilford 1953). Above 0.3 is good; below 0 look at the test. It is shown from %(number)s submissions on.": (
        "r は、そのセルができる学生とそうでない学生をどれだけ分けるかを表します。そのセルの点と、他の自動採点セルの点の"
        "合計との相関です（corrected item-total correlation、Guilford 1953）。0.3 以上なら良く、負ならテストを見直してください。提出が %(number)s 件以上あるときだけ示します。"
    ),
    "points": "配点",
    "n": "人数",
    "all points": "満点率",
    "mean share": "平均得点率",
    "r": "r",
    "most frequent failures": "多い誤り",
    "written": "記述",
    "What those who failed did": "できなかった学生のコードがしたこと",
    "Their functions returned the same in a test, whatever the code looks like. Where a mistake is known, its hint is in the feedback.": (
        "コードの見た目に関わらず、テストで同じ値を返したものを一つにまとめています。"
        "既知の誤りなら、そのヒントがフィードバックに載ります。"
    ),
    "No hint, or not the same one for all of these names: %(file)s is the place for it.": (
        "ヒントがないか、これらの名前で違っています。%(file)s に書いてください。"
    ),
    "not known yet": "未知",
    "an example beside the reference": "答えの例と模範解答",
    "reference": "模範解答",
    "With this in <code>%(file)s</code>, the next <code>autograder grade</code> shows the hint to all of them.": (
        "次を <code>%(file)s</code> に書くと、次の <code>autograder grade</code> で全員にヒントが出ます。"
    ),
    "each did something else: %(number)s": "ほかの誰とも違うもの: %(number)s 件",
    "ungraded: %(number)s": "未採点 %(number)s",
    "Time per submission": "提出あたりの実行時間",
    "longest": "最長",
    "slowest": "遅い提出",
    "No result is kept.": "採点結果が残っていません。",
    "A name opens all that is known about the student; points link to the feedback where it has been made. A dash: not submitted.": (
        "名前を押すと、その学生についてわかっていることがすべて開きます。点は、作成済みのフィードバックへのリンクです。横線は未提出です。"
    ),
    "Find a student": "学生を探す",
    "total": "合計",
    "Early answers": "結果より前の記述",
    "Written answers that could come before the results": "結果より前に提出できる記述",
    "A time is that of the submission; where nothing says it, that of collecting, with “or earlier”.": (
        "時刻は提出の時刻です。わからないものは収集した時刻に「以前」を付けて示します。"
    ),
    "%(number)s of %(all)s had one before the results": "%(all)s 人中 %(number)s 人が結果より前に提出",
    "no answer": "記述なし",
    "Themes: all sweeps": "テーマ: 全員の実験",
    "A thin line for each student (point at it for the name), the median bold, the median of the baselines dashed.": (
        "細い線が一人ひとり（線の上で名前が出ます）、太い線が中央値、破線が基準の中央値です。"
    ),
    "tables: %(number)s": "表 %(number)s 件",
    "drawn with a broken line, for the test of the table was not passed: %(number)s": (
        "表のテストに通らず破線で描かれたもの: %(number)s"
    ),
    "Made by <code>autograder report</code> from nbgrader's gradebook and the kept results; nothing was executed. Make it again after grading.": (
        "<code>autograder report</code> が nbgrader の成績簿と残っている採点結果から作りました。何も実行していません。採点の後で作り直してください。"
    ),
    "broken": "採点不能",
    "grade again": "再採点",
    "stopped": "中断",
    "ungraded": "未採点",
    "late": "遅れ",
    "not counted": "対象外",
    "excused": "免除",
    "more time": "延長",
    "feedback": "フィードバック",
    "not marked yet": "未採点",
    "full points:": "満点：",
    "Nothing has been handed in.": "提出はありません。",
    "handed in %(time)s": "提出 %(time)s",
    "more time until %(time)s": "期限を %(time)s まで延長",
    "late by %(time)s": "%(time)s の遅れ",
    "which cost %(points)s points": "%(points)s 点の減点",
    "cannot be graded": "採点できません",
    "its result does not fit any more": "採点結果が今の提出やテストと合いません",
    "only you can decide": "教員の判断が必要",
    "worth a look": "要確認",
    "put right": "直した点",
    "question %(number)s about the score": "採点への質問 %(number)s",
    "similar to": "似ている相手",
    **beforehand.JAPANESE,
}
"""English is the key, as in gettext."""

LANGUAGES: dict[str, dict[str, str]] = {"en": {}, "ja": JAPANESE}


def translations(language: str) -> tuple[Callable[[str], str], Callable[[str, str, int], str]]:
    """gettext and ngettext for a language; a text without a translation stays English."""
    words = LANGUAGES[language]

    def gettext(text: str) -> str:
        return words.get(text, text)

    def ngettext(singular: str, plural: str, number: int) -> str:
        return gettext(singular if number == 1 else plural)

    return gettext, ngettext
