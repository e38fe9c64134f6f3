"""The engine that asks an endpoint: what it sends, what it makes of replies, and what it does in trouble."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from openai_server import Fault, OpenAIServer, Written

from crossthink_hub.errors import EngineError, UsageError
from crossthink_hub.evaluation.engines.endpoint import Endpoint, EndpointSettings
from crossthink_hub.evaluation.generation import Finish, Generation, Key, Request, Sampling

SAMPLING = Sampling(max_tokens=20)
DRAWN = Sampling(0.7, 0.9, 12, 0.05, 1.1, 0.2, -0.3, 17)
PLAIN_DRAWN = Sampling(
    temperature=0.7, top_p=0.9, presence_penalty=0.2, frequency_penalty=-0.3, max_tokens=17
)
TEMPLATE = (
    "{{ bos_token }}{% for turn in messages %}<{{ turn.role }}>{{ turn.content }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
HANG = Fault("hang", seconds=60)
HTML = "<!DOCTYPE html><title>Welcome to the proxy</title>"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is asked directly, whatever proxy this machine has."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


def request(number: int, text: str = "", sampling: Sampling = SAMPLING) -> Request:
    message = {"role": "user", "content": text or f"question {number}"}
    return Request(Key("math_500", f"q{number}", "greedy", 0), (message,), sampling, seed=100 + number)


def requests(count: int, sampling: Sampling = SAMPLING) -> Iterator[Request]:
    return (request(number, sampling=sampling) for number in range(count))


def echo(messages: Any) -> str:
    return f"answer to {messages[-1]['content']}"


def settings(server: OpenAIServer, **more: Any) -> EndpointSettings:
    return EndpointSettings(**{"url": server.url, "model": server.name, "patience": 5, **more})


def one_by_one(server: OpenAIServer, **more: Any) -> Endpoint:
    return Endpoint(settings(server, concurrency=1, **more))


def ids(generations: list[Generation]) -> list[str]:
    return sorted(one.key.id for one in generations)


def until_error(endpoint: Endpoint, asked: Iterator[Request]) -> tuple[list[Generation], EngineError]:
    """Return what came before the error, and the error."""
    came: list[Generation] = []
    with pytest.raises(EngineError) as caught:
        came.extend(endpoint.generate(asked))  # extend keeps what came before it raised
    return came, caught.value


def only(server: OpenAIServer, asked: Request | None = None, **more: Any) -> Generation:
    """Return the one generation of one request."""
    with closing(Endpoint(settings(server, **more))) as endpoint:
        (generation,) = endpoint.generate(iter([asked or request(0)]))
    return generation


# What is sent.


def test_every_field_is_sent_whatever_the_servers_defaults_are():
    with OpenAIServer(echo) as server:
        with closing(Endpoint(settings(server), stop=["</s>"], stop_token_ids=[7, 8])) as endpoint:
            list(endpoint.generate(iter([request(1, sampling=DRAWN)])))
        assert server.bodies[-1] == {
            "model": "tiny", "messages": [{"role": "user", "content": "question 1"}], "seed": 101,
            "temperature": 0.7, "top_p": 0.9, "top_k": 12, "min_p": 0.05, "repetition_penalty": 1.1,
            "presence_penalty": 0.2, "frequency_penalty": -0.3, "max_tokens": 17, "n": 1, "stream": False,
            "stop": ["</s>"], "stop_token_ids": [7, 8], "include_stop_str_in_output": True,
        }  # fmt: skip


def test_plain_sends_only_what_openais_own_api_has():
    with OpenAIServer(echo, strict=True, tells=False) as server:
        with closing(Endpoint(settings(server, plain=True), stop=["</s>"])) as endpoint:
            endpoint.examine([PLAIN_DRAWN])
            (generation,) = endpoint.generate(iter([request(1, sampling=PLAIN_DRAWN)]))
        assert generation.response == "answer to question 1"
        assert server.bodies[-1] == {
            "model": "tiny", "messages": [{"role": "user", "content": "question 1"}], "seed": 101,
            "temperature": 0.7, "top_p": 0.9, "presence_penalty": 0.2, "frequency_penalty": -0.3,
            "max_completion_tokens": 17, "n": 1, "stream": False, "stop": ["</s>"],
        }  # fmt: skip


@pytest.mark.parametrize("field", ["top_k", "min_p", "repetition_penalty"])
def test_plain_refuses_what_it_would_have_to_leave_out(field: str):
    sampling = replace(SAMPLING, **{field: 1 if field == "top_k" else 0.5})
    with (
        OpenAIServer(echo, strict=True) as server,
        closing(Endpoint(settings(server, plain=True))) as endpoint,
    ):
        with pytest.raises(UsageError, match=f"{field} is"):
            endpoint.examine([sampling])
        with pytest.raises(UsageError, match="stop_token_ids"):
            Endpoint(settings(server, plain=True), stop_token_ids=[7])


def test_a_chat_template_is_rendered_here_and_sent_as_a_text():
    with OpenAIServer(lambda prompt: f"went on with {prompt}") as server:
        with closing(Endpoint(settings(server), chat_template=TEMPLATE)) as endpoint:
            (generation,) = endpoint.generate(iter([request(1)]))
        assert {one.path for one in server.asked} >= {"/v1/completions", "/tokenize"}
        assert server.bodies[-1]["prompt"] == "<user>question 1<assistant>"
        assert "messages" not in server.bodies[-1]
        assert generation.response == "went on with <user>question 1<assistant>"


@pytest.mark.parametrize(
    "template",
    [
        "{% for turn in messages %}",
        "{{ raise_exception('no system turn') }}",
        "{{ messages.__class__.mro() }}",
    ],
    ids=["no Jinja", "says no", "reaches out of the sandbox"],
)
def test_a_chat_template_that_cannot_be_rendered_is_an_error_of_usage(template: str):
    with OpenAIServer(echo) as server, pytest.raises(UsageError, match="chat template"):
        list(Endpoint(settings(server), chat_template=template).generate(requests(1)))


@pytest.mark.parametrize("given", ["", "/", "/v1", "/v1/"])
def test_the_address_may_be_given_with_or_without_its_version(given: str):
    with OpenAIServer(echo) as server:
        assert only(server, url=server.url.removesuffix("/v1") + given).response == "answer to question 0"
        assert {one.path for one in server.asked} == {
            *("/v1/models", "/version", "/tokenize", "/v1/chat/completions"),
        }


# What comes back.


def test_all_come_with_their_tokens_in_whatever_order():
    with OpenAIServer(echo) as server, closing(Endpoint(settings(server, concurrency=8))) as endpoint:
        came = list(endpoint.generate(requests(50)))
    assert ids(came) == ids([Generation(one.key, "", 0, 0, Finish.STOP) for one in requests(50)])
    assert all(one.response == f"answer to question {one.key.id[1:]}" for one in came)
    assert {(one.tokens, one.prompt_tokens, one.finish) for one in came} == {(4, 2, Finish.STOP)}


def replies(written: list[Written]) -> list[Generation]:
    """Return what is made of these replies, in order."""
    asked = {f"question {number}": one for number, one in enumerate(written)}
    server = OpenAIServer(lambda messages: asked.get(messages[0]["content"], "a probe"))
    with server, closing(Endpoint(settings(server))) as endpoint:
        return sorted(endpoint.generate(requests(len(written))), key=lambda one: int(one.key.id[1:]))


def test_finish_reasons():
    known = [("stop", 20, Finish.STOP), ("length", 3, Finish.LENGTH), ("content_filter", 3, Finish.FILTERED)]
    others = [
        ("eos_token", 3, Finish.STOP),
        ("tool_calls", 3, Finish.STOP),
        (None, 3, Finish.STOP),
        (None, None, Finish.STOP),
        (None, 20, Finish.LENGTH),
        ("eos_token", 20, Finish.LENGTH),
    ]
    came = replies([Written({"content": "so"}, reason, tokens) for reason, tokens, _ in known + others])
    expected = [(tokens, finish) for _, tokens, finish in known + others]
    assert [(one.tokens, one.finish) for one in came] == expected


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
def test_a_thought_that_a_server_took_out_is_put_back(name: str):
    cases = [
        ("Three.", "stop", "<think>1 + 2</think>Three."),
        ("Th", "length", "<think>1 + 2</think>Th"),
        (None, "length", "<think>1 + 2"),
        (None, "stop", "<think>1 + 2</think>"),
    ]
    came = replies([Written({name: "1 + 2", "content": content}, reason) for content, reason, _ in cases])
    assert [one.response for one in came] == [response for _, _, response in cases]


def test_an_empty_reply_is_a_reply():
    came = replies([Written({"content": ""}), Written({"content": None})])
    assert [one.response for one in came] == ["", None]


def test_a_prompt_that_is_withheld_is_filtered():
    body = '{"error": {"message": "not allowed here", "code": "content_filter"}}'
    with OpenAIServer(echo) as server, closing(Endpoint(settings(server))) as endpoint:
        endpoint.examine()
        server.order([Fault(status=400, body=body)])
        (generation,) = endpoint.generate(requests(1))
    assert (generation.finish, generation.response) == (Finish.FILTERED, None)


# Length.


def test_no_more_tokens_are_asked_for_than_fit():
    with OpenAIServer(echo, context=25) as server:
        long = only(server, request(0, "word " * 10))
        assert server.bodies[-1]["max_tokens"] == 15
        assert (long.finish, long.prompt_tokens) == (Finish.STOP, 10) or long.finish is Finish.LENGTH
        only(server, request(0, "word"))
        assert server.bodies[-1]["max_tokens"] == 20


@pytest.mark.parametrize(("words", "fits"), [(24, True), (25, False), (60, False)])
def test_a_prompt_that_does_not_fit_is_not_asked(words: int, fits: bool):
    with OpenAIServer(echo, context=25) as server, closing(Endpoint(settings(server))) as endpoint:
        endpoint.examine()
        server.order([])
        asked = request(0, "word " * words)
        (generation,) = endpoint.generate(iter([asked]))
        assert len(server.bodies) == fits
        if not fits:
            assert generation == Generation(asked.key, None, 0, words, Finish.PROMPT_TOO_LONG)


def test_a_server_that_does_not_count_says_itself_that_a_prompt_is_too_long():
    with OpenAIServer(echo, tells=False, context=40) as server:
        generation = only(server, request(0, "word " * 40))
        assert (generation.finish, generation.response) == (Finish.PROMPT_TOO_LONG, None)
        assert [body["max_tokens"] for body in server.bodies] == [1, 20, 1]


@pytest.mark.parametrize("limits", [{"context": 40}, {"most": 19}], ids=["of the context", "of an answer"])
def test_too_many_tokens_asked_for_is_not_a_prompt_too_long(limits: dict[str, int]):
    with OpenAIServer(echo, tells=False, **limits) as server, closing(Endpoint(settings(server))) as endpoint:
        _, error = until_error(endpoint, iter([request(0, "word " * 30)]))
    assert "no answer of up to 20 tokens" in str(error)
    assert "Set --max-tokens lower." in str(error)


def test_vllms_words_for_too_many_tokens_asked_for():
    said = "max_tokens=300 cannot be greater than max_model_len=256. Please request fewer output tokens."
    with OpenAIServer(echo, tells=False) as server, closing(Endpoint(settings(server))) as endpoint:
        endpoint.examine()
        server.order([Fault(status=400, body=f'{{"error": {{"message": "{said}", "code": 400}}}}')])
        _, error = until_error(endpoint, requests(1))
        assert "Set --max-tokens lower." in str(error)


@pytest.mark.parametrize(
    "said",
    [
        "This model's maximum context length is 64 tokens. However, you requested 16 output tokens and your "
        "prompt contains at least 49 input tokens, for a total of at least 65 tokens.",
        "Input length (70 tokens) exceeds the maximum allowed length (64 tokens).",
        "the request exceeds the available context size. try increasing the context size",
    ],
    ids=["vLLM", "SGLang", "llama.cpp"],
)
def test_the_words_of_servers_for_too_long(said: str):
    refusal = Fault(status=400, body=f'{{"object": "error", "message": "{said}", "code": 400}}')
    with OpenAIServer(echo, tells=False) as server, closing(Endpoint(settings(server))) as endpoint:
        endpoint.examine()
        server.order([refusal, refusal])
        (generation,) = endpoint.generate(requests(1))
        assert generation.finish is Finish.PROMPT_TOO_LONG


def test_a_refusal_of_another_kind_is_not_a_prompt_too_long():
    too_long = '{"error": {"message": "made up", "code": "context_length_exceeded"}}'
    with OpenAIServer(echo, tells=False) as server, closing(Endpoint(settings(server))) as endpoint:
        endpoint.examine()
        server.order([Fault(status=400, body=too_long), Fault(status=400)])
        came, error = until_error(endpoint, requests(1))
    assert came == []
    assert "HTTP 400: made up" in str(error)


def test_another_refusal_is_an_error_that_shows_it():
    with OpenAIServer(echo) as server, closing(Endpoint(settings(server))) as endpoint:
        endpoint.examine()
        server.order([Fault(status=400, body='{"error": {"message": "roles must alternate"}}')])
        _, error = until_error(endpoint, requests(1))
    assert "HTTP 400: roles must alternate" in str(error)
    assert error.where == server.url


# Before a run.


def test_what_an_endpoint_tells_of_itself():
    with OpenAIServer(echo, context=300) as server, closing(Endpoint(settings(server))) as endpoint:
        served = endpoint.examine([SAMPLING, DRAWN, SAMPLING])
        assert (served.models, served.context, served.version, served.counts) == (
            ("tiny",),
            300,
            "0.31.0",
            True,
        )
        assert [body["temperature"] for body in server.bodies] == [0.0, 0.7]
        assert {body["max_tokens"] for body in server.bodies} == {1}
        assert endpoint.facts() == {
            "name": "endpoint", "url": server.url, "model": "tiny", "server": "0.31.0", "context": 300,
            "concurrency": 64,
        }  # fmt: skip


def test_an_endpoint_need_not_tell_anything():
    with OpenAIServer(echo, tells=False) as server, closing(Endpoint(settings(server))) as endpoint:
        served = endpoint.examine()
        assert (served.context, served.version, served.counts) == (None, None, False)


def test_a_model_that_is_not_served():
    with OpenAIServer(echo, name="Qwen2.5-7B") as server:
        with pytest.raises(UsageError, match=r"serves no model 'qwen2.5-7B'\n.*Did you mean 'Qwen2.5-7B'"):
            Endpoint(settings(server, model="qwen2.5-7B")).examine()
        with pytest.raises(UsageError, match=r"It serves Qwen2.5-7B\."):
            Endpoint(settings(server, model="x")).examine()


def test_nothing_answers():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(EngineError, match=r"127.0.0.1:\d+/v1: can't be reached") as caught:
        Endpoint(EndpointSettings(url=f"http://127.0.0.1:{port}", model="tiny", patience=0.5)).examine()
    assert "Check the address" in str(caught.value)


def test_what_is_no_such_endpoint():
    with OpenAIServer(echo) as server:
        endpoint = Endpoint(settings(server, url=f"{server.url}/there/v1"))
        with closing(endpoint), pytest.raises(EngineError, match="is no OpenAI-compatible endpoint"):
            endpoint.examine()


def test_a_field_that_is_refused_is_told_before_the_first_generation():
    with OpenAIServer(echo, strict=True) as server, closing(Endpoint(settings(server))) as endpoint:
        with pytest.raises(
            UsageError, match="Unrecognized request argument supplied: include_stop"
        ) as caught:
            endpoint.examine()
        assert "plain" in str(caught.value)


@pytest.mark.parametrize("key", [None, "sk-wrong-123"])
def test_a_key_that_is_refused_is_not_shown(key: str | None):
    with OpenAIServer(echo, key="sk-right-456") as server:
        endpoint = Endpoint(settings(server, api_key=key))
        with pytest.raises(EngineError, match="HTTP 401") as caught:
            endpoint.examine()
        assert ("asks for a key" if key is None else "refuses the key") in str(caught.value)
        assert "OPENAI_API_KEY" in str(caught.value)
        assert "sk-wrong" not in str(caught.value)
        assert only(server, api_key="sk-right-456").response == "answer to question 0"


def test_neither_key_nor_password_is_shown():
    secret = EndpointSettings(url="http://you:word@127.0.0.1:1/v1", model="m", api_key="sk-1", patience=0)
    with closing(Endpoint(secret)) as endpoint, pytest.raises(EngineError) as caught:
        endpoint.examine()
    for shown in (repr(secret), str(endpoint.facts()), str(caught.value)):
        assert "word" not in shown
        assert "sk-1" not in shown


@pytest.mark.parametrize(
    "wrong",
    [
        *({"url": url} for url in ("host:8000", "ftp://host", "http://", "http://host:x", "http://h/?a=b")),
        *({"concurrency": 0}, {"timeout": 0}, {"connect_timeout": -1}, {"patience": -1}, {"model": ""}),
        {"api_key": "sk-1\n"},
    ],
    ids=str,
)
def test_settings_that_cannot_be(wrong: dict[str, Any]):
    with pytest.raises(UsageError) as caught:
        EndpointSettings(**{"url": "http://host:8000", "model": "m", **wrong})
    assert "sk-1" not in str(caught.value)


# Trouble that passes.


def test_trouble_that_passes_is_waited_out():
    half = '{"choices": [{"message": {"content": "half"}, "finish_reason": "abort"}]}'
    nonsense = [HTML, "[1, 2]", '{"choices": []}', '{"error": {"message": "upstream is away"}}', half]
    overload = [Fault(status=429), Fault(status=500), Fault(status=503, body=HTML), Fault("drop")]
    faults = [*overload, *(Fault(body=body) for body in nonsense)]
    with OpenAIServer(echo) as server, closing(Endpoint(settings(server))) as endpoint:
        endpoint.examine()
        server.order(faults)
        came = list(endpoint.generate(requests(len(faults))))
        assert {one.response for one in came} == {f"answer to question {n}" for n in range(len(faults))}
        assert len(server.bodies) == 2 * len(faults)


def test_an_endpoint_that_asks_to_wait_is_obeyed():
    with OpenAIServer(echo) as server, closing(Endpoint(settings(server))) as endpoint:
        endpoint.examine()
        server.order([Fault(status=429, retry_after="1")])
        assert len(list(endpoint.generate(requests(1)))) == 1
        first, second = (one.at for one in server.asked if one.path.endswith("completions"))
        assert second - first >= 1


def test_delays_grow():
    with OpenAIServer(echo) as server, closing(Endpoint(settings(server))) as endpoint:
        endpoint.examine()
        server.order([Fault(status=500)] * 2)
        assert len(list(endpoint.generate(requests(1)))) == 1
        times = [one.at for one in server.asked if one.path.endswith("completions")]
        first, second = (later - sooner for sooner, later in pairwise(times))
        assert first >= 0.25
        assert second >= 0.5


def test_an_endpoint_that_is_started_again_is_gone_on_with():
    with OpenAIServer(echo) as server, closing(Endpoint(settings(server, concurrency=4))) as endpoint:
        endpoint.examine()
        server.order(lambda number: Fault("die") if number == 9 else None)
        again = threading.Timer(1, server.start)
        again.start()
        assert len(list(endpoint.generate(requests(20)))) == 20
        again.join()


# Trouble that does not pass.


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(status=429), "HTTP 429: made up"),
        (Fault(status=503, body=HTML), "HTTP 503: <!DOCTYPE html><title>Welcome"),
        (Fault("drop"), "broke the connection off"),
        (Fault(status=429, retry_after="3600"), "it asks to wait 3600 s"),
        (Fault(status=404), "HTTP 404: made up"),
    ],
    ids=["429", "503", "drop", "a long wait", "404"],
)
def test_what_was_finished_before_stands(fault: Fault, said: str):
    with OpenAIServer(echo) as server, closing(one_by_one(server, patience=0.5)) as endpoint:
        endpoint.examine()
        server.order(lambda number: fault if number > 10 else None)
        came, error = until_error(endpoint, requests(30))
    assert len(came) == 10
    assert said in str(error)
    assert "10 generations finished before" in str(error)
    assert "run the same command again" in str(error)
    assert error.where == server.url


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (HTML + "x" * 400, "answers with what is no JSON object (HTTP 200: <!DOCTYPE html>"),
        ('{"choices": []}', 'answers without a reply (HTTP 200: {"choices": []})'),
        ('{"choices": [{"message": {"content": [1]}}]}', "answers without a text"),
    ],
    ids=["HTML", "no choice", "no text"],
)
def test_nonsense_is_asked_again_a_few_times_and_shown(body: str, said: str):
    with OpenAIServer(echo) as server, closing(Endpoint(settings(server, patience=60))) as endpoint:
        endpoint.examine()
        server.order(lambda _: Fault(body=body))
        began = time.monotonic()
        came, error = until_error(endpoint, requests(1))
        assert time.monotonic() - began < 30
        assert len(server.bodies) == 3
    assert came == []
    assert said in str(error)
    assert "x" * 200 not in str(error)
    assert "3 times; 0 generations finished before" in str(error)


def test_an_endpoint_that_dies():
    with OpenAIServer(echo) as server, closing(one_by_one(server, patience=0.5)) as endpoint:
        endpoint.examine()
        server.order(lambda number: Fault("die") if number > 10 else None)
        came, error = until_error(endpoint, requests(30))
    assert len(came) == 10
    assert "can't be reached" in str(error)
    assert "10 generations" in str(error)


def test_an_endpoint_that_hangs():
    with OpenAIServer(echo) as server, closing(one_by_one(server, timeout=1)) as endpoint:
        endpoint.examine()
        server.order(lambda number: HANG if number > 10 else None)
        came, error = until_error(endpoint, requests(30))
    assert len(came) == 10
    assert "gave no reply in 1 s" in str(error)


def test_what_is_finished_by_the_time_of_an_error_comes_before_it():
    with OpenAIServer(echo) as server, closing(Endpoint(settings(server, concurrency=8))) as endpoint:
        endpoint.examine()
        fault = Fault(status=404, seconds=0.3)
        server.order(lambda number: {1: None, 2: fault}.get(number, Fault("hang", seconds=0.6)))
        generations = endpoint.generate(requests(8))
        came = [next(generations)]
        time.sleep(1.2)  # while a caller is busy
        with pytest.raises(EngineError, match="7 generations finished before"):
            came.extend(generations)
    assert len(came) == 7


# Room, and the end.


def test_no_more_are_under_way_than_allowed_and_none_is_taken_before():
    taken = 0

    def counted() -> Iterator[Request]:
        nonlocal taken
        for one in requests(60):
            taken += 1
            yield one

    with OpenAIServer(echo) as server, closing(Endpoint(settings(server, concurrency=5))) as endpoint:
        endpoint.examine()
        server.order(lambda _: Fault("hang", seconds=0.05))
        generations = endpoint.generate(counted())
        assert taken == 0
        for yielded, _ in enumerate(generations, 1):
            assert taken <= yielded + 2 * 5
        assert taken == 60
        assert server.at_once == 5


@pytest.mark.parametrize("closes", ["generator", "endpoint"])
def test_closing_does_not_wait_and_the_server_sees_it(closes: str):
    with OpenAIServer(echo) as server, closing(Endpoint(settings(server, concurrency=6))) as endpoint:
        endpoint.examine()
        server.order(lambda number: HANG if number > 1 else None)
        generations = endpoint.generate(requests(30))
        next(generations)
        time.sleep(0.2)
        began = time.monotonic()
        (generations if closes == "generator" else endpoint).close()
        assert time.monotonic() - began < 2
        while server.cancelled < 6 and time.monotonic() - began < 10:
            time.sleep(0.02)
        assert server.cancelled == 6


def test_an_error_in_the_requests_is_the_callers():
    def broken() -> Iterator[Request]:
        yield request(0)
        raise OSError("the file is gone")

    with OpenAIServer(echo) as server, closing(Endpoint(settings(server))) as endpoint:
        generations = endpoint.generate(broken())
        with pytest.raises(OSError, match="the file is gone"):
            list(generations)


INTERRUPTED = """
import sys
from test_endpoint import Endpoint, EndpointSettings, requests

