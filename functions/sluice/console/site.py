"""The console's pages and actions, by path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from ..cli.command_error import NOT_FOUND, NOTHING_RUNNING, REFUSED, WRONG_USAGE, CommandError
from ..cli.explain_error import explain
from ..cli.hide_secrets import hide_secrets
from ..cli.next_command import next_command
from ..errors import SluiceError
from ..event.ids import is_id, time_of_id
from ..operate.handlers import UnknownHandlerError
from ..operate.status import NO_HANDLER
from ..traces import open_store
from ..traces.trace import iso
from .actions import ACTIONS
from .chain_view import chain_view
from .gathering import Gathering
from .guard import Guard
from .handler_page import brief_event, handler_page, told
from .live import Live
from .notes import Note, Notes
from .overview import attention, cron_rows, number_cell, row_cells, totals
from .paths import handler_path, path_back, trace_path
from .rendering import Pages, clock_text
from .replays import count_group
from .switching import HOURS
from .trace_page import source_of, trace_page
from .wanted import SINCE, STATUSES, parse_wanted

STATIC = Path(__file__).with_name("static")

_CODES: Mapping[int, int] = {WRONG_USAGE: 400, NOT_FOUND: 404, REFUSED: 403, NOTHING_RUNNING: 503}
"""HTTP's codes for the command line's."""

_LONGEST_FORM = 4 * 1024 * 1024
"""Bytes of a form: an event of SQS's largest size has a third of that before it is encoded."""


