"""Items, their grading and their choice: what a learner practises on."""
