"""What lateness costs: rules for `AssignLatePenalties.plugin_class` of nbgrader, set in nbgrader_config.py.

c.AssignLatePenalties.plugin_class = "autograder.gradebook.penalties.LatePerDay"
c.LatePerDay.share = 0.1    # of the points that the submission has earned, for each day that has begun
c.LatePerDay.most = 0.5     # and never more than half of them
c.LatePerDay.grace = 15     # minutes that cost nothing, behind the due date and behind each day after it
c.LatePerDay.days = 7       # after a week nothing is left

`c.LateSubmissionPlugin.penalty_method = "zero"`, nbgrader's own, takes all points of whatever is late.
"""

from __future__ import annotations

import math

from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Float

__all__ = ["LatePerDay"]

DAY = 24 * 60 * 60


class LatePerDay(LateSubmissionPlugin):
    """A share of the points that a submission has earned, for each day that has begun behind the due date."""

    share = Float(0.1, min=0, max=1, help="Of the points earned, what each day that has begun costs").tag(
        config=True
    )
    most = Float(1.0, min=0, max=1, help="Of the points earned, the most that lateness costs").tag(
        config=True
    )
    grace = Float(
        0.0, min=0, help="Minutes behind the due date, and behind each day after it, that cost nothing"
    ).tag(config=True)
    days = Float(
        math.inf, min=0, help="Days behind the due date from which on a submission earns nothing"
    ).tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """The points that are taken off; None within the minutes of grace."""
        counted = total_seconds_late - 60 * self.grace
        if counted <= 0:
            return None
        if counted > DAY * self.days:
            return score
        return score * min(self.most, self.share * math.ceil(counted / DAY))
