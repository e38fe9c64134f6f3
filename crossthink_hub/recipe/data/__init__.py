"""The recipe's data files."""
