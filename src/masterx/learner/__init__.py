"""What a learner knows and how they learn: pure functions of values, time and randomness that are passed in."""