endpoint = Endpoint(EndpointSettings(url=sys.argv[1], model="tiny"))
print("begins", flush=True)
try:
    list(endpoint.generate(requests(10)))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_ends_a_program_whose_endpoint_hangs():
    with OpenAIServer(echo) as server:
        server.order(lambda number: HANG if number > 1 else None)
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
        command = [sys.executable, "-c", INTERRUPTED, server.url]
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as program:
            assert program.stdout is not None
            assert program.stdout.readline() == "begins\n"
            while server.at_once < 10 and program.poll() is None:
                time.sleep(0.02)
            began = time.monotonic()
            program.send_signal(signal.SIGINT)
            assert program.stdout.read() == "interrupted\n"
            assert program.wait(5) == 0
        assert time.monotonic() - began < 2


# With a real model.


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a Qwen2 of random weights: what it says is nonsense, and the same every time."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    from crossthink_hub.training.tiny.tokenizer import tiny_tokenizer

    folder = tmp_path_factory.mktemp("models") / "random"
    tokenizer = tiny_tokenizer(["What is 1 + 2?"], vocabulary=300)
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=512, initializer_range=0.4,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    Qwen2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def served(model: Path) -> Iterator[OpenAIServer]:
    with OpenAIServer(model, context=512) as server:
        yield server


