"""Graders of benchmark answers: each decides by checks that anyone can read, and runs nothing that a model wrote."""
