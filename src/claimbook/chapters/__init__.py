"""Chapters as notebooks: executed, kept fresh, read and reviewed."""
