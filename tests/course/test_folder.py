"""The course folder is an ordinary nbgrader course folder."""

from __future__ import annotations

import os

import nbformat
import pytest
from traitlets.config import Config

from autograder.course import template
from autograder.course.folder import CONFIG_FILE, Course
from autograder.errors import CourseError
from tests import small_course
from tests.small_course import cell_of


class TestCourse:
    def test_a_folder_without_a_configuration_is_no_course(self, tmp_path):
        with pytest.raises(CourseError, match="is not a course folder"):
            Course(tmp_path)

    @pytest.mark.parametrize("text", ["c = ", "import no_such_module", "1 / 0"])
    def test_a_configuration_that_cannot_be_read_is_said_so(self, tmp_path, text):
        (tmp_path / CONFIG_FILE).write_text(text)
        with pytest.raises(CourseError, match="cannot be read"):
            Course(tmp_path)

    @pytest.mark.parametrize("language", ["java", "R", "julia"])
    def test_a_notebook_in_another_language_is_refused_and_others_are_not(self, course, language):
        notebook = course.source_notebook("small")
        notebook.metadata["kernelspec"] = {"name": "other", "display_name": "Other", "language": language}
        small_course.write(course.source / "other" / "other.ipynb", nbformat.writes(notebook).encode())
        for read in (course.source_notebook, course.template):
            with pytest.raises(CourseError, match=f"is in {language}: expected Python"):
                read("other")
        assert course.template("small")

    def test_the_language_that_only_the_notebooks_own_metadata_names_counts(self, course):
        notebook = course.source_notebook("small")
        notebook.metadata.update(kernelspec={"name": "ir", "display_name": "R"}, language_info={"name": "R"})
        small_course.write(course.source / "other" / "other.ipynb", nbformat.writes(notebook).encode())
        with pytest.raises(CourseError, match="is in R: expected Python"):
            course.template("other")

    def test_a_folder_that_the_configuration_names_is_the_courses(self, tmp_path, course):
        (tmp_path / "inside").symlink_to(course.root)
        for named, root in (("inside", course.root), ("/srv/course", tmp_path), ("gone", tmp_path)):
            (tmp_path / CONFIG_FILE).write_text(f"c = get_config()\nc.CourseDirectory.root = '{named}'\n")
            assert Course(tmp_path).root == root
            assert Course(tmp_path).directory.root == str(root)
            assert Course(tmp_path).file == tmp_path / CONFIG_FILE

    def test_settings_from_elsewhere_need_no_file(self, tmp_path):
        above = Config(CourseDirectory=Config(source_directory="ours"))
        assert Course(tmp_path, above).source == tmp_path / "ours"

    def test_what_a_command_says_counts_more_than_the_file(self, course):
        above = Config(CourseDirectory=Config(db_url="sqlite:///elsewhere.db"))
        assert Course(course.root, above).directory.db_url == "sqlite:///elsewhere.db"
        assert Course(course.root, above).directory.source_directory == course.directory.source_directory

    def test_its_folders_are_those_of_the_configuration(self, tmp_path):
        (tmp_path / CONFIG_FILE).write_text(
            "c = get_config()\nc.CourseDirectory.source_directory = 'ours'\n"
            "c.CourseDirectory.submitted_directory = 'theirs'\n"
        )
        course = Course(tmp_path)
        assert course.source == tmp_path / "ours"
        assert course.submitted == tmp_path / "theirs"
        assert course.directory.db_url == f"sqlite:///{tmp_path}/gradebook.db"

    def test_an_assignment_is_a_folder_with_a_notebook_of_its_name_or_with_several(self, course):
        small_course.write(course.source / "another" / "another.ipynb", b"{}")
        small_course.write(course.source / "another" / "draft.ipynb", b"{}")
        small_course.write(course.source / "ps1" / "problem1.ipynb", b"{}")
        small_course.write(course.source / "ps1" / "problem2.ipynb", b"{}")
        small_course.write(course.source / "loose.ipynb", b"{}")
        assert course.assignments() == ["another", "ps1", "small"]
        assert course.all_notebooks() == ["another", "ps1/problem1", "ps1/problem2", "small"]

    @pytest.mark.parametrize("name", ["lesson+1", " lesson", "lesson[1]", "lesson*", "why?"])
    def test_a_name_that_nbgrader_does_not_take_is_said_so(self, course, name):
        folder = course.source / name
        folder.mkdir()
        (folder / f"{name}.ipynb").write_text("{}")
        with pytest.raises(CourseError, match="nbgrader takes no assignment called"):
            course.assignments()

    def test_students_are_the_folders_in_submitted(self, course):
        assert course.students() == []
        for student in ("bob", "ada"):
            small_course.submit(course, student)
        small_course.write(course.submitted / "README.txt", b"")
        (course.submitted / "link").symlink_to(course.submitted / "ada")
        assert course.students() == ["ada", "bob"]

    def test_what_its_kernels_find_is_read_once(self, course):
        setup = course.kernel_setup
        assert dict(setup.data) == {"mnist": str(course.root / "datasets/mnist")}
        assert "use_images" in setup.startup
        assert "torchvision.datasets" in setup.preload

    def test_code_that_asks_for_a_gpu_runs_on_the_cpu_unless_the_course_says_otherwise(self, course):
        assert course.kernel_setup.on_cpu
        with (course.root / CONFIG_FILE).open("a") as file:
            file.write("\nc.CourseSettings.on_cpu = False\n")
        assert not Course(course.root).kernel_setup.on_cpu

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ('c.CourseSettings.data = {"tables": "no/such"}', "names 'tables': .*no/such is not a folder"),
            ('c.CourseSettings.startup = "no_such.py"', "startup: .*no_such.py does not exist"),
            ("c.CourseSettings.preload = 3", "nbgrader_config.py: .*preload"),
        ],
    )
    def test_settings_that_cannot_be_used_are_named(self, course, line, why):
        with (course.root / CONFIG_FILE).open("a") as file:
            file.write(f"\n{line}\n")
        with pytest.raises(CourseError, match=why):
            Course(course.root).kernel_setup  # noqa: B018


