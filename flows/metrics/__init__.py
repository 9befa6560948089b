"""Flows that measure the schedule: metrics, snapshots, trends and version diffs."""
