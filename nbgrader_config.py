"""nbgrader's settings for this course; `nbgrader --help-all` and README.md say what can be set."""

from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import Execute

from autograder.feedback.exporter import FeedbackExporter
from autograder.feedback.preprocessors import StudentFeedback
from autograder.grading.preprocessors import EscapeNames, IsolatedExecute, RebuildSubmission
from autograder.release.build import CheckRelease, CheckSource
from autograder.release.colab import ColabBadge
from autograder.release.language import SelectLanguage

c = get_config()  # noqa: F821

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

# c.ColabBadge.repository = "owner/name"  # on GitHub: every release then begins with "Open In Colab"

c.ClearSolutions.code_stub = {
    "python": "# ここにコードを書いてください / YOUR CODE HERE\nraise NotImplementedError"
}
c.ClearSolutions.text_stub = "**ここに答えを書いてください / YOUR ANSWER HERE**"

c.GenerateAssignment.preprocessors = [
    CheckSource,
    SelectLanguage,
    *GenerateAssignment().preprocessors,
    ColabBadge,
    CheckRelease,
]
c.Autograde.sanitize_preprocessors = [RebuildSubmission, *Autograde().sanitize_preprocessors]
c.Autograde.autograde_preprocessors = [
    IsolatedExecute if step is Execute else step for step in Autograde().autograde_preprocessors
]
c.GenerateFeedback.exporter_class = FeedbackExporter
c.GenerateFeedback.preprocessors = [StudentFeedback]

# formgrader's pages and feedback show students' texts without anything that a browser would run or fetch
c.HTMLExporter.filters = {"markdown2html": "autograder.grading.markup.markdown_to_html"}
c.HTMLExporter.preprocessors = [EscapeNames]
