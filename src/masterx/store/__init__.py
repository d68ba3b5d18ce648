"""Where records are kept. `ports` is the contract; each folder beside it is one way to fulfil it."""