def generated(
    server: OpenAIServer, sampling: Sampling, concurrency: int, **more: Any
) -> dict[str, Generation]:
    with closing(Endpoint(settings(server, concurrency=concurrency), **more)) as endpoint:
        return {one.key.id: one for one in endpoint.generate(requests(6, sampling))}


def test_greedy_is_what_transformers_says(served: OpenAIServer, model: Path):
    from transformers import pipeline

    says: Any = pipeline("text-generation", model=str(model), device="cpu")
    ours = generated(served, SAMPLING, 3)
    for number in range(6):
        messages = [dict(message) for message in request(number).messages]
        whole = says(messages, max_new_tokens=20, do_sample=False)[0]["generated_text"]
        assert ours[f"q{number}"].response == whole[-1]["content"]


def test_what_is_drawn_depends_on_the_seed_and_not_on_the_company(served: OpenAIServer):
    drawn = replace(SAMPLING, temperature=1.0)
    alone, together = generated(served, drawn, 1), generated(served, drawn, 6)
    assert alone == together
    assert alone != generated(served, SAMPLING, 6)
    assert {one.tokens for one in alone.values() if one.finish is Finish.LENGTH} == {20}


def test_a_template_rendered_here_gives_what_the_models_own_gives(served: OpenAIServer):
    from crossthink_hub.training.tiny.tokenizer import CHATML

    assert generated(served, SAMPLING, 6, chat_template=CHATML) == generated(served, SAMPLING, 6)


