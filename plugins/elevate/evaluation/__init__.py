"""The statistics of the evaluation: small modules where no library has one, and thin ones before the one that has.

Pure functions over numbers and arrays, each with its formula and source; nothing here knows the warehouse.

What the data do not bear raises `NotEstimable`, whose text is the reason to publish in place of the
estimate. What no data could mend, such as a share of 1.2 or an outcome that is not a number, raises
`ValueError`. Nothing returns nan.
"""
