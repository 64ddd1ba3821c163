"""Nothing expires: SQS deletes what is 14 days old, so waiting events and dead letters are sent again before."""
