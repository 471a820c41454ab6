{#
  The outcomes that the evaluation looks at: said here, published as eval_outcome.

  domain        outcomes that are judged together, by one baseline standard and as one family of tests
  baseline      the outcome whose value before the launch is the baseline; a ninth grade comes once, so
                being on track in it has none of its own
  default_icc   intraclass correlation to plan with where the data give none: .20 for achievement, .10
                else (What Works Clearinghouse, Procedures and Standards Handbook, version 5.0)
#}
{% macro evaluated_outcomes() -%}
    {%- set outcomes = [
        ["attendance_rate", "Attendance rate", "attendance", "continuous", "share of days", true],
        ["chronic_absence", "Chronic absence", "attendance", "binary", "share of students", false],
        ["map_spring_rit_reading", "Reading, MAP spring RIT", "reading achievement", "continuous", "RIT points", true],
        ["map_spring_rit_math", "Mathematics, MAP spring RIT", "mathematics achievement", "continuous", "RIT points", true],
        ["elementary_on_track", "Elementary on-track", "progress in school", "binary", "share of students", true],
        ["freshman_on_track", "Freshman on-track", "progress in school", "binary", "share of students", true],
        ["suspended_out_of_school", "Suspended out of school", "behaviour", "binary", "share of students", false],
        ["survey_working_in_teams", "Working in teams", "competencies", "continuous", "points, 1 to 5", true],
        ["survey_solving_problems_creatively", "Solving problems creatively", "competencies", "continuous", "points, 1 to 5", true],
        ["survey_learning_from_mistakes", "Learning from mistakes", "competencies", "continuous", "points, 1 to 5", true],
        ["survey_pursuing_goals", "Pursuing goals", "competencies", "continuous", "points, 1 to 5", true],
    ] -%}
    {%- set described = [] -%}
    {%- for outcome, label, domain, scale, unit, is_higher_better in outcomes -%}
        {%- do described.append({
            "outcome": outcome,
            "label": label,
            "domain": domain,
            "scale": scale,
            "unit": unit,
            "is_higher_better": is_higher_better,
            "baseline_outcome": "attendance_rate" if outcome == "freshman_on_track" else outcome,
            "default_icc": "0.20" if domain.endswith("achievement") else "0.10",
        }) -%}
    {%- endfor -%}
    {{ return(described) }}
{%- endmacro %}
