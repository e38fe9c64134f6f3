"""Loading script for `datasets` before 4.0.

`load_dataset("loaders/crossthink.py", "gpr_up", trust_remote_code=True)`

Later versions don't run scripts: there, `import crossthink_hub` gives `load_dataset` the name `crossthink`.
"""

import crossthink_hub.loading.builder


class CrossThinkScript(crossthink_hub.loading.builder.CrossThink):
    """The same builder: `datasets` takes the class from this file only if it is defined in it."""
