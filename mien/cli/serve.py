"""The command `mien serve`: a local server that answers photographs, with a page."""

from typing import Annotated, Literal

import typer

from mien.core.errors import ServeError


def serve(
    model: Annotated[
        str,
        typer.Argument(
            help="a model or an ensemble of this repository, a folder with model.onnx, or an .onnx file; default is the shipped model fer"
        ),
    ] = "",
    host: Annotated[str, typer.Option(help="address to listen on; 0.0.0.0 lets other machines in")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="port to listen on; 0 takes a free one")] = 8000,
    allow_host: Annotated[list[str] | None, typer.Option(help="name by which a proxy or another machine asks; may be repeated")] = None,
    workers: Annotated[int, typer.Option(min=0, help="processes that decode and find faces; 0 means one per core")] = 0,
    detector: Annotated[
        Literal["model", "mtcnn", "none"],
        typer.Option(help="model crops as for training; mtcnn detects faces; none takes each photograph as a face that is cropped already"),
    ] = "model",
    max_file_mb: Annotated[float, typer.Option(min=0.001, help="largest file, MiB")] = 20,
    max_request_mb: Annotated[float, typer.Option(min=0.001, help="largest request, all its files together, MiB")] = 64,
    max_files: Annotated[int, typer.Option(min=1, help="most files of a request")] = 16,
    max_megapixels: Annotated[
        float, typer.Option(min=0.001, help="largest picture, millions of pixels; JPEGs up to four times as large are decoded at half size")
    ] = 50,
    max_faces: Annotated[int, typer.Option(min=1, help="most faces of a picture when all are asked for")] = 64,
    max_requests: Annotated[
        int, typer.Option(min=1, help="requests that are read or answered at once; others are asked to try again")
    ] = 64,
    timeout_s: Annotated[
        float, typer.Option(min=0.1, help="seconds within which a request must arrive, and again within which it is answered")
    ] = 30,
) -> None:
    """Serves a model: a page for photographs and the camera at /, and POST /v1/predict for programs, described at /docs.

    It answers this machine alone unless --host says otherwise. Pictures are held in memory while they are answered, and are neither stored
    nor logged.
    """
    try:
        import fastapi  # noqa: F401
        import prometheus_client  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn  # noqa: F401
    except ModuleNotFoundError as error:
        raise ServeError(f"mien serve needs the package {error.name}, which is not installed; run `pip install mien[serve]`") from None
    from mien.export.finding import load_engine
    from mien.serve.limits import MIB, Limits
    from mien.serve.running import run

    limits = Limits(
        file_bytes=int(max_file_mb * MIB),
        request_bytes=int(max_request_mb * MIB),
        files=max_files,
        megapixels=max_megapixels,
        faces=max_faces,
        requests=max_requests,
        time_s=timeout_s,
    )
    run(load_engine(model), detector=detector, host=host, port=port, allow_hosts=allow_host or [], limits=limits, workers=workers)
