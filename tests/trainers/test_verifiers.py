"""verifiers 0.4: a task scores a trace with the reward that its configuration names.

`Rubric`, its older shape, is no longer in it: `tests/grading/test_trainers.py` has that as documented.
"""

import asyncio
import json

import pytest
import verifiers.v1 as vf
from rollouts import RESPONSES, RIGHT

from crossthink_hub.grading import grade
from crossthink_hub.grading.verifiers import TaskReward

NAMED = {"crossthink": {"fn": "crossthink_hub.grading.verifiers:task_reward"}}
META = {"question_type": "mcq", "options": ["41", "42"]}


class Question(vf.TaskData):
    """A row as a task."""

    answer: str | None
    info: dict | str | None = None


class Named(vf.Task[Question]):
    """The reward comes from the configuration."""


class Decorated(vf.Task[Question]):
    """The reward is a method."""

    @vf.reward
    async def crossthink(self, task, trace):
        return await TaskReward(mode="equivalent", thought="opened")(task, trace)


def score(kind, *replies, answer="42", info=None):
    data = Question(prompt="6 x 7?", answer=answer, info=info)
    task = kind(data, vf.TaskConfig(rewards=NAMED if kind is Named else {}))
    agent = vf.AgentInfo(config=vf.AgentConfig())
    trace = vf.Trace[Question](task=vf.TraceTask(type="Question", data=data), agent=agent)
    trace.nodes = [vf.MessageNode(message=reply, sampled=True) for reply in replies]
    asyncio.run(task.score(trace))
    return trace.reward


@pytest.mark.parametrize("info", [META, json.dumps(META), None], ids=["struct", "json", "none"])
@pytest.mark.parametrize("response", RESPONSES)
def test_a_task_is_scored_as_grade_says(response, info):
    reply = vf.AssistantMessage(content=response)
    assert score(Named, reply, info=info) == grade(response, "42", mode="paper").reward


def test_the_last_reply_counts_with_its_thought():
    first = vf.AssistantMessage(content=r"<think>a</think>\boxed{41}")
    last = vf.AssistantMessage(reasoning_content="a", content=r"\boxed{42}")
    assert score(Named, first, last) == score(Decorated, first, last) == 1
    assert score(Named, last, first) == 0


def test_no_reply_and_no_gold_are_worth_nothing():
    assert score(Named) == 0
    assert score(Named, vf.AssistantMessage(content=RIGHT), answer=None) == 0
