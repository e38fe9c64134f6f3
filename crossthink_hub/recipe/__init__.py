"""What the paper says: sources, blends, templates and filters, mostly as data."""
