"""The Elevate warehouse: from a district's nightly extracts to published evaluation marts."""
