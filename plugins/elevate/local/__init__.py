"""The whole platform on one machine: database, Airflow and the synthetic district.

For trying the platform out, for its tests and for a single server. Nothing in
the rest of the library imports this.
"""
