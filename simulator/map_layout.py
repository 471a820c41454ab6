"""Headers of the MAP Growth export, AssessmentResults.csv (143) and StudentsBySchool.csv (16).

The vendor's modern layout, as in the sample file of the public bundle
edanalytics/earthmover_edfi_bundles, assessments/MAP_Growth.
"""

WINDOWS = (
    "FallToFall", "FallToWinter", "FallToSpring", "WinterToWinter", "WinterToSpring", "SpringToSpring",
)  # fmt: skip
GROWTH = (
    "ProjectedGrowth", "ObservedGrowth", "ObservedGrowthSE", "MetProjectedGrowth",
    "ConditionalGrowthIndex", "ConditionalGrowthPercentile", "GrowthQuintile",
)  # fmt: skip
GOAL = ("Name", "RitScore", "StdErr", "Range", "Adjective")

RESULTS = (
    "TermName", "DistrictName", "District_StateID", "SchoolName", "School_StateID", "StudentID",
    "Student_StateID", "Subject", "Course", "GrowthMeasureYN", "NormsReferenceData",
    "WISelectedAYFall", "WISelectedAYWinter", "WISelectedAYSpring",
    "WIPreviousAYFall", "WIPreviousAYWinter", "WIPreviousAYSpring",
    "TestType", "TestName", "TestID", "TestStartDate", "TestStartTime", "TestDurationMinutes",
    "TestRITScore", "TestStandardError", "TestPercentile", "AchievementQuintile", "PercentCorrect",
    "RapidGuessingPercentage",
    *(window + fact for window in WINDOWS for fact in GROWTH),
    "LexileScore", "LexileMin", "LexileMax", "QuantileScore", "QuantileMin", "QuantileMax",
    *(f"Goal{i}{fact}" for i in range(1, 9) for fact in GOAL),
    *(f"Typical{window}Growth" for window in WINDOWS),
    *(f"ProjectedProficiency{fact}{i}" for i in range(1, 11) for fact in ("Study", "Level")),
)  # fmt: skip

ROSTER = (
    "TermName", "DistrictName", "District_StateID", "SchoolName", "School_StateID", "StudentLastName",
    "StudentFirstName", "StudentMI", "StudentID", "Student_StateID", "StudentDateOfBirth",
    "StudentEthnicGroup", "NWEAStandard_EthnicGroup", "StudentGender", "Grade", "NWEAStandard_Grade",
)  # fmt: skip
