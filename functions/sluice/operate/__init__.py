"""What people ask of a stage: its handlers, their status, its crons. Not deployed to Lambda."""
