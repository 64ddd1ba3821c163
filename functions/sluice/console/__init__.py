"""`sluice console`: pages about one stage, served on 127.0.0.1 with the caller's own rights."""