class Site:
    """The pages of one stage.

    Args:
        stage: the stage.
        port: the port that the console listens on.
        who: the name under which AWS knows the caller.
        where: the region and the account, in words.
    """

    def __init__(self, stage: str, port: int, *, who: str, where: str) -> None:
        self.stage = stage
        self.gathering = Gathering(stage)
        self.notes = Notes()
        self._refused: set[str] = set()
        self.live = Live(stage, self._numbers)
        routes = [
            Route("/", self._to_overview),
            Route("/{stage}", self._page(self._overview)),
            Route("/{stage}/find", self._page(self._find)),
            Route("/{stage}/live", self._live_events),
            Route("/{stage}/handler/{handler}", self._page(self._handler)),
            Route("/{stage}/handler/{handler}/{action}", self._act, methods=["POST"]),
            Route("/{stage}/trace/{handler}/{id}", self._page(self._trace)),
            Route("/{stage}/trace/{handler}/{id}/json", self._page(self._json)),
        ]
        app = Starlette(
            routes=[Mount("/static", StaticFiles(directory=STATIC)), *routes],
            middleware=[Middleware(GZipMiddleware)],
            exception_handlers={HTTPException: self._http_error},
            max_body_size=_LONGEST_FORM,
        )
        self.guard = Guard(app, port)
        self.pages = Pages(
            stage=stage,
            who=who,
            where=where,
            csrf=self.guard.csrf,
            handler_path=lambda handler: handler_path(stage, handler),
            trace_path=lambda handler, event_id: trace_path(stage, handler, event_id),
            command=lambda *words: next_command(stage, *words),
            told=told,
            brief_event=brief_event,
        )

    async def _to_overview(self, _: Request) -> Response:
        return RedirectResponse(f"/{self.stage}", 303)

    def _page(self, show: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
        """Return the endpoint of a page: its calls to AWS wait in a thread, and errors become pages."""

        async def endpoint(request: Request) -> Response:
            self._check_stage(request)
            try:
                return await run_in_threadpool(show, request)
            except HTTPException:
                raise
            except Exception as error:  # noqa: BLE001 - people see a page that says what to do
                return self._error(error)

        return endpoint

    def _check_stage(self, request: Request) -> None:
        if request.path_params["stage"] != self.stage:
            raise HTTPException(404)

    def _html(self, template: str, request: Request, *, code: int = 200, **values: Any) -> Response:
        note = self.notes.find(request.query_params.get("note"))
        values = {"note": note, **values}
        return HTMLResponse(self.pages.render(template, **values), code)

    def _error(self, error: Exception) -> Response:
        problem = error if isinstance(error, CommandError) else explain(error, self.stage)
        page = self.pages.render("error", problem=problem, note=None)
        return HTMLResponse(page, _CODES.get(problem.code, 502))

    async def _http_error(self, _: Request, error: Exception) -> Response:
        code = error.status_code if isinstance(error, HTTPException) else 500
        problem = CommandError("there is no such page", code=NOT_FOUND, then=next_command(self.stage, "status"))
        if code != 404:  # noqa: PLR2004 - HTTP's
            return PlainTextResponse("not allowed\n", code)
        return HTMLResponse(self.pages.render("error", problem=problem, note=None), code)

    def _overview(self, request: Request) -> Response:
        rows = self.gathering.rows()
        return self._html(
            "overview",
            request,
            rows=[row for row in rows.rows if row.state != NO_HANDLER],
            attention=attention(rows.rows, self.gathering.causes()),
            totals=totals(rows.rows),
            crons=cron_rows(self.gathering.crons()),
            at=rows.at,
        )

    async def _live_events(self, request: Request) -> Response:
        self._check_stage(request)
        return StreamingResponse(self.live.events(), media_type="text/event-stream")

    def _numbers(self) -> Mapping[str, Any]:
        """Return what open pages show of the handlers: numbers as text, and a state's cell as it is rendered."""
        rows = self.gathering.rows()
        cells = {row.handler: row_cells(row) | {"state": self.pages.render("state_cell", row=row)} for row in rows.rows}
        total = {name: number_cell(name, value) for name, value in totals(rows.rows).items()}
        return {"at": clock_text(iso(int(rows.at * 1000))), "rows": cells, "totals": total}

    def _find(self, request: Request) -> Response:
        wanted = request.query_params.get("q", "").strip()
        names = [row.handler for row in self.gathering.rows().rows]
        if is_id(wanted):
            found = open_store(self.stage).find(wanted, names)
            if found:
                return RedirectResponse(trace_path(self.stage, found.handler, found.id), 303)
        if wanted in names:
            return RedirectResponse(handler_path(self.stage, wanted), 303)
        causes = [
            group
            for group in self.gathering.causes()
            if wanted and wanted.lower() in f"{group.type}: {group.message} {group.where} {group.group}".lower()
        ]
        some = [name for name in names if wanted.lower() in name]
        if len(some) == 1 and not causes:
            return RedirectResponse(handler_path(self.stage, some[0]), 303)
        return self._html("find", request, wanted=wanted, names=some, causes=causes)

    def _handler(self, request: Request) -> Response:
        return self._show_handler(request)

    def _show_handler(
        self, request: Request, *, note: Note | None = None, event: str = "", code: int = 200
    ) -> Response:
        handler = request.path_params["handler"]
        rows = self.gathering.rows()
        row = rows.row(handler)
        if row is None:
            raise UnknownHandlerError(handler, self.stage, [row.handler for row in rows.rows])
        wanted, problem = parse_wanted(request.query_params)
        page = handler_page(self.stage, row, wanted)
        asked = request.query_params
        counted = None
        if asked.get("do") == "replay" and asked.get("group"):
            counted = count_group(self.stage, handler, asked["group"])
        more = {"note": note} if note else {}
        return self._html(
            "handler",
            request,
            code=code,
            row=row,
            at=rows.at,
            shown=page,
            asked=asked,
            do=asked.get("do", ""),
            counted=counted,
            hours=HOURS,
            refused=self._refused,
            statuses=STATUSES,
            since=SINCE,
            problem=problem,
            event=event,
            **more,
        )

    def _trace(self, request: Request) -> Response:
        handler, event_id = request.path_params["handler"], request.path_params["id"]
        found = open_store(self.stage).find(event_id, [handler]) if is_id(event_id) else None
        if found is None:
            made = time_of_id(event_id)
            return self._html("no_trace", request, code=404, handler=handler, id=event_id, made=made)
        trace = hide_secrets(found)
        source = source_of(self.stage, handler) if trace.calls or trace.locals else None
        return self._html("trace", request, shown=trace_page(trace, source, chain_view(self.stage, trace)), trace=trace)

    def _json(self, request: Request) -> Response:
        handler, event_id = request.path_params["handler"], request.path_params["id"]
        found = open_store(self.stage).find(event_id, [handler]) if is_id(event_id) else None
        if found is None:
            raise HTTPException(404)
        return Response(hide_secrets(found).to_json(), media_type="application/json")

    async def _act(self, request: Request) -> Response:
        self._check_stage(request)
        handler = request.path_params["handler"]
        action = ACTIONS.get(request.path_params["action"])
        if action is None:
            raise HTTPException(404)
        body = (await request.body()).decode("utf-8", "replace")
        form = {name: values[-1] for name, values in parse_qs(body, keep_blank_values=True).items()}
        if not self.guard.allows(form):
            raise HTTPException(403)

        def act() -> Response:
            try:
                note = action(self.stage, handler, form)
            except Exception as error:  # noqa: BLE001 - as above
                problem = error if isinstance(error, CommandError) else explain(error, self.stage)
                if problem.code == REFUSED and not isinstance(error, SluiceError):
                    # Its button says so from now on.
                    self._refused.add(request.path_params["action"])
                note = Note(text=_sentence(problem.message), failed=True, command=problem.then or "")
                if "event" in form:
                    # What was typed stays in the box.
                    return self._show_handler(
                        request, note=note, event=form["event"], code=_CODES.get(problem.code, 502)
                    )
            self.gathering.forget()
            return RedirectResponse(f"{path_back(form, self.stage, handler)}?note={self.notes.keep(note)}", 303)

        try:
            return await run_in_threadpool(act)
        except Exception as error:  # noqa: BLE001 - as above
            return self._error(error)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
