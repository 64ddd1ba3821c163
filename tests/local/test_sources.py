"""Other services that send to a handler's queue, by the CDK's own constructs."""

from __future__ import annotations

from sluice.stage import clients
from sluice.traces import TraceStore

from tests.local.support.projects import Project
from tests.unit.support.eventually import eventually


def test_an_object_that_is_put_into_a_bucket_runs_the_handler(project: Project, store: TraceStore) -> None:
    """Its custom resource's function has no layer: it finds the boto3 that AWS's Python has."""
    clients.client("s3", "local").put_object(Bucket="photos-local", Key="sunrise.jpg", Body=b"pixels")

    def keys() -> list[str]:
        """Return the keys of all runs. S3 also sends an event without records when a notification is set up."""
        traces = project.run("traces", "photo-taken", "--json")
        return [key for trace in traces.json for key in trace["result"]] if traces.code == 0 else []

    assert eventually(keys, "a trace of the object's event") == ["sunrise.jpg"]
