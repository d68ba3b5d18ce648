"""Models that can answer: who they are (`registry`, `catalog.toml`) and how each dialect is spoken."""
