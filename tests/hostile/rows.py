"""Rows that are well formed and wrong: keys, deletes, other schools, other nights, defaults."""

from collections.abc import Callable

from tests.hostile.mutations import Content, Corpus, Good

CORPUS = Corpus()
NIGHT = "2019-02-13"


@CORPUS.red("sis.students", "students.csv", "line 2", "the key stands more than once")
def duplicate_rows(good: Good) -> Content:
    """A row twice."""
    return good.write([*good.rows, good.rows[0]])


@CORPUS.red("sis.students", "students.csv", "line 2", "the key stands more than once")
def conflicting_duplicates(good: Good) -> Content:
    """Two students of one number."""
    return good.write([*good.rows, [good.rows[0][0], *good.rows[1][1:]]])


@CORPUS.red("sis.students", "students.csv", "line 2", "the key stands more than once")
def the_file_twice(good: Good) -> Content:
    """All rows twice, as of two exports put together."""
    return good.write(good.rows * 2)


@CORPUS.red("sis.students", "nobody_vanishes")
def half_the_roster(good: Good) -> Content:
    """Every second student."""
    return good.write(good.rows[::2])


@CORPUS.red("sis.students", "nobody_vanishes")
def last_years_roster(good: Good) -> Content:
    """Last year's file under tonight's name."""
    return good.other("sis.students", "last year")


@CORPUS.red("sis.students", "birth_dates_stay")
def numbers_slipped(good: Good) -> Content:
    """Each student has the number of the one below, as after sorting one column alone."""
    numbers = [row[0] for row in good.rows]
    return good.write([[number, *row[1:]] for number, row in zip([*numbers[1:], numbers[0]], good.rows, strict=True)])


@CORPUS.red("sis.students", "students.csv", "line 1", "none of the contract's columns")
def the_file_of_another_feed(good: Good) -> Content:
    """The schools under the name of the students."""
    return good.other("sis.schools", "tonight")


@CORPUS.red("sis.attendance", "attendance.csv", "line 1", "is missing")
def the_file_of_another_delta(good: Good) -> Content:
    """The enrolments under the name of the absences."""
    return good.other("sis.enrollments", "first")


@CORPUS.red("sis.attendance", "tonight_is_in_it")
def nobody_absent(good: Good) -> Content:
    """A header and no row, on a day of school."""
    return good.write([])


@CORPUS.red("sis.attendance", "tonight_is_in_it")
def absences_of_the_night_before(good: Good) -> Content:
    """The file of an earlier night under tonight's name."""
    return good.other("sis.attendance", "first")


@CORPUS.red("sis.attendance", "not_from_the_future")
def absences_of_the_night_after(good: Good) -> Content:
    """The file of a later night under tonight's name."""
    return good.other("sis.attendance", "later")


@CORPUS.red("sis.attendance", "tonight_is_in_it")
def absences_of_last_year(good: Good) -> Content:
    """Last year's file under tonight's name."""
    return good.other("sis.attendance", "last year")


@CORPUS.red("sis.attendance", "no_day_stands_out")
def everybody_absent(good: Good) -> Content:
    """Every pupil of the school year absent tonight."""
    enrolled = [line.split(",") for line in good.other("sis.enrollments", "first").decode().splitlines()[1:]]
    pupils = sorted({(row[0], row[1]) for row in enrolled if row[4] == "2019" and not row[3]})
    return good.write([[student, school, NIGHT, "UX", "1.0", "upsert"] for student, school in pupils])


@CORPUS.red("sis.attendance", "the_newest_day_is_whole")
def the_file_of_one_school(good: Good) -> Content:
    """The absences of one school alone."""
    return good.write([row for row in good.rows if row[1] == good.rows[-1][1]])


@CORPUS.red("sis.attendance", "absent_where_enrolled")
def swapped_schools(good: Good) -> Content:
    """The numbers of all schools interchanged in pairs."""
    return good.each_cell("SchoolID", _swap(good, "SchoolID"))


@CORPUS.red("sis.attendance", "attendance.csv", "the key stands more than once")
def an_upsert_and_a_delete_of_one_key(good: Good) -> Content:
    """An absence that is new and taken back in one file."""
    return good.write([*good.rows, [*good.rows[0][:-1], "delete"]])


@CORPUS.red("sis.attendance", "no_mass_deletion")
def deletes_of_everything(good: Good) -> Content:
    """All absences ever sent are taken back."""
    sent = good.other("sis.attendance", "first").decode().splitlines()[1:]
    return good.write([*good.rows, *([*line.split(",")[:-1], "delete"] for line in sent)])


@CORPUS.red("sis.attendance", "tonight_is_in_it")
def only_deletes_of_tonight(good: Good) -> Content:
    """All of tonight's rows are taken back, and none is sent."""
    return good.each_cell("ChangeType", lambda _: "delete")


@CORPUS.equal("sis.attendance")
def the_same_again(good: Good) -> Content:
    """The good file itself."""
    return good.content


@CORPUS.equal("sis.attendance")
def whole_numbers_without_decimals(good: Good) -> Content:
    """1 for 1.0."""
    return good.each_cell("DayFraction", lambda cell: cell.removesuffix(".0"))


@CORPUS.equal("sis.attendance")
def half_without_zero(good: Good) -> Content:
    """1.00 for 1.0, as other programs write numbers."""
    return good.each_cell("DayFraction", lambda cell: f"{cell}0")


@CORPUS.red("sis.enrollments", "schools_are_not_swapped")
def swapped_schools_(good: Good) -> Content:
    """The numbers of all schools interchanged in pairs."""
    return good.each_cell("SchoolID", _swap(good, "SchoolID"))


