"""One cell that is no value of its column, or one that is and looks hostile."""

from tests.hostile.mutations import CANARY, Content, Corpus, Good

CORPUS = Corpus()
FULL_WIDTH = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}
STUDENTS, ATTENDANCE, CALENDAR, TESTS = "sis.students", "sis.attendance", "sis.calendar", "assessment.map_results"

for name, born, what in (
    ("day_month_year", "14/08/2009", "A birth date with the day first."),
    ("month_day_year", "08/14/2009", "A birth date with the month first, in a feed of ISO dates."),
    ("dots", "14.08.2009", "A birth date with dots."),
    ("impossible_date", "2009-02-30", "The thirtieth of February."),
    ("month_13", "2009-13-01", "A thirteenth month."),
    ("zero_date", "0000-00-00", "The date of zeros that some databases send for none."),
    ("today", "today", "A word that PostgreSQL takes for a date."),
    ("infinity_date", "infinity", "A word that PostgreSQL takes for a date without end."),
    ("serial_date", "40039", "A date as the number of days that spreadsheets keep."),
    ("date_with_time", "2009-08-14 00:00:00", "A date with a time."),
    ("compact_date", "20090814", "A date without separators."),
    ("two_digit_year", "09-08-14", "A year of two digits."),
    ("arabic_digits", "٢٠٠٩-٠٨-١٤", "A date in Arabic digits."),
):
    CORPUS.cell(name, "red", STUDENTS, "BirthDate", born, what)
CORPUS.cell(
    "born_tomorrow", "red", STUDENTS, "BirthDate", "2019-02-14", "A birth after the night.", "born_in_time", "line 3"
)
CORPUS.cell(
    "very_old", "red", STUDENTS, "BirthDate", "1899-12-30", "The day zero of spreadsheets.", "born_in_time", "line 3"
)
CORPUS.cell("year_9999", "red", STUDENTS, "BirthDate", "9999-12-31", "The date for never.", "born_in_time", "line 3")

for name, number, what in (
    ("lost_leading_zeros", "97295", "A number that lost its leading zeros in a spreadsheet."),
    ("scientific_id", "2.88675E+08", "A number as spreadsheets show a long one."),
    ("decimal_id", "288675171.0", "A number that became a decimal one."),
    ("negative_id", "-28867517", "A number below zero."),
    ("id_with_spaces", " 288675171 ", "Spaces around a number."),
    ("id_with_separators", "288,675,171", "A number with thousands separators."),
    ("text_id", "='288675171'", "A number as a formula that makes it text."),
    ("zero_width", "28867517\u200b1", "A character of no width within a number."),
    ("right_to_left", "\u202e288675171", "A mark that turns the direction of writing, before a number."),
    ("full_width_digits", "288675171".translate(FULL_WIDTH), "Digits of full width."),
    ("no_break_space", "288675171\u00a0", "A space that does not break, after a number."),
    ("line_break_after_id", "288675171\n", "A line break within quotes, after a number."),
    ("id_missing", "", "No student number."),
    ("id_of_spaces", "         ", "Nine spaces for a student number."),
    ("null_word", "NULL", "The word NULL for a student number."),
):
    CORPUS.cell(name, "red", STUDENTS, "StudentID", number, what)

for name, code, what in (
    ("unknown_code", "Q", "A code that the contract does not list."),
    ("code_in_lower_case", "f", "A code in the wrong case."),
    ("code_with_space", "F ", "A space after a code."),
    ("emoji_code", "😀", "An emoji for a code."),
    ("formula_code", f"=HYPERLINK({CANARY})", "A spreadsheet formula for a code."),
):
    CORPUS.cell(name, "red", STUDENTS, "Gender", code, what)

