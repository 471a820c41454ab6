"""A synthetic district behind a real SFTP server.

It stands in for the source systems: student information, assessment, supports
and study. The platform knows nothing of it but files on a server. No row is
about a real person; only the names and numbers of the schools of Cohorts I and
II, and what is public about the programme, are facts.

The district is a pure function of (number of schools, seed, effects). What it
knew on a night is a filter on that: see `simulator.ledger`.
"""
