"""Each rule of the portal's suites passes on a good delivery and fails on the one it is there for."""

import pytest

from elevate.gates.rules import read_suite
from elevate.settings import PROJECT, Settings
from tests.portal.judging import verdicts

GOOD = {
    "school_progress_report": """
        (vintage, school_id, school_type, primary_category, progress_report_year, student_attendance_year_1_pct,
         student_attendance_year_2_pct, growth_reading_pct_es, growth_math_pct_es, attainment_reading_pct_es,
         attainment_math_pct_es, freshmen_on_track_year_1_pct, freshmen_on_track_year_2_pct)
        select vintage, 609000 + school, 'Small', 'ES', year, 90 + year % 2, 91 - year % 2, 50, 50, 50, 50, 80, 80
        from (values ('1617', 2016), ('1718', 2017)) as file (vintage, year)
        cross join generate_series(1, 600) as school""",
    "school_profile": """
        (vintage, school_id, school_year, student_count_total, student_count_low_income)
        select '1819', 609000 + school, 'School Year 2019-2020', 400, 300 from generate_series(1, 600) as school""",
    "sqrp_rating": """
        (vintage, sheet, school_id, indicator, occurrence, value)
        select '2018_19', sheet, 609000 + school, 'Group > ' || label || ' > Score', 1, '95.5'
        from (values
            ('Elem Schools', 'Average Daily Attendance Rate (Grades K-8)'),
            ('Combo Schools', 'Average Daily Attendance Rate (Grades K-8)'),
            ('High Schools', 'Average Daily Attendance Rate'),
            ('High Schools', 'Freshmen On-Track Rate'), ('Combo Schools', 'Freshmen On-Track Rate'),
            ('Elem Schools', 'National School Growth Percentile - Reading'),
            ('Combo Schools', 'National School Growth Percentile - Reading'),
            ('Elem Schools', 'National School Growth Percentile - Math'),
            ('Combo Schools', 'National School Growth Percentile - Math'),
            ('Elem Schools', 'National School Attainment %ile - Reading (Grades 3-8)'),
            ('Combo Schools', 'National School Attainment %ile - Reading (Grades 3-8)'),
            ('Elem Schools', 'National School Attainment %ile - Math (Grades 3-8)'),
            ('Combo Schools', 'National School Attainment %ile - Math (Grades 3-8)')
        ) as cell (sheet, label)
        cross join generate_series(1, 600) as school""",
    "elevate_school": """
        (school_id, cohort, seed_name, category)
        select cohort || category || n, cohort, 'School ' || category, category
        from (values ('I', 'ES', 7), ('I', 'HS', 2), ('II', 'ES', 10), ('II', 'HS', 2)) as part (cohort, category, size)
        cross join lateral generate_series(1, size) as n""",
    "did_comparison": """
        (cohort, category, metric, pre_years, post_years, kind)
        values ('I', 'ES', 'fot', '2015 2016', '2017 2018', 'main'), ('I', 'ES', 'fot', '2015', '2016', 'placebo')""",
}
FIRST = "where school_id = 609001"
SPOILT = [
    ("school_progress_report", "reports_the_year_before_its_name", f"progress_report_year = 2017 {FIRST}"),
    ("school_progress_report", "each_file_holds_the_whole_district", "vintage = '1819' where school_id > 609500"),
    ("school_progress_report", "metric_columns_are_filled", "growth_math_pct_es = null where vintage = '1617'"),
    ("school_progress_report", "attendance_is_in_percent", "student_attendance_year_2_pct = 0.95"),
    (
        "school_progress_report",
        "consecutive_files_agree_on_the_year_they_share",
        "student_attendance_year_1_pct = 89 where vintage = '1718' and school_id > 609550",
    ),
    ("school_profile", "each_file_holds_the_whole_district", "vintage = '1718' where school_id > 609500"),
    ("school_profile", "one_school_year_a_file", f"school_year = 'School Year 2018-2019' {FIRST}"),
    ("school_profile", "never_older_than_its_name", "school_year = 'School Year 2017-2018'"),
    ("school_profile", "groups_fit_into_the_school", f"student_count_low_income = 401 {FIRST}"),
    ("sqrp_rating", "sheets_are_known", f"sheet = 'Charter Schools' {FIRST}"),
    ("sqrp_rating", "every_metric_has_its_column", "indicator = 'X > On Track > Score' where indicator ~ 'On-Track'"),
    ("sqrp_rating", "each_workbook_holds_the_whole_district", "school_id = 609001 where school_id > 609500"),
    ("sqrp_rating", "scores_are_percent_or_percentile", f"value = '955' {FIRST}"),
    ("sqrp_rating", "metric_labels_stand_once", f"occurrence = 2 {FIRST}"),
    ("elevate_school", "cohorts_have_their_schools", "category = 'HS', seed_name = 'HS' where school_id = 'IES1'"),
    ("elevate_school", "cohort_three_is_not_named", "cohort = 'III' where school_id = 'IES1'"),
    ("elevate_school", "names_say_the_category", "seed_name = 'School HS' where school_id = 'IES1'"),
    ("did_comparison", "years_rise_from_before_to_after", "post_years = '2016 2017' where kind = 'main'"),
    ("did_comparison", "years_rise_from_before_to_after", "pre_years = '2016 2015' where kind = 'main'"),
    ("did_comparison", "placebos_end_before_the_launch", "post_years = '2017' where kind = 'placebo'"),
    ("did_comparison", "main_comparisons_span_the_launch", "post_years = '2016' where kind = 'main'"),
    ("did_comparison", "main_comparisons_span_the_launch", "pre_years = '2017' where kind = 'main'"),
    ("did_comparison", "cohort_and_category_have_a_placebo", "category = 'HS' where kind = 'placebo'"),
]  # fmt: skip


@pytest.mark.parametrize("feed", GOOD)
def test_a_good_delivery_passes(module_settings: Settings, feed: str) -> None:
    assert set(verdicts(module_settings, f"portal.{feed}", GOOD[feed]).values()) == {"pass"}


@pytest.mark.parametrize(("feed", "rule", "spoil"), SPOILT)
def test_a_spoilt_delivery_fails_its_rule(module_settings: Settings, feed: str, rule: str, spoil: str) -> None:
    assert verdicts(module_settings, f"portal.{feed}", GOOD[feed], spoil)[rule] == "fail"


def test_every_rule_is_seen_failing() -> None:
    rules = {
        (file.stem, rule.name)
        for file in (PROJECT / "expectations" / "portal").glob("*.yaml")
        for rule in read_suite(file).rules
    }
    assert {(feed, rule) for feed, rule, _ in SPOILT} == rules
