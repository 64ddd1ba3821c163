"""No event expires: SQS deletes messages after 14 days, so events that wait and dead letters are sent again before."""
