"""Gates: what must be true of a batch or a candidate before anybody may build on it.

`rules` reads suites and refuses the ones that could pass silently, `contract_rules`
writes a feed's structural rules from its contract, `engine` has Great Expectations
evaluate them, `batch_gate` (gate 1) and `candidate_gate` (gates 2 and 3) decide.
"""
