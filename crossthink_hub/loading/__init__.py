"""The name `crossthink` for `datasets.load_dataset`, once this package is imported."""
