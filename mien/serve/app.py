"""The application: its paths, their parameters and their answers, as OpenAPI describes them."""

import asyncio
from collections.abc import Collection, Coroutine
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from mien.serve import description
from mien.serve.about import about, threshold_of
from mien.serve.assets import ASSETS, asset
from mien.serve.bodies import read_files
from mien.serve.guarding import Counted, Guard
from mien.serve.metrics import CONTENT_TYPE
from mien.serve.refusing import Refusal
from mien.serve.replies import Json, error_reply
from mien.serve.schema import Error, ErrorAnswer, Health, ModelAnswer, Prediction
from mien.serve.service import Service

Result = TypeVar("Result")

_CLIENT_CLOSED_REQUEST = 499  # nginx's code; nobody receives it, but the metrics count it


def create_app(service: Service, *, hosts: Collection[str] | None) -> FastAPI:
    """The application of one service. `hosts` are the names in Host headers that are answered; None for all."""
    app = FastAPI(title="mien", version=description.version(), description=description.API, docs_url=None, redoc_url=None)
    _add_predict(app, service)
    _add_facts(app, service)
    for path in ASSETS:
        app.add_route(path, asset(path))
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _as_json)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _failed)
    known = {str(named) for route in app.routes if (named := getattr(route, "path", None))}
    app.add_middleware(Guard, hosts=hosts)
    app.add_middleware(Counted, metrics=service.metrics, paths=known)  # the last one added is the outermost
    return app


def _add_predict(app: FastAPI, service: Service) -> None:
    @app.post("/v1/predict", openapi_extra=description.BODY, responses=description.RESPONSES, summary="The expressions of faces")
    async def predict(
        request: Request,
        faces: Annotated[Literal["largest", "all"], Query(description=description.FACES)] = "largest",
        min_accuracy: Annotated[float | None, Query(ge=0, le=1, description=description.MIN_ACCURACY)] = None,
        explain: Annotated[bool, Query(description=description.EXPLAIN)] = False,
    ) -> Response:
        with service.held.counted() as share:
            try:
                threshold = threshold_of(service.answer, min_accuracy)
                if explain:
                    service.check_explains()
                with service.admitted():
                    uploads = await read_files(request.headers, request.receive, service.limits, share)
                    answers = service.answers(uploads, all_faces=faces == "all", threshold=threshold, explain=explain)
                    files = await _unless_gone(answers, request)
            except Refusal as refusal:
                return error_reply(refusal, is_body_left=not share.is_complete)
        if len(files) == 1 and files[0].error:
            return Json(ErrorAnswer(error=files[0].error), files[0].status)
        known = service.answer
        wanted = known.min_accuracy if min_accuracy is None else min_accuracy
        return Json(Prediction(model=known.name, classes=known.classes, min_accuracy=wanted, threshold=threshold, files=files))


def _add_facts(app: FastAPI, service: Service) -> None:
    known = Json(about(service.answer, service.limits, explains=not service.engine.no_maps))

    @app.get("/v1/model", response_model=ModelAnswer, response_description="The model", summary=description.MODEL)
    async def model() -> Response:
        return known

    @app.get(
        "/healthz",
        response_model=Health,
        response_description="It can",
        responses=description.UNHEALTHY,
        summary="Whether the server can answer",
    )
    async def health() -> Response:
        if not service.pool.size:
            return error_reply(Refusal("busy", "no process that reads pictures could be started"))
        return Json(Health(status="ok"))

    @app.get("/metrics", response_class=Response, responses=description.METRICS, summary="Metrics in the text format of Prometheus")
    async def metrics() -> Response:
        return Response(service.metrics.text(), headers={"Content-Type": CONTENT_TYPE})


async def _unless_gone(work: Coroutine[Any, Any, Result], request: Request) -> Result:
    """The result of the work, which is given up if the client goes. Raises ClientDisconnect."""
    working, listening = asyncio.ensure_future(work), asyncio.ensure_future(request.receive())  # after a whole body: http.disconnect
    try:
        await asyncio.wait({working, listening}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        listening.cancel()


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    return error_reply(Refusal("bad_parameter", f"{first['loc'][-1]}: {first['msg']}"), is_body_left=True)


async def _as_json(_: Request, error: Exception) -> Response:
    """An unknown path, or a method that it does not have."""
    assert isinstance(error, HTTPException)
    reason = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    return Json(ErrorAnswer(error=Error(reason=reason, detail="the paths and their methods are listed at /docs")), error.status_code)


async def _gone(_: Request, __: Exception) -> Response:
    return Response(status_code=_CLIENT_CLOSED_REQUEST)


async def _failed(_: Request, __: Exception) -> Response:
    detail = "a fault of the server; what failed is on its standard error"
    closing = {"Connection": "close"}  # as uvicorn does after an exception
    return Json(ErrorAnswer(error=Error(reason="internal_error", detail=detail)), 500, closing)
