"""The answer in words, from the figures: what is shown, what is not, and what speaks against it."""

from elevate.reporting.reading import Row
from elevate.reporting.shown import Shown
from elevate.reporting.words import CATEGORIES, figure, follow_up, interval, listed

MAIN = {"sample": "assigned", "method": "clustered_regression", "subgroup": "all"}
LEVEL = 0.05


def brief(shown: Shown) -> list[tuple[str, str]]:
    """What each sentence is on, and the sentence, in the order in which a reader needs them."""
    return [*_study(shown), *_programme(shown), *_reach(shown), *_changes(shown)]


def latest(rows: list[Row]) -> list[Row]:
    """Of each outcome the row of the longest follow-up."""
    last: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: str(row["follow_up"])):
        last[row["outcome"]] = row
    return list(last.values())


def _study(shown: Shown) -> list[tuple[str, str]]:
    rows = latest(shown.rows("eval_impact", **MAIN))
    if not shown.rows("fct_study_assignment"):
        words = "No study is on record: there is no randomized comparison, and no effect is estimated from one."
        return [("The study", words)]
    if not rows:
        words = "No outcome of a school year that is over can be compared between the arms of the study yet."
        return [("The study", words)]
    found = [row for row in rows if row["estimate"] is not None]
    said = [("Found", _of_sure(shown, row)) for row in found if row["is_significant_adjusted"]]
    unsure = [row for row in found if not row["is_significant_adjusted"]]
    if unsure:
        said.append(("No clear effect", _of_unsure(shown, unsure)))
    missing = [shown.label(row["outcome"]) for row in rows if row["estimate"] is None]
    if missing:
        said.append(("Not estimable", f"{listed(missing)}, for the reasons given below."))
    return [*said, *_power(shown), *(("Read with care", words) for words in _cautions(shown, found))]


def _of_sure(shown: Shown, row: Row) -> str:
    return (
        f"Being assigned to Elevate {_direction(shown, row)} {_named(shown, row)}: {_size(row)}, distinguishable from "
        "zero after adjustment for the outcomes of its domain, too."
    )


def _of_unsure(shown: Shown, rows: list[Row]) -> str:
    words = f"{listed([f'{_named(shown, row)} {_size(row)}' for row in rows])}."
    excluding = [row for row in rows if not row["interval_low"] <= 0 <= row["interval_high"]]
    if excluding:
        some = listed([shown.label(row["outcome"]) for row in excluding])
        words += f" The interval of {some} leaves zero out, but not after adjustment for several outcomes of a domain."
    if len(excluding) < len(rows):
        words += " An interval that includes zero is no proof that there is no effect."
    return words


def _direction(shown: Shown, row: Row) -> str:
    better = shown.outcomes.get(row["outcome"], {}).get("is_higher_better", True)
    verb = "raised" if row["estimate"] > 0 else "lowered"
    return verb if (row["estimate"] > 0) == better else f"{verb} (the unwanted direction)"


def _named(shown: Shown, row: Row) -> str:
    return f"{shown.label(row['outcome'])} ({follow_up(row['follow_up'])})"


def _size(row: Row) -> str:
    if not has_size(row):
        return f"{figure(row['estimate'], 3)} (95% interval {interval(row['interval_low'], row['interval_high'], 3)})"
    within = interval(row["effect_size_low"], row["effect_size_high"])
    return f"{figure(row['effect_size'])} SD (95% interval {within})"


def _power(shown: Shown) -> list[tuple[str, str]]:
    rows = shown.rows("eval_minimum_detectable_effect", sample="assigned")
    sizes = [size for row in rows if (size := row["minimum_detectable_effect_size"]) is not None]
    if not sizes:
        return []
    span = figure(min(sizes)) if min(sizes) == max(sizes) else f"{figure(min(sizes))} to {figure(max(sizes))}"
    words = f"An effect has to be {span} SD, by outcome, to be found by four of five studies of this design."
    return [("Precision", words)]