for name, fraction, what in (
    ("decimal_comma", "0,5", "A comma for the decimal point."),
    ("half", "half", "A number as a word."),
    ("negative_number", "-1.0", "A number below zero."),
    ("not_a_number", "NaN", "Not a number, which is one to PostgreSQL."),
    ("infinity", "Infinity", "A number without end."),
    ("scientific_number", "1e5", "A number with an exponent."),
    ("hexadecimal", "0x1", "A number in hexadecimal."),
    ("percent", "100%", "A share with its sign."),
    ("too_large", "1.5", "More than a whole day."),
    ("formula_number", "=1+0", "A spreadsheet formula for a number."),
    ("command_number", f"+cmd|' /C {CANARY}'!A0", "A formula that starts a program."),
    ("at_number", "@SUM(1)", "A formula of an older spreadsheet."),
    ("many_digits", "0." + "5" * 20000, "A number of twenty thousand digits, more than PostgreSQL keeps."),
):
    CORPUS.cell(name, "red", ATTENDANCE, "DayFraction", fraction, what)
CORPUS.cell("unknown_school", "red", ATTENDANCE, "SchoolID", "999999", "A school that the district does not have.")
CORPUS.cell("unknown_student", "red", ATTENDANCE, "StudentID", "000000000", "A student whom nobody knows.")
CORPUS.cell("unknown_change", "red", ATTENDANCE, "ChangeType", "truncate", "A change that is none.")
CORPUS.cell("no_change", "red", ATTENDANCE, "ChangeType", "", "A row that does not say how it changed.")
CORPUS.cell(
    "absent_tomorrow",
    "red",
    ATTENDANCE,
    "AbsenceDate",
    "2019-02-14",
    "An absence tomorrow.",
    "not_from_the_future",
    "line 3",
)
CORPUS.cell(
    "absent_a_century_ago", "red", ATTENDANCE, "AbsenceDate", "1919-02-13", "An absence in 1919.", "on_days_of_school"
)
CORPUS.cell("absent_on_a_sunday", "red", ATTENDANCE, "AbsenceDate", "2019-02-10", "A Sunday.", "on_days_of_school")

CORPUS.cell("separated_year", "equal", CALENDAR, "SchoolYear", "2,015", "A year with a thousands separator.")
CORPUS.cell("yes_and_no", "equal", CALENDAR, "IsInstructional", "No", "No for false.")
CORPUS.cell("spaces_around_a_year", "equal", CALENDAR, "SchoolYear", " 2015 ", "Spaces around a number.")
CORPUS.cell("year_as_decimal", "red", CALENDAR, "SchoolYear", "2015.0", "A year as a decimal number.")
CORPUS.cell("year_out_of_range", "red", CALENDAR, "SchoolYear", "20155", "A year far away.")
CORPUS.cell("year_too_long", "red", CALENDAR, "SchoolYear", "9" * 30, "More digits than an integer has.")
CORPUS.cell("boolean_in_between", "red", CALENDAR, "IsInstructional", "maybe", "Neither true nor false.")

CORPUS.cell("iso_date", "red", TESTS, "TestStartDate", "2019-01-15", "An ISO date in a feed of MM/DD/YYYY.")
CORPUS.cell("european_date", "red", TESTS, "TestStartDate", "15/01/2019", "The day before the month.")
CORPUS.cell("formula_score", "red", TESTS, "TestRITScore", "=2*100", "A formula for a score.")


@CORPUS.red(STUDENTS, "students.csv", "line 2", "column BirthDate")
def three_orders_of_dates(good: Good) -> Content:
    """Birth dates in three orders, row by row."""
    forms = ("{1}/{2}/{0}", "{2}/{1}/{0}", "{0}-{1}-{2}")
    turns = iter(range(10**6))
    return good.each_cell("BirthDate", lambda cell: forms[next(turns) % 3].format(*cell.split("-")))


@CORPUS.red(TESTS, "AssessmentResults.csv", "column TestStartDate")
def day_and_month_swapped(good: Good) -> Content:
    """Every test's day before its month."""
    return good.each_cell("TestStartDate", lambda cell: "/".join([*cell.split("/")[1::-1], cell.split("/")[2]]))
