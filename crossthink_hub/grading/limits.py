"""How much of an answer is looked at: what is larger is `too_large`, before anything is parsed."""

MAX_BOXES = 16
"""More boxes than this after the thought are no answer: `ambiguous`."""
MAX_ANSWER = 8_192
"""Characters of an answer. A box that goes on for longer was never closed."""
MAX_FORMULA = 1_000
"""Characters of an answer that are read as a formula."""
MAX_DEPTH = 24
"""Brackets within brackets within an answer."""
MAX_ASKED_DEPTH = 8
"""Braces within braces of what the algebra is asked; its parser takes time that doubles with each."""
MAX_BITS = 65_536
"""Binary digits of a number on the way to a value."""
MAX_FACTORIAL = 1_000
"""The largest number whose factorial, or binomial, is taken."""
MAX_ITEMS = 64
"""Items of a list, entries of a matrix."""
ALGEBRA_SECONDS = 0.5
"""How long the algebra may take for one pair of formulas; then its process is killed."""
START_SECONDS = 30.0
"""How long a process may take to start, which says nothing about the answer."""
MAX_WORKERS = 8
"""Processes that do algebra; a container may have fewer cores than it shows."""
WORKER_BYTES = 2 << 30
"""Memory of a process that does algebra."""