def _cautions(shown: Shown, rows: list[Row]) -> list[str]:
    said = []
    lots = [row for row in rows if row["is_significant_adjusted"] and not _is_small(drawn_again(shown, row))]
    if lots:
        names = listed([shown.label(row["outcome"]) for row in lots])
        said.append(f"Drawing the lots again (randomization inference, p .05 or above) does not confirm {names}.")
    moved = [row for row in rows if _is_small(row["placebo_p_value"])]
    if moved:
        names = listed([shown.label(row["outcome"]) for row in moved])
        said.append(f"The arms differed before the launch already (placebo, p below .05) in {names}.")
    lost = _last_of(shown, "eval_attrition", rows, cautious="high", level="students")
    if lost:
        said.append(f"Attrition of students is high by the cautious boundary for {listed(lost)}.")
    unlike = _last_of(shown, "eval_baseline_equivalence", rows, verdict="fails")
    if unlike:
        said.append(f"A covariate differs by more than .25 SD at baseline in the sample of {listed(unlike)}.")
    warned = [row for row in rows if row["warning"]]
    if warned:
        said.append(f"{len(warned)} of {len(rows)} estimates carry a warning, see below.")
    return said


def has_size(row: Row) -> bool:
    """Whether a row has an effect in standard deviations with both ends of its interval: a point alone misleads."""
    return row["effect_size_low"] is not None and row["effect_size_high"] is not None


def drawn_again(shown: Shown, row: Row) -> float | None:
    """The p-value of randomization inference on the question of a row."""
    same = {name: row[name] for name in ("study", "sample", "outcome", "follow_up", "subgroup")}
    found = shown.rows("eval_impact", method="randomization_inference", **same)
    return found[0]["p_value"] if found else None


def _last_of(shown: Shown, table: str, rows: list[Row], **equal: str) -> list[str]:
    """Outcomes of the rows that another table says something of, for the same follow-up."""
    asked = {(row["study"], row["outcome"], row["follow_up"]) for row in rows}
    found = [row for row in shown.rows(table, **equal) if (row["study"], row["outcome"], row["follow_up"]) in asked]
    return list(dict.fromkeys(shown.label(row["outcome"]) for row in found))


def _programme(shown: Shown) -> list[tuple[str, str]]:
    rows = shown.rows("eval_impact", sample="programme", method="callaway_santanna")
    found = [row for row in rows if row["estimate"] is not None]
    if not rows:
        return []
    if not found:
        return [("All cohorts", "Across all launched cohorts, which were not drawn by lot, no change is estimable.")]
    apart = [row for row in found if row["is_significant_adjusted"]]
    names = listed([f"{_of_category(shown, row)} {_size(row)}" for row in apart]) if apart else ""
    words = (
        f"Schools of all launched cohorts, not by lot, against schools that never launched: {len(apart)} of "
        f"{len(found)} outcomes moved apart after the launch{': ' if apart else ''}{names}."
    )
    before = [row for row in apart if _is_small(row["placebo_p_value"])]
    if before:
        some = listed([_of_category(shown, row) for row in before])
        words += f" They moved apart before it already (placebo, p below .05) in {some}."
    return [("All cohorts", words)]


def _of_category(shown: Shown, row: Row) -> str:
    category = f" ({CATEGORIES.get(row['subgroup'], row['subgroup'])})" if row["subgroup"] != "all" else ""
    return f"{shown.label(row['outcome'])}{category}"


def _is_small(p_value: float | None) -> bool:
    return p_value is not None and p_value < LEVEL


def _reach(shown: Shown) -> list[tuple[str, str]]:
    rows = sorted(shown.rows("agg_programme_reach"), key=lambda row: int(row["school_year"]))
    if not rows:
        return []
    last = rows[-1]
    words = (
        f"{figure(last['schools_reached'])} of the {figure(last['target_schools'])} schools meant to be reached by "
        f"{last['target_date']} have joined; {figure(last['schools_active'])} are active."
    )
    return [("Reach", words)]


def _changes(shown: Shown) -> list[tuple[str, str]]:
    rows = shown.rows("eval_restatement")
    if not rows:
        return []
    unexplained = sum(row["changes"] for row in rows if not row["is_explained"])
    tail = f"; {unexplained} not explained by a batch" if unexplained else ", all explained"
    number = figure(sum(row["changes"] for row in rows))
    return [("Changes", f"{number} values are new or differ from the last publication{tail}.")]
