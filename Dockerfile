# `mien serve` and `mien predict` with the shipped model, on a CPU: no torch, no CUDA, nothing of the pipeline. See docs/serve.md.
#
#     docker build -t mien .
#     docker run --rm --read-only --tmpfs /tmp -p 127.0.0.1:8000:8000 mien
#     docker run --rm -v ~/photos:/photos:ro mien predict /photos
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements-serve.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements-serve.lock
COPY pyproject.toml README.md LICENSE ./
COPY stages stages
COPY mien mien
RUN pip install --no-cache-dir --no-deps --no-build-isolation . && useradd --system --no-create-home mien
USER mien
WORKDIR /tmp
EXPOSE 8000
ENTRYPOINT ["mien"]
# Outside the container only what -p publishes can reach it; within, it must listen on all addresses.
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