@CORPUS.red("sis.enrollments", "this_school_year_is_in_it")
def spells_of_last_year(good: Good) -> Content:
    """Last year's file under tonight's name."""
    return good.other("sis.enrollments", "all of last year")


@CORPUS.red("sis.enrollments", "no_mass_deletion")
def deletes_of_everything_(good: Good) -> Content:
    """All spells ever sent are taken back."""
    return good.each_cell("ChangeType", lambda _: "delete")


@CORPUS.red("sis.enrollments", "exits_have_happened")
def exits_of_tomorrow(good: Good) -> Content:
    """A pupil left tomorrow."""
    rows = good.rows
    spell = next(row for row in rows if row[4] == "2019" and row[3])
    spell[3] = "2019-02-14"
    return good.write(rows)


@CORPUS.red("sis.enrollments", "grade_is_taught_there")
def grades_shifted(good: Good) -> Content:
    """Every pupil in grade 12."""
    return good.each_cell("GradeLevel", lambda _: "12")


@CORPUS.red("sis.enrollments", "entry_in_its_school_year")
def day_and_month_of_entry_swapped(good: Good) -> Content:
    """Entry dates with day and month interchanged, which all are dates."""
    rows = [row for row in good.rows if int(row[2][8:]) <= 12]
    for row in rows:
        row[2] = f"{row[2][:4]}-{row[2][8:]}-{row[2][5:7]}"
    return good.write(rows)


@CORPUS.red("sis.calendar", "no_date_vanishes")
def years_lost(good: Good) -> Content:
    """The first school year is gone."""
    return good.write([row for row in good.rows if row[1] != "2015"])


@CORPUS.red("sis.calendar", "covers_the_night")
def last_years_calendar(good: Good) -> Content:
    """A calendar that ends with the last school year."""
    return good.write([row for row in good.rows if row[1] != "2019"])


@CORPUS.red("sis.calendar", "no_date_is_left_out")
def a_date_left_out(good: Good) -> Content:
    """A date that is not there."""
    return good.write([*good.rows[:100], *good.rows[101:]])


@CORPUS.red("sis.calendar", "day_number_counts_on")
def all_days_of_school(good: Good) -> Content:
    """Every date is a day of school."""
    return good.each_cell("IsInstructional", lambda _: "true")


@CORPUS.red("sis.schools", "a_name_keeps_its_number")
def swapped_schools__(good: Good) -> Content:
    """The numbers of all schools interchanged in pairs."""
    return good.each_cell("SchoolID", _swap(good, "SchoolID"))


@CORPUS.red("sis.schools", "no_school_vanishes")
def half_the_schools(good: Good) -> Content:
    """Every second school."""
    return good.write(good.rows[::2])


@CORPUS.red("sis.schools", "schools.csv", "line 3", "column MergedIntoSchoolID")
def unknown_successor(good: Good) -> Content:
    """A school merged into one that does not exist."""
    return good.with_cell("MergedIntoSchoolID", "999999")


@CORPUS.red("assessment.map_results", "schools_are_not_swapped")
def swapped_schools___(good: Good) -> Content:
    """The names of all schools interchanged in pairs."""
    return good.each_cell("SchoolName", _swap(good, "SchoolName"))


@CORPUS.red("assessment.map_results", "not_last_years_tests")
def last_years_tests(good: Good) -> Content:
    """Last year's file under tonight's name."""
    return good.other("assessment.map_results", "last year")


@CORPUS.red("assessment.map_results", "no_term_is_cut_off")
def half_the_tests(good: Good) -> Content:
    """Every second test."""
    return good.write(good.rows[::2])


@CORPUS.red("assessment.map_results", "scores_are_plausible")
def another_column_for_the_score(good: Good) -> Content:
    """Percentiles in the place of scores."""
    rows, score, percentile = good.rows, good.place("TestRITScore"), good.place("TestPercentile")
    for row in rows:
        row[score] = row[percentile]
    return good.write(rows)


@CORPUS.quarantined("supports.edtech_usage")
def a_few_negative_minutes(good: Good) -> Content:
    """Minutes below zero in two rows, fewer than the contract tolerates."""
    return _minutes(good, 2, "-5")


@CORPUS.quarantined("supports.edtech_usage")
def a_few_formulas(good: Good) -> Content:
    """Spreadsheet formulas for numbers in two rows."""
    return _minutes(good, 2, "=A1*60")


@CORPUS.quarantined("supports.edtech_usage")
def a_few_hexadecimal_numbers(good: Good) -> Content:
    """Numbers in hexadecimal in two rows."""
    return _minutes(good, 2, "0x1F")


@CORPUS.quarantined("supports.edtech_usage")
def one_week_twice(good: Good) -> Content:
    """A week of a school twice: nobody can say which is meant."""
    return good.write([*good.rows, good.rows[0]])


@CORPUS.red("supports.edtech_usage", "edtech_usage.csv", "line 2", "column minutes", "tolerated are 2.0%")
def many_negative_minutes(good: Good) -> Content:
    """Minutes below zero in a third of the rows."""
    return _minutes(good, len(good.rows) // 3, "-5")


def _minutes(good: Good, rows: int, text: str) -> bytes:
    place = good.place("minutes")
    return good.write(
        [[*row[:place], text if n < rows else row[place], *row[place + 1 :]] for n, row in enumerate(good.rows)]
    )


def _swap(good: Good, column: str) -> Callable[[str], str]:
    known = sorted({row[good.place(column)] for row in good.rows})
    pairs = dict(zip(known[::2], known[1::2], strict=False))
    both = pairs | {right: left for left, right in pairs.items()}
    return lambda cell: both.get(cell, cell)
