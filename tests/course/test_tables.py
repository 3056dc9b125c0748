"""Tables of students: UTF-8 and Windows' Japanese, rosters, Moodle's worksheets and Canvas's gradebooks."""

from __future__ import annotations

import pytest

from autograder.course.tables import read_lines, read_roster, read_table
from autograder.errors import CourseError

WORKSHEET = (
    "Identifier,Full name,ID number,Email address,Status,Grade,Maximum grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    'Participant 501,"山田 花子",s1,hanako@example.ac.jp,Submitted for grading,,100.00,Yes,'
    '"Thursday, 5 November 2026, 11:59 PM",-,\n'
    'Participant 502,"O\'Brien, Taro",,taro@example.ac.jp,No submission,,100.00,Yes,-,-,\n'
)
WORKSHEET_JA = (
    "ID,氏名,メールアドレス,ステータス,評点,最大評点,最終更新日時 (提出),最終更新日時 (評定)\n"
    "参加者501,山田 花子,hanako@example.ac.jp,評定のために提出済み,,100.00,2026年 11月 5日(木曜日) 23:59,-\n"
)
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,small (991)\n"
    "    Points Possible,,,,,5\n"
    '"Yamada, Hanako",71,s1,hanako@example.ac.jp,A,\n'
    '"Brien, Taro",72,,taro,A,\n'
    '"Test, Student",73,,,A,\n'
    '"Student, Test",99,,x,A,\n'
)


@pytest.fixture
def table(tmp_path):
    def write(text: str, encoding: str = "utf-8"):
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


class TestRoster:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932", "euc_jp", "iso2022_jp"])
    def test_it_is_read_in_the_encodings_that_occur_in_japan(self, table, encoding):
        roster = read_roster(
            table("氏名,学籍番号,メールアドレス\n髙橋 健,s1,k@example.jp\n".replace("髙", "高"), encoding)
        )
        [person] = roster.people
        assert (person.id, person.name, person.email) == ("s1", "高橋 健", "k@example.jp")

    @pytest.mark.parametrize("encoding", ["utf-8", "cp932", "euc_jp", "iso2022_jp"])
    @pytest.mark.parametrize(
        "text",
        [
            "id,name\ns1,林\n",
            "id,name\ns1,森 愛\n",
            "学籍番号,氏名,ふりがな\ns1,齋藤 凛,さいとう りん\n",
            "id,name\ns1,ケン マリア\ns2,佐々木 杏\n",
            "id,name,class\ns1,渡辺 蓮,A組\ns2,Ada Lovelace,B組\n",
        ],
    )
    def test_encodings_are_told_apart_by_what_they_make_of_the_text(self, table, text, encoding):
        assert read_lines(table(text, encoding)) == [line.split(",") for line in text.splitlines()]

    @pytest.mark.parametrize("name", ["José Müller", "Zoë", "Amélie Petit", "Jérôme", "Renée", "Größe"])
    def test_european_names_in_a_windows_encoding_are_not_taken_for_kanji(self, table, name):
        with pytest.raises(CourseError, match="export it again as CSV in UTF-8"):
            read_lines(table(f"id,name\ns1,{name}\n", "cp1252"))

    def test_a_roster_is_read_with_a_byte_order_mark_and_other_columns(self, table):
        assert read_roster(table("name,ID\n佐藤,s1\n鈴木,s2\n", "utf-8-sig")).ids == ["s1", "s2"]

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_semicolons_and_tabs_separate_as_well(self, table, delimiter):
        text = f'id{delimiter}last name{delimiter}first name\ns1{delimiter}"A{delimiter}B"{delimiter}C\n'
        [person] = read_roster(table(text)).people
        assert (person.id, person.last_name, person.first_name) == ("s1", f"A{delimiter}B", "C")

    @pytest.mark.parametrize(
        ("content", "got"),
        [("", "an empty file"), ("name,e-mail\nx,y\n", "name, e-mail"), ("\nname\n", "name")],
    )
    def test_a_roster_without_ids_is_refused_with_the_columns_there_are(self, table, content, got):
        with pytest.raises(CourseError, match=f"column names with 'id', and lines below it; got {got}$"):
            read_roster(table(content))

    @pytest.mark.parametrize(
        "content",
        ["id,name,email\n", "\n学籍番号\n\n", WORKSHEET.partition("\n")[0], CANVAS.partition("\n")[0]],
    )
    def test_a_roster_of_column_names_alone_is_refused_as_such(self, table, content):
        with pytest.raises(CourseError, match="has only a line of column names; expected a line for each"):
            read_roster(table(content))

    def test_a_line_without_an_id_is_named(self, table):
        with pytest.raises(CourseError, match="line 3: there is no student id"):
            read_roster(table("id,name\ns1,x\n,y\n"))

    def test_an_id_that_stands_twice_is_named(self, table):
        with pytest.raises(CourseError, match="names s1 more than once"):
            read_roster(table("id\ns1\ns2\ns1\n"))

    @pytest.mark.parametrize("data", [b"PK\x03\x04\x00\x00\xff\xfe", b"id\n\xff\xff\n", b"id\n\x81\x00\x00"])
    def test_a_file_that_is_no_text_is_refused_with_one_sentence(self, tmp_path, data):
        (tmp_path / "x.csv").write_bytes(data)
        with pytest.raises(
            CourseError, match="cannot be read as a CSV file: it is not text in UTF-8, and not"
        ):
            read_roster(tmp_path / "x.csv")

    def test_a_missing_file_is_refused(self, tmp_path):
        with pytest.raises(CourseError, match=r"nowhere\.csv does not exist$"):
            read_table(tmp_path / "nowhere.csv")

    def test_a_folder_is_refused_without_a_number_of_the_system(self, tmp_path):
        with pytest.raises(CourseError, match="cannot be read: Is a directory$"):
            read_table(tmp_path)


class TestMoodlesWorksheet:
    def test_it_says_who_has_which_number_and_when_they_submitted(self, table):
        first, second = read_roster(table(WORKSHEET)).people
        assert (first.id, first.participant, first.name) == ("s1", "501", "山田 花子")
        assert first.submitted == "Thursday, 5 November 2026, 11:59 PM"
        assert (second.id, second.participant, second.submitted) == ("taro@example.ac.jp", "502", "")

    def test_it_is_understood_in_japanese(self, table):
        [person] = read_roster(table(WORKSHEET_JA)).people
        assert (person.id, person.participant) == ("hanako@example.ac.jp", "501")
        assert person.submitted == "2026年 11月 5日(木曜日) 23:59"


def test_canvas_s_gradebook_is_a_roster_without_its_test_student(table):
    first, second, third = read_roster(table(CANVAS)).people
    assert (first.id, first.lms_user_id, first.email) == ("s1", "71", "hanako@example.ac.jp")
    assert (second.id, second.username, second.email) == ("taro", "taro", "")
    assert third.id == "73"


def test_cells_with_line_breaks_and_quotes_stay_whole(table):
    assert read_lines(table('a,b\n"x\ny","say ""hi"""\n')) == [["a", "b"], ["x\ny", 'say "hi"']]


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04\x14\0\x06\0", "id,name\ns1,Ada\n".encode("utf-16-le"), b"\0" * 20]
)
def test_a_file_that_is_no_text_is_named_as_what_it_is(tmp_path, data):
    path = tmp_path / "roster.xlsx"
    path.write_bytes(data)
    with pytest.raises(CourseError, match="a spreadsheet, or another binary file; export it as CSV in UTF-8"):
        read_roster(path)
