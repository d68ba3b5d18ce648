"""Whether an answer is right, decided by rules and algebra, never by a language model."""
