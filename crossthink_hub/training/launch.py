"""How this process was launched: which of how many, and how the model is spread over them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from crossthink_hub.errors import UsageError
from crossthink_hub.training.recipe import Recipe

HOW = "Launch with train/launch/launch.sh, which takes the launch file that the recipe means."


@dataclass(frozen=True)
class Launch:
    """How this process was launched.

    Attributes:
        processes: that train, one to a GPU.
        rank: of this one; 0 is the one that speaks and writes.
        sharding: as in recipes.
    """

    processes: int = 1
    rank: int = 0
    sharding: str = "none"

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] = os.environ) -> "Launch":
        """Return what accelerate or torchrun wrote into the environment.

        Example:
            >>> Launch.of_environment({"WORLD_SIZE": "8", "RANK": "3", "ACCELERATE_USE_FSDP": "true"})
            Launch(processes=8, rank=3, sharding='fsdp2')
        """
        sharding = "none"
        if environment.get("ACCELERATE_USE_FSDP", "").lower() == "true":
            sharding = "fsdp2" if environment.get("FSDP_VERSION", "2") == "2" else "fsdp1"
        if environment.get("ACCELERATE_USE_DEEPSPEED", "").lower() == "true":
            sharding = "zero3"
        return cls(int(environment.get("WORLD_SIZE", 1)), int(environment.get("RANK", 0)), sharding)

    @property
    def is_main(self) -> bool:
        """Whether this process speaks and writes for all."""
        return self.rank == 0

    def check(self, recipe: Recipe) -> None:
        """Refuse a launch that is not what the recipe means, before anything is loaded.

        Raises:
            UsageError: the batch can't be divided, or the model is spread in another way.

        Example:
            >>> from crossthink_hub.training.recipe import read_recipe
            >>> Launch(8, 0, "fsdp2").check(read_recipe("gpr_up_7b"))
        """
        recipe.for_world(self.processes)
        if self.sharding != recipe.sharding:
            raise UsageError(
                f"sharding is {recipe.sharding}, and this was launched with {self.sharding} "
                f"({self.processes} process{'es' * (self.processes > 1)})",
                where=recipe.name,
                fix=f"{HOW} On one GPU set sharding=none.",
            )
        if self.sharding == "none" and self.processes > 1:
            raise UsageError(
                f"sharding is none, and there are {self.processes} processes",
                where=recipe.name,
                fix=f"Set sharding=fsdp2 or sharding=zero3. {HOW}",
            )
