"""The reconciler's Lambda function: every minute it puts pauses, blocks and waiting events right."""
