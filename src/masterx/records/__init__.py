"""What is stored and passed about: frozen values, one module a collection, without behaviour."""
