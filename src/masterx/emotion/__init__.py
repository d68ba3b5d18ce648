"""From what messages sound like to how a learner is doing, over a lesson and over months. Pure."""
