"""How much a strong model would gain over a weak one on a question: learned from what both answered before."""
