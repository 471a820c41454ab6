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
    parts = [Table(caption, head, body, names=2)] if body else []
    words = [] if body else ["Not computed: no outcome can be compared yet."]
    name = "eval_minimum_detectable_effect.minimum_detectable_effect_size"
    return Section("detectable", "Minimum detectable effects", words, [*parts], (name,))


def costs(shown: Shown) -> Section:
    """What a tenth of a standard deviation cost."""
    rows = shown.rows("eval_cost_effectiveness")
    head = ("Outcome", "Follow-up", "$ per pupil", "g [95%]", "$ per 0.1 SD", "from", "to", "Reading")
    body = [
        (
            shown.label(row["outcome"]), follow_up(row["follow_up"]), figure(row["cost_per_pupil_usd"], 0),
            estimated(row["effect_size"], row["effect_size_low"], row["effect_size_high"]),
            figure(row["cost_per_tenth_sd"], 0), figure(row["cost_per_tenth_sd_low"], 0),
            figure(row["cost_per_tenth_sd_high"], 0), row["reading"] or "",
        )
        for row in rows
    ]  # fmt: skip
    parts = [
        Table(
            "Cost by pupil and effect. Without an upper end the interval of the effect reaches zero.",
            head,
            body,
            names=2,
        )
    ]
    names = ("agg_support_cost.cost_per_pupil_usd", "eval_cost_effectiveness.cost_per_tenth_sd")
    if not body:
        return Section("costs", "Cost-effectiveness", ["No effect to set costs against."])
    return Section("costs", "Cost-effectiveness", [], [*parts], names)
