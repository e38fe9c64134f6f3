"""What a person reads of evaluations: tables and figures beside the paper's, as Markdown and as a page."""
