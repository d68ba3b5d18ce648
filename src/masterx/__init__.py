"""MasterX: a self-hosted, emotion-aware adaptive tutor."""

__version__ = "0.1.0"
