"""Pages of other sites may neither read nor use the server."""

import httpx2
import pytest

from mien.serve.guarding import LOOPBACK_NAMES, name_of
from mien.serve.pool import Pool
from tests.serve.coloured import Served, drawing, served


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1:8000", "127.0.0.1"), ("LocalHost", "localhost"), ("[::1]:80", "::1"), ("[::1]", "::1"), ("", ""), ("[", ""),
        ("localhost.evil.example:8000", "localhost.evil.example"), ("user@localhost", "localhost"),
    ],
)  # fmt: skip
def test_the_name_of_a_host_header(host: str, name: str) -> None:
    assert name_of(host) == name


def test_other_names_are_refused_and_allowed_ones_answered(pool: Pool, tmp_path: object) -> None:
    with served(tmp_path, pool, hosts=(*LOOPBACK_NAMES, "faces.example")) as guarded:

        def status(host: str, **given: object) -> int:
            return httpx2.get(f"{guarded.url}/healthz", headers={"Host": host, **given}).status_code

        port = guarded.port
        assert [status(host) for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}", "faces.example")] == [200] * 4
        assert [status(host) for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example")] == [421] * 3
        refused = httpx2.post(f"{guarded.url}/v1/predict", content=drawing("happy"), headers={"Host": "evil.example"})
        assert refused.status_code == 421 and "--allow-host" in refused.json()["error"]["detail"]
        assert 'mien_requests_total{path="/v1/predict",status="421"} 1.0' in httpx2.get(f"{guarded.url}/metrics").text


def test_requests_of_another_sites_page_are_refused(serving: Served) -> None:
    def status(origin: str) -> int:
        return httpx2.post(f"{serving.url}/v1/predict", content=drawing("happy"), headers={"Origin": origin}, timeout=60).status_code

    assert status(serving.url) == 200
    foreign = ["https://evil.example", f"http://127.0.0.1:{serving.port + 1}", "null", f"http://evil.example/127.0.0.1:{serving.port}"]
    assert [status(origin) for origin in foreign] == [403] * 4
    assert "access-control-allow-origin" not in httpx2.get(f"{serving.url}/v1/model").headers
