"""How learners of a log differ and move between skills: the dynamics under which their answers are predicted best."""

from __future__ import annotations

import numpy as np

from masterx.learner.calibration import Calibration, Progress
from masterx.learner.irt import Floats
from masterx.learner.response_log import ResponseLog
from masterx.learner.scoring import log_loss
from masterx.learner.skill_profile import CHOICES, SkillDynamics, SkillProfile, neighbours

ROWS = 15_000
"""So many responses decide, of whole learners; more would cost time and change nothing."""
SWEEPS = 2


def fitted_dynamics(log: ResponseLog, calibration: Calibration, progress: Progress = lambda _: None) -> SkillDynamics:
    """One field after the other, each at its best while the others stay; twice."""
    sample = log.where(log.users <= log.users[min(ROWS, len(log)) - 1]) if len(log) else log
    best = SkillDynamics()
    least = _loss(sample, calibration, best)
    names = list(CHOICES) * SWEEPS
    for done, name in enumerate(names):
        for dynamics in neighbours(best, name):
            loss = _loss(sample, calibration, dynamics)
            if loss < least:
                least, best = loss, dynamics
        progress((done + 1) / len(names))
    return best


def _loss(log: ResponseLog, calibration: Calibration, dynamics: SkillDynamics) -> float:
    return log_loss(log.correct, predicted(log, calibration, dynamics)) if len(log) else 0.0


def predicted(log: ResponseLog, calibration: Calibration, dynamics: SkillDynamics) -> Floats:
    """The chance given to each response before it was known, by ability in the skill alone."""
    slopes, difficulties = calibration.discriminations.tolist(), calibration.difficulties.tolist()
    chances = np.empty(len(log))
    rows = zip(log.users.tolist(), log.items.tolist(), log.skills.tolist(), log.correct.tolist(), strict=True)
    profile, current = SkillProfile(dynamics), None
    for row, (user, item, skill, correct) in enumerate(rows):
        if user != current:
            profile, current = SkillProfile(dynamics), user
        standing = profile.standing(skill, slopes[item], difficulties[item])
        chances[row] = standing.chance
        profile.update(skill, standing, bool(correct))
    return chances
