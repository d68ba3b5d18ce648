"""A learner's turn, from message to recorded answer."""
