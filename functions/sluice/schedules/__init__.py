"""Schedules as pure computation: cron expressions, their next runs, and fortnights."""
