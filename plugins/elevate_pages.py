"""Where Airflow looks for plugins: the pages of the platform."""

from elevate.rim.pages import Pages

__all__ = ["Pages"]
