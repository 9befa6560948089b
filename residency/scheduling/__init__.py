"""Repairing schedules and making rosters: an immediate answer first, a proven one when there is time."""
