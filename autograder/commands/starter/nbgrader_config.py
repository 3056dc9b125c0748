"""nbgrader's settings for this course; `nbgrader --help-all` says what else can be set."""

from autograder.config import configure

c = get_config()  # noqa: F821

configure(c)

c.CourseDirectory.course_id = "COURSE"

# Every language of the notebooks has a release of its own; cells in one language are tagged lang-en, lang-ja, ...
c.CourseDirectory.release_directory = "release/en"
c.SelectLanguage.language = "en"

# What student code finds while it is graded: folders that it may read, by name; a file that runs first, and has
# their paths in the dictionary DATA; and modules that are imported once, so that no submission waits for them.
# c.CourseSettings.data = {"weather": "datasets/weather"}
# c.CourseSettings.startup = "datasets/startup.py"
# c.CourseSettings.preload = ["pandas"]

# how long a submission may compute: CPU seconds for each cell, for each test, for the whole; and how long a cell may wait
# c.CourseSettings.limits = {"cell_seconds": 120, "test_seconds": 30, "notebook_seconds": 600, "waiting_seconds": 60}
# c.CourseSettings.limits_of = {"project_*": {"cell_seconds": 300}}  # for some assignments only

# What stands in a release where the solution was
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError"}
c.ClearSolutions.text_stub = "YOUR ANSWER HERE"

# With the repository on GitHub that holds release/, every notebook begins with "Open In Colab"
# c.ColabBadge.repository = "owner/name"
