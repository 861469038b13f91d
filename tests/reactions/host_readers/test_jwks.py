"""The keys of a site: read once, again after a rotation, and kept where the address cannot be read."""

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from jwt.algorithms import OKPAlgorithm
from pytest_django import Settings

from articles.models import Site as Host
from reactions.host_readers import jwks as module
from reactions.host_readers.jwks import KeysUnreachable, keys_of
from tests.articles.test_http_client import LOOPBACK, Answer, Site, answer
from tests.articles.test_http_client import site as server
from tests.reactions.host_readers.hosts import ed_key, jwk, jwks, rsa_key

__all__ = ["server"]


@pytest.fixture
def blog(server: Site, settings: Settings) -> Iterator[Host]:
    settings.FETCH_NETWORKS = [LOOPBACK]
    module.clear_keys()
    yield Host(name="Blog", jwt_algorithm="EdDSA", jwks_url=server.url("/jwks"))
    module.clear_keys()


def publish(server: Site, *keys: Any) -> None:
    server.answers["/jwks"] = answer(jwks(*keys))


def names(site: Host, key_id: str | None = None) -> list[str | None]:
    return [key.key_id for key in keys_of(site, key_id=key_id)]


def after_a_pause() -> None:
    for kept in module._kept.values():
        kept.pause_until = 0


def test_keys_are_read_once(blog: Host, server: Site) -> None:
    publish(server, jwk(ed_key(), kid="1"))

    assert [names(blog, "1") for _ in range(5)] == [["1"]] * 5
    assert len(server.seen) == 1


def test_a_key_that_is_not_known_is_looked_for_once_in_a_while(blog: Host, server: Site) -> None:
    publish(server, jwk(ed_key(), kid="1"))
    assert names(blog, "1") == ["1"]
    publish(server, jwk(ed_key(1), kid="2"))

    assert [names(blog, f"invented {n}") for n in range(20)] == [[]] * 20
    assert names(blog, "2") == []
    assert len(server.seen) == 1
    after_a_pause()
    assert names(blog, "2") == ["2"]
    assert names(blog, "1") == []
    assert len(server.seen) == 2


def test_after_a_while_they_are_read_again(blog: Host, server: Site) -> None:
    publish(server, jwk(ed_key(), kid="1"))
    names(blog)
    publish(server, jwk(ed_key(1), kid="2"))
    for kept in module._kept.values():
        kept.expire_at = kept.pause_until = 0

    assert names(blog, "1") == []


BROKEN: dict[str, Answer] = {
    "not there": answer(status=404),
    "no JSON": answer(b"<html>"),
    "nested": answer(b"[" * 100_000),
    "no object": answer(b"[]"),
    "no list": answer(b'{"keys": {}}'),
    "no key": answer(jwks()),
    "no key of the algorithm": answer(jwks({"kty": "RSA", "n": "x", "e": "AQAB"}, "x", None)),
    "too long": answer(jwks("x" * 300_000)),
    "elsewhere": answer(status=302, Location="http://127.0.0.2:1/jwks"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_where_they_cannot_be_read_the_last_ones_stay(
    blog: Host, server: Site, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers["/jwks"] = BROKEN[name]
    for _ in range(3):
        with pytest.raises(KeysUnreachable):
            keys_of(blog, key_id="1")
    assert len(server.seen) == 1
    publish(server, jwk(ed_key(), kid="1"))
    after_a_pause()
    assert names(blog, "1") == ["1"]
    server.answers["/jwks"] = BROKEN[name]
    for kept in module._kept.values():
        kept.expire_at = kept.pause_until = 0

    assert [names(blog, "1") for _ in range(3)] == [["1"]] * 3
    assert len(server.seen) == 3
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 2
    assert "'Blog'" in warnings[0].getMessage()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:80/", "http://localhost/", "file:///etc/passwd", "https://a:x/"]
)
def test_an_address_that_is_not_public_is_not_asked(url: str) -> None:
    module.clear_keys()

    with pytest.raises(KeysUnreachable):
        keys_of(Host(name="Blog", jwt_algorithm="EdDSA", jwks_url=url), key_id=None)


def test_many_at_once_ask_once(blog: Host, server: Site) -> None:
    asked, may_answer = threading.Event(), threading.Event()
    write = answer(jwks(jwk(ed_key(), kid="1")))

    def slowly(handler: Any) -> None:
        asked.set()
        assert may_answer.wait(10)
        write(handler)

    server.answers["/jwks"] = slowly
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(names, blog, "1") for _ in range(8)]
        assert asked.wait(10)
        may_answer.set()

    assert [each.result() for each in found] == [["1"]] * 8
    assert len(server.seen) == 1


def test_while_they_are_read_again_the_last_ones_are_used(blog: Host, server: Site) -> None:
    publish(server, jwk(ed_key(), kid="1"))
    names(blog)
    (kept,) = module._kept.values()
    kept.expire_at = kept.pause_until = 0

    with kept.lock:  # another thread reads them
        assert names(blog, "1") == ["1"]

    assert len(server.seen) == 1


def test_only_public_keys_for_signatures_of_the_sites_algorithm_are_used(
    blog: Host, server: Site
) -> None:
    publish(
        server,
        jwk(ed_key(), kid="signs", use="sig", alg="EdDSA"),
        jwk(ed_key(), kid="by its newer name", alg="Ed25519"),
        jwk(ed_key(), kid="encrypts", use="enc"),
        jwk(ed_key(), kid="of another algorithm", alg="ES256"),
        {**OKPAlgorithm.to_jwk(ed_key(), as_dict=True), "kid": "private"},
        jwk(rsa_key(), kid="rsa"),
        {"kty": "oct", "k": "AAAA", "kid": "secret"},
        {"kty": "OKP", "crv": "Ed25519", "x": "!", "kid": "broken"},
        {"kty": "OKP", "crv": "X25519", "x": "AAAA", "kid": "for exchange"},
        jwk(ed_key(1)),
    )

    assert names(blog) == ["signs", "by its newer name", None]
    assert names(blog, "signs") == ["signs", None]


def test_of_many_addresses_not_all_are_kept(blog: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_KEPT", 2)

    for number in range(5):
        with pytest.raises(KeysUnreachable):
            keys_of(Host(name="x", jwt_algorithm="EdDSA", jwks_url=f"ftp://{number}"), key_id=None)

    assert len(module._kept) <= 3
