"""Which model is asked, in which order, and what happens when it does not answer."""
