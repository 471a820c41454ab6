"""Sections on how small an effect could be found, and what an effect cost."""

from elevate.reporting.shown import Section, Shown, Table
from elevate.reporting.words import estimated, figure, follow_up


def detectable(shown: Shown) -> Section:
    """The smallest effects that the design can find."""
    rows = shown.rows("eval_minimum_detectable_effect")
    head = (
        "Outcome",
        "Follow-up",
        "Smallest, SD",
        "in its units",
        "Schools",
        "Blocks",
        "df",
        "ICC",
        "R² schools",
        "R² students",
        "Note",
    )
    body = [
        (
            shown.label(row["outcome"]), follow_up(row["follow_up"]),
            figure(row["minimum_detectable_effect_size"]), figure(row["minimum_detectable_effect"], 3),
            figure(row["schools"]), figure(row["blocks"]), figure(row["degrees_of_freedom"], 1), figure(row["icc"]),
            figure(row["r2_schools"]), figure(row["r2_students"]), row["not_estimable"] or "",
        )
        for row in rows
    ]  # fmt: skip
    caption = "Smallest effect found with power .80 at the level .05, two-sided."
    parts = [Table(caption, head, body, names=2, notes=1)] if body else []
    words = [] if body else ["Not computed: no outcome can be compared yet."]
    name = "eval_minimum_detectable_effect.minimum_detectable_effect_size"
    return Section("detectable", "Minimum detectable effects", words, [*parts], (name,))


def costs(shown: Shown) -> Section:
    """What a tenth of a standard deviation cost."""
    rows = shown.rows("eval_cost_effectiveness")
    if not rows:
        return Section("costs", "Cost-effectiveness", ["No effect to set costs against."])
    head = ("Outcome", "Follow-up", "$ per pupil", "Gain, SD [95%]", "$ per 0.1 SD", "from", "to", "Reading")
    body = [
        (
            shown.label(row["outcome"]), follow_up(row["follow_up"]), figure(row["cost_per_pupil_usd"], 0),
            estimated(row["gain"], row["gain_low"], row["gain_high"]), figure(row["cost_per_tenth_sd_usd"], 0),
            figure(row["cost_per_tenth_sd_low_usd"], 0), figure(row["cost_per_tenth_sd_high_usd"], 0),
            row["reading"] or "",
        )
        for row in rows
    ]  # fmt: skip
    caption = "Cost by pupil, and by gain. There is no upper end where the gain may be nought."
    columns = ("cost_per_pupil_usd", "gain", "cost_per_tenth_sd_usd")
    names = tuple(f"eval_cost_effectiveness.{name}" for name in columns)
    return Section("costs", "Cost-effectiveness", [], [Table(caption, head, body, names=2, notes=1)], names)
