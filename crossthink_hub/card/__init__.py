"""The data card of a built or published folder: its README.md, and its Croissant metadata."""
