"""One small network that reads a message once: meaning, emotions, valence and arousal, kind of task."""
