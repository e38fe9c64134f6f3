"""Engines, one file each: what turns requests into generations."""
