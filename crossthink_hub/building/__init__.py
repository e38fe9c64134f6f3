"""From upstream files to a folder: collect, plan, shuffle, write."""
