r"""The process that does algebra: pairs of formulas come in, one a line, and what math-verify says goes out.

Run as a plain program by `crossthink_hub.grading.algebra`. It says `ready` once it has imported what it
needs, and ends when its input does. It imports sympy and no torch, and can't outgrow its memory or outlive
a pair by much: should the process that asked be gone, the kernel ends it.
"""

import json
import resource
import sys
from collections.abc import Callable
from typing import IO, Any

CPU_SECONDS = 4
"""Processor time that one pair may take before the kernel ends the process: a net below the asker's clock."""


def main(limit: int, pairs: IO[str], answers: IO[str]) -> None:
    """Answer pairs until there are no more.

    Args:
        limit: bytes of memory this process may have.
        pairs: lines of JSON, each a ground truth and an answer.
        answers: where `true`, `false` or `null` goes for each.
    """
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = limit if most == resource.RLIM_INFINITY else min(limit, most)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    are_equal = _load()
    print("ready", file=answers, flush=True)
    for line in pairs:
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        print(json.dumps(are_equal(*json.loads(line))), file=answers, flush=True)


def _load() -> Callable[[str, str], bool | None]:
    """Import math-verify, use it once so that what sympy loads late is loaded, and return the comparison."""
    from math_verify import LatexExtractionConfig, parse, verify

    config = [LatexExtractionConfig(boxed_match_priority=-1)]

    def formula(text: str) -> list[Any]:
        found: list[Any] = parse(
            f"${text}$", extraction_config=config, fallback_mode="no_fallback", parsing_timeout=None
        )
        return found

    def are_equal(gold: str, answer: str) -> bool | None:
        """Return whether two formulas are equal, whichever comes first; None if one is not understood."""
        pair = formula(gold), formula(answer)
        if not all(pair):
            return None
        return all(
            verify(one, other, float_rounding=12, allow_set_relation_comp=True, timeout_seconds=None)
            for one, other in (pair, pair[::-1])
        )

    are_equal("x^2 < 4", "(-2, 2)")
    return are_equal


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.stdin, sys.stdout)
