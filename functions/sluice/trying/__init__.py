"""One event, run on this machine by the working copy's code, and compared with its trace. Not shipped to Lambda."""
