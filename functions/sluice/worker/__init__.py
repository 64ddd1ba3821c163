"""The code of each handler's function: a batch in, one run and one trace per event, a partial batch response out."""
