"""How well each provider answers: suites of tests as data, graders that decide by checks, runs and their scores."""
