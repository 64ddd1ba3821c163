"""The local cloud: MiniStack on this machine, with the real template deployed into it. Not shipped to Lambda."""
