"""Stories that take minutes. They begin as soon as the stage is there, so that their waits pass during other tests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tests.aws.support.stage import Stage

Story = Callable[[Stage], Any]
"""Does something with a stage, step by step, and returns what was seen."""


class Background:
    """A story in a thread of its own.

    Args:
        story: the story.
        stage: the stage.
    """

    def __init__(self, story: Story, stage: Stage) -> None:
        self._story = story
        self._stage = stage
        self._seen: Any = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=story.__name__, daemon=True)
        self._thread.start()

    def seen(self) -> Any:
        """Wait for the story's end, and return its observations.

        Raises:
            Exception: what ended it early.
        """
        # Each step has the stage's patience, so that it does end.
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._seen

    def _run(self) -> None:
        try:
            self._seen = self._story(self._stage)
        except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits for it
            self._failure = error
