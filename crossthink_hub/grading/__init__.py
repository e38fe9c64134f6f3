r"""One grader for reward, evaluation, difficulty and voting.

Example:
    >>> verdict = grade(r"<think>Half of 84.</think> So it is \boxed{42}.", "42")
    >>> verdict.correct, verdict.formatted, verdict.answer, str(verdict.status), verdict.reward
    (True, True, '42', 'correct', 1.0)
"""

from crossthink_hub.grading.grader import grade, grade_many
from crossthink_hub.grading.settings import GradeSettings
from crossthink_hub.grading.verdict import Status, Verdict

__all__ = ["GradeSettings", "Status", "Verdict", "grade", "grade_many"]
