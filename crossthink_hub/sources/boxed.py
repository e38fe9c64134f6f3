r"""The answer in the last `\boxed{}` of a solution."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.grading.response import closing_brace

BOX = r"\\(?:boxed|fbox)\s*\{"
SIMPLE = r"\A(?P<inside>[^{}\\]*)\}"
"""What follows the brace of a box with nothing nested or escaped in it: most of them."""


def last_boxed(solutions: pa.StringArray) -> pa.StringArray:
    r"""Return what stands in the last box of each solution, null where there is none or it is not closed.

    Example:
        >>> last_boxed(pa.array([r"\boxed{1}, so \boxed{\frac{1}{2}}.", r"\boxed{3", "none"])).to_pylist()
        ['\\frac{1}{2}', None, None]
    """
    parts = pc.split_pattern_regex(pc.fill_null(solutions, ""), BOX)
    ends = parts.offsets.to_numpy().astype(np.int64)
    no_box = np.diff(ends) < 2
    after = parts.values.take(pa.array(ends[1:] - 1, mask=no_box))
    simple = pc.struct_field(pc.extract_regex(after, SIMPLE), "inside")
    nested = pc.and_(pc.is_valid(after), pc.is_null(simple))
    found = pa.array([inside_braces(text) for text in after.filter(nested).to_pylist()], pa.string())
    return pc.replace_with_mask(simple, nested, found)


def inside_braces(text: str) -> str | None:
    r"""Return what stands before the brace that closes the one just opened; None if none does.

    Example:
        >>> inside_braces(r"\frac{1}{2}} and more"), inside_braces(r"\{1\}}"), inside_braces("{")
        ('\\frac{1}{2}', '\\{1\\}', None)
    """
    end = closing_brace(text, 0)
    return None if end is None else text[:end]
