"""What a stage has once: trace table, alarms, scheduler, reconciler, policies."""
