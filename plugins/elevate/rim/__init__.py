"""The rim: the only part of the library that knows Airflow.

`steps` are the bodies of tasks, `conventions` what every Dag shares, `alerts`
what happens when a task fails for good.
"""
