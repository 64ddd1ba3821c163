"""When things run: cron expressions and their next runs, ticks, fortnights, and events for later."""
