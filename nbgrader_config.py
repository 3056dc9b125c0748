"""nbgrader's settings for this course; `nbgrader --help-all` and README.md say what can be set."""

from autograder.config import configure

c = get_config()  # noqa: F821

configure(c)

c.CourseDirectory.course_id = "deep-learning-practicum"
c.CourseDirectory.release_directory = "release/ja"
c.SelectLanguage.languages = ["ja", "en"]
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
    "torchvision.datasets",
    "torchvision.transforms",
]

# of the eight themes each student works on one; `autograder themes` allocates them
c.CourseSettings.groups = {"theme": "theme_*"}

# c.ColabBadge.repository = "owner/name"  # on GitHub: every release then begins with "Open In Colab"

c.ClearSolutions.code_stub = {
    "python": "# ここにコードを書いてください / YOUR CODE HERE\nraise NotImplementedError"
}
c.ClearSolutions.text_stub = "**ここに答えを書いてください / YOUR ANSWER HERE**"
