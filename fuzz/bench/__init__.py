"""Measurements of the suite itself: each prints a table."""
