"""`docs/reliability.md` says what these tests show, and nothing else."""

from promises import DOCUMENT, PROMISES, fault_tests, with_table


def test_every_promise_has_a_test_and_every_test_a_promise() -> None:
    found = [test for test in fault_tests() if test.__module__ != __name__]
    assert not [test for test in found if not hasattr(test, "shows")]
    assert {test.shows[0] for test in found} == {*PROMISES}


def test_the_table_in_the_document_is_what_the_tests_show() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert with_table(text) == text, "run `python tests/publishing/promises.py`"
