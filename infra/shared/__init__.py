"""The parts that a stage has once: trace table, alarms, scheduler, reconciler, policies."""
