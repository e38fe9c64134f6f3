"""Formulas as answers hold them: read from LaTeX or plain notation, and compared by value."""
