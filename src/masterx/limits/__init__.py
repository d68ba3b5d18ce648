"""How fast anybody may ask: moving windows of a minute, in this process or shared through Redis."""
