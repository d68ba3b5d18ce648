"""Items from files that the operator has."""
