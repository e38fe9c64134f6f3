"""Training with GRPO: recipes, what a run needs, and the run itself."""