class TestTemplate:
    def test_it_keeps_hidden_tests_and_clears_solutions_and_outputs(self, course):
        source = small_course.source()
        cell_of(source, "try-it").outputs = [nbformat.v4.new_output("stream", text="3.0")]
        nbformat.write(source, course.source / "small" / "small.ipynb")
        os.utime(course.source / "small" / "small.ipynb", (1, 1))
        found = course.template("small").notebook
        assert "by_reference" not in str(found)
        assert "YOUR CODE HERE" in cell_of(found, "scale").source
        assert "HIDDEN TESTS" in cell_of(found, "test_scale").source
        assert cell_of(found, "try-it").outputs == []

    def test_it_knows_its_languages_in_their_order(self, course):
        assert course.template("small").languages == ("ja", "en")

    def test_one_language_is_a_copy_of_its_own(self, course):
        english = course.template("small").in_language("en")
        assert "intro-ja" not in [cell.id for cell in english.cells]
        english.cells.clear()
        assert course.template("small").in_language("en").cells

    def test_files_beside_the_notebook_belong_to_it(self, tmp_path):
        files = {
            "data/table.csv": b"1,2\n",
            "helper.py": b"x = 1\n",
            ".ipynb_checkpoints/old.py": b"",
            "b.ipynb": b"",
        }
        course = small_course.make(tmp_path / "course", files=files)
        assert course.template("small").files == (("data/table.csv", b"1,2\n"), ("helper.py", b"x = 1\n"))

    def test_it_is_read_again_only_where_it_changed(self, course):
        first = course.template("small")
        assert course.template("small") is first
        os.utime(course.source / "small" / "small.ipynb", (1, 1))
        assert course.template("small") is not first

    def test_an_assignment_that_does_not_exist_is_an_error(self, course):
        with pytest.raises(CourseError, match="there is no assignment 'smal'"):
            course.template("smal")

    def test_a_source_that_cannot_be_read_is_an_error(self, course):
        small_course.write(course.source / "broken" / "broken.ipynb", b"{")
        with pytest.raises(CourseError, match=r"broken\.ipynb cannot be read"):
            course.template("broken")

    def test_one_with_the_marks_of_a_merge_conflict_says_how_to_end_the_merge(self, course):
        text = b'{\n<<<<<<< HEAD\n "a": 1\n=======\n "a": 2\n>>>>>>> kit/main\n}\n'
        small_course.write(course.source / "broken" / "broken.ipynb", text)
        with pytest.raises(CourseError, match="merge conflict.*-X ours"):
            course.template("broken")

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
    def test_a_source_in_another_encoding_is_named(self, course, encoding):
        path = course.source / "small" / "small.ipynb"
        path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
        with pytest.raises(CourseError, match=f"was saved as {encoding}: save it as UTF-8"):
            course.source_notebook("small")

    def test_it_cannot_be_changed(self, course):
        with pytest.raises(AttributeError):
            course.template("small").files = ()
        assert isinstance(course.template("small"), template.Template)
