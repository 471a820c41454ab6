"""A made-up trial as the analytic sample has it: schools in blocks, students with baselines, an effect put in."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from elevate.estimating.model import Outcome

OUTCOMES = {
    "score": Outcome("score", "mathematics achievement", "continuous", "score"),
    "suspended": Outcome("suspended", "behaviour", "binary", "suspended"),
    "attendance_rate": Outcome("attendance_rate", "attendance", "continuous", "attendance_rate"),
}


@dataclass(frozen=True)
class Trial:
    """`effect` is added to each treated student's outcome; of each school `size` students, `blocks` of `per_block`."""

    seed: int = 1
    blocks: int = 5
    per_block: int = 6
    size: int = 40
    effect: float = 0.0
    between: float = 3.0
    lost: float = 0.0
    joiners: int = 0


def sample(trial: Trial, outcome: str = "score") -> pd.DataFrame:
    """Rows of `eval_analytic_sample` for one outcome and follow-up, in order of schools and students."""
    random = np.random.default_rng(trial.seed)
    frames = []
    for school in range(trial.blocks * trial.per_block):
        block = school // trial.per_block
        arm = "treatment" if school % trial.per_block < trial.per_block // 2 else "control"
        frames.append(_school(trial, random, f"{school:06}", f"block {block}", arm))
    rows = pd.concat(frames, ignore_index=True)
    if OUTCOMES[outcome].is_binary:
        for name in ("value", "baseline_value"):
            rows[name] = (rows[name] > 215).astype(float).where(rows[name].notna())
    return rows.assign(outcome=outcome)


def _school(trial: Trial, random: np.random.Generator, school_id: str, block: str, arm: str) -> pd.DataFrame:
    n = trial.size + trial.joiners
    grade = random.integers(3, 9, n)
    baseline = 170 + 6 * grade + random.normal(0, trial.between) + random.normal(0, 12, n)
    value = baseline + 6 + random.normal(0, trial.between / 2) + random.normal(0, 6, n)
    value += trial.effect * (arm == "treatment")
    joined = np.arange(n) >= trial.size
    known = ~joined & (random.random(n) >= trial.lost * (2 if arm == "treatment" else 1))
    return pd.DataFrame(
        {
            "study": "AEARCTR-0009097", "roster_version": 1, "years_since_launch": 0, "school_year": 2018,
            "school_id": school_id, "student_key": [f"{school_id}-{i}" for i in range(n)], "block": block, "arm": arm,
            "membership": np.where(joined, "joiner", "stayer"), "is_at_school": True, "is_analysed": known,
            "value": np.where(known | joined, value, np.nan),
            "baseline_value": np.where(joined, np.nan, baseline),
            "baseline_attendance_rate": np.where(joined, np.nan, random.uniform(0.8, 1, n)),
            "grade_level": grade.astype(str), "grade_level_at_launch": np.where(joined, None, grade.astype(str)),
            "grade_band": np.where(grade < 6, "3-5", "6-8"), "gender": random.choice(["F", "M"], n),
            "race_ethnicity": random.choice(["Black", "Hispanic", "White"], n),
            "low_income": random.random(n) < 0.7, "english_learner": random.random(n) < 0.2,
            "special_education": random.random(n) < 0.1,
        }
    )  # fmt: skip