def test_a_stop_text_ends_an_answer_and_is_part_of_it(served: OpenAIServer):
    whole = generated(served, SAMPLING, 6)["q0"].response
    assert whole
    stop = whole[2:5]
    stopped = generated(served, SAMPLING, 6, stop=[stop])["q0"]
    assert stopped.response == whole[: whole.index(stop) + len(stop)]
    assert stopped.finish is Finish.STOP


def test_a_stop_token_ends_an_answer(served: OpenAIServer):
    every_token = list(range(300))
    stopped = generated(served, SAMPLING, 6, stop_token_ids=every_token)
    assert {(one.tokens, one.finish) for one in stopped.values()} == {(1, Finish.STOP)}


def test_a_prompt_as_long_as_the_context(served: OpenAIServer):
    with closing(Endpoint(settings(served))) as endpoint:
        (fits, does_not) = endpoint.generate(iter([request(0, "z" * 490), request(1, "z" * 600)]))
    by_id = {one.key.id: one for one in (fits, does_not)}
    assert by_id["q0"].finish in (Finish.LENGTH, Finish.STOP)
    assert by_id["q0"].prompt_tokens is not None
    assert by_id["q0"].prompt_tokens + (by_id["q0"].tokens or 0) <= 512
    assert by_id["q1"].finish is Finish.PROMPT_TOO_LONG
