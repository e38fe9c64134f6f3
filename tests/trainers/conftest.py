"""The rewards in the trainers' own code; `make test-trainers` runs these tests in an environment of its own.

Anywhere else they fail, so that they can't be passed over in silence.
"""

import pytest
from rollouts import byte_tokenizer


@pytest.fixture(scope="session")
def tokenizer():
    return byte_tokenizer()
