"""nbgrader's settings for this course; `nbgrader --help-all` and README.md say what can be set."""

from autograder.config import configure

c = get_config()  # noqa: F821

configure(c)

c.CourseDirectory.course_id = "deep-learning-practicum"
c.CourseDirectory.release_directory = "release/ja"
c.SelectLanguage.language = "ja"

# what student code finds while it is graded, and what every kernel has imported already
c.CourseSettings.data = {"mnist": "datasets/mnist"}
c.CourseSettings.startup = "datasets/mnist/startup.py"
c.CourseSettings.preload = [
    "matplotlib.pyplot",
    "sklearn.cluster",
    "sklearn.datasets",
    "sklearn.decomposition",
    "sklearn.metrics",
    "torch.nn.utils.prune",
    "torch.optim",
    "torchvision.datasets",
    "torchvision.transforms",
]

# times that name no zone, and the pages for instructors and assistants
c.CourseSettings.timezone = "Asia/Tokyo"
# c.CourseSettings.language = "ja"

# what lateness costs: a tenth of the points earned for each day that has begun, half of them at most
# c.AssignLatePenalties.plugin_class = "autograder.gradebook.penalties.LatePerDay"
# c.LatePerDay.share = 0.1
# c.LatePerDay.most = 0.5
# c.LatePerDay.grace = 15  # minutes that cost nothing

# of the eight themes each student works on one; `autograder themes` allocates them
c.CourseSettings.groups = {"theme": "theme_*"}

# c.CourseSettings.attempts_per_day = 3  # that `autograder watch` grades before the deadline
# c.CourseSettings.before_deadline = "names"  # of hidden tests that fail; or "visible", "messages"
# c.CourseSettings.limits = {"cell_seconds": 120, "test_seconds": 30}  # CPU seconds; docs: Settings has them all
# c.CourseSettings.limits_of = {"theme_f*": {"test_seconds": 60}}  # for some assignments only
# c.CourseSettings.files = ["lesson1_overfitting/data/*.csv"]  # beside a notebook, and not tracked by git
# c.CourseSettings.on_cpu = False  # `.cuda()` and the like fail while grading; by default they run on the CPU
# c.ColabBadge.repository = "owner/name"  # on GitHub: every release then begins with "Open In Colab"

c.ClearSolutions.code_stub = {
    "python": "# ここにコードを書いてください / YOUR CODE HERE\nraise NotImplementedError"
}
c.ClearSolutions.text_stub = "**ここに答えを書いてください / YOUR ANSWER HERE**"
