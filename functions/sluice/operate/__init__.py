"""Views of a stage for its operators: its handlers, their status, its crons. Not deployed to Lambda."""
