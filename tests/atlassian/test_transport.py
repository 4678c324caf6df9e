"""The transport against a real socket: retries, pauses, drops, redirects, and what never leaks."""

from __future__ import annotations

import contextlib
import datetime
import gzip
import ipaddress
import json
import logging
import socket
import ssl
import struct
import threading
import time
import traceback
import tracemalloc
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from snapshots.atlassian.connection import Connection
from snapshots.atlassian.transport import Transport
from snapshots.errors import (
    AuthenticationFailed,
    ConfigurationError,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    SiteRefused,
    SiteUnavailable,
    StaleVersion,
)

from .conftest import Reply


class TestAsking:
    def test_says_who_asks(self, site, transport, answered, token):
        site.script = [answered({"ok": 1})]
        answer = transport.request("GET", f"{site.url}/x", doing="reading x")
        assert answer.body == b'{"ok": 1}'
        assert (
            site.asked[0].headers["Authorization"]
            == Connection(site.url, site.url, "robot@example.com", token).authorization()
        )

    def test_encodes_the_query(self, site, transport, answered):
        site.script = [answered()]
        query = {"title": "a b&c=é/?", "keys": ["A", "B,"], "purge": False, "limit": 250, "cursor": None}
        transport.request("GET", f"{site.url}/x", doing="reading x", query=query)
        assert site.asked[0].query == "title=a+b%26c%3D%C3%A9%2F%3F&keys=A%2CB%2C&purge=false&limit=250"

    def test_sends_nothing_to_another_origin(self, site, elsewhere, transport):
        with pytest.raises(ConfigurationError, match="nothing was sent"):
            transport.request("GET", f"{elsewhere.url}/x", doing="reading x")
        assert elsewhere.asked == []

    def test_counts_requests_from_all_threads(self, site, transport, answered):
        site.rule = lambda asked: answered()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: transport.request("GET", f"{site.url}/{n}", doing="reading"), range(40)))
        assert transport.requests_sent == len(site.asked) == 40

    def test_refuses_an_answer_that_is_no_json(self, site, transport, answered):
        page = answered()
        page.body = b"<html>log in</html>"
        site.script = [page]
        with pytest.raises(SiteRefused, match="login page"):
            transport.get(f"{site.url}/x", dict, doing="reading x")

    def test_no_more_are_under_way_than_threads(self, site, transport, answered):
        under_way = threading.Semaphore(transport.threads)
        crowded = []

        def rule(asked):
            if not under_way.acquire(blocking=False):
                crowded.append(asked)
                return answered()
            # Long enough for the requests of the other threads to arrive, if they were let go.
            time.sleep(0.01)
            under_way.release()
            return answered()

        site.rule = rule
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda n: transport.request("GET", f"{site.url}/{n}", doing="reading"), range(48)))
        assert len(site.asked) == 48
        assert crowded == []


class TestBeingToldToWait:
    @pytest.mark.parametrize("status", [429, 503])
    @pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
    def test_honours_retry_after_for_every_method(self, site, transport, clock, answered, status, method):
        site.script = [answered(status=status, Retry_After="7"), answered({"done": True})]
        assert transport.request(method, f"{site.url}/x", doing="saving x").body == b'{"done": true}'
        assert clock.waits == [7.0]

    def test_honours_a_date(self, site, transport, clock, answered):
        site.script = [answered(status=429, Retry_After="Fri, 15 Jan 2027 08:00:30 GMT"), answered()]
        transport.request("GET", f"{site.url}/x", doing="reading x")
        assert clock.waits == [30.0]

    def test_backs_off_where_the_site_does_not_say(self, site, transport, clock, answered):
        site.script = [answered(status=429)] * 4 + [answered()]
        transport.request("GET", f"{site.url}/x", doing="reading x")
        assert clock.waits == [2.0, 4.0, 8.0, 16.0]

    def test_gives_up_after_four_retries(self, site, transport, clock, answered):
        site.rule = lambda asked: answered({"message": "Rate limit exceeded"}, status=429, Retry_After="1")
        with pytest.raises(SiteUnavailable, match=r"reading x \(HTTP 429\): Rate limit exceeded\. Try again later"):
            transport.request("GET", f"{site.url}/x", doing="reading x")
        assert len(site.asked) == 5
        assert clock.waits == [1.0] * 4

    def test_gives_up_at_once_when_the_pause_is_too_long_and_says_until_when(self, site, transport, clock, answered):
        site.script = [answered(status=429, Retry_After="1847", RateLimit_Reason="jira-quota-tenant-based")]
        with pytest.raises(SiteUnavailable, match=r"try again after 2027-01-15 08:30:47 UTC, in 31 minutes"):
            transport.request("GET", f"{site.url}/x", doing="reading x")
        assert clock.waits == []

    def test_a_long_pause_holds_for_later_requests_too(self, site, transport, clock, answered):
        site.script = [answered(status=429, Retry_After="1847"), answered({"back": True})]
        with pytest.raises(SiteUnavailable):
            transport.request("GET", f"{site.url}/x", doing="reading x")
        with pytest.raises(SiteUnavailable, match="so reading y was not done"):
            transport.request("GET", f"{site.url}/y", doing="reading y")
        assert len(site.asked) == 1
        clock.seconds += 1800
        assert transport.request("GET", f"{site.url}/z", doing="reading z").body == b'{"back": true}'
        assert sum(clock.waits) == pytest.approx(47.0)

    def test_an_absurd_pause_is_still_a_sentence(self, site, transport, answered):
        site.script = [answered(status=503, Retry_After="9" * 400)]
        with pytest.raises(SiteUnavailable, match="try again after 2028"):
            transport.request("GET", f"{site.url}/x", doing="reading x")


class TestDroppedConnections:
    @pytest.mark.parametrize("trouble", [{"drop": True}, {"cut": True}, {"delay_seconds": 3.0}])
    def test_asks_again_when_that_is_safe(self, site, transport, clock, answered, trouble):
        broken = answered({"long": "x" * 100})
        for name, value in trouble.items():
            setattr(broken, name, value)
        site.script = [broken, answered({"ok": 1})]
        assert transport.request("GET", f"{site.url}/x", doing="reading x").body == b'{"ok": 1}'
        assert clock.waits == [2.0]

    @pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
    def test_does_not_repeat_what_may_have_been_done(self, site, transport, clock, answered, method):
        dropped = answered()
        dropped.drop = True
        site.script = [dropped, answered()]
        with pytest.raises(SiteUnavailable, match="it is open whether this was done; look before trying again"):
            transport.request(method, f"{site.url}/x", doing="saving x")
        assert len(site.asked) == 1

    def test_repeats_a_question_by_post(self, site, transport, answered):
        dropped = answered()
        dropped.drop = True
        site.script = [dropped, answered({"ok": 1})]
        assert transport.ask(f"{site.url}/x", dict, doing="asking", json={"a": 1}) == {"ok": 1}
        assert [asked.json() for asked in site.asked] == [{"a": 1}, {"a": 1}]

    def test_repeats_a_gateways_trouble_only_where_safe(self, site, transport, answered):
        site.script = [answered(status=502), answered(), answered(status=502)]
        transport.request("GET", f"{site.url}/x", doing="reading x")
        with pytest.raises(SiteUnavailable, match="HTTP 502"):
            transport.request("PUT", f"{site.url}/x", doing="saving x")

    def test_a_closed_port_is_tried_again_even_for_a_write(self, clock):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            transport = Transport(
                Connection(url, url, "a", "t"), sleep=clock.sleep, clock=clock.read, jitter=lambda: 0.5
            )
            with pytest.raises(SiteUnavailable, match="no connection could be made"):
                transport.request("PUT", f"{url}/x", doing="saving x")
        assert clock.waits == [2.0, 4.0, 8.0, 16.0]

    def test_an_unknown_name_is_not_tried_again(self, clock):
        url = "http://no-such-site.invalid"
        transport = Transport(Connection(url, url, "a", "t"), sleep=clock.sleep, clock=clock.read)
        with pytest.raises(SiteUnavailable, match="its name is not known; check the address"):
            transport.request("GET", f"{url}/x", doing="reading x")
        assert clock.waits == []

    def test_a_certificate_nobody_vouches_for_is_not_tried_again(self, site, clock, tmp_path):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self_signed_certificate(tmp_path))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            handshakes = []

            def shake_hands() -> None:
                connection, _ = listener.accept()
                handshakes.append(1)
                with connection, contextlib.suppress(ssl.SSLError, ConnectionError):
                    context.wrap_socket(connection, server_side=True).close()

            server = threading.Thread(target=shake_hands)
            server.start()
            url = f"https://127.0.0.1:{listener.getsockname()[1]}"
            transport = Transport(Connection(url, url, "a", "t"), sleep=clock.sleep, clock=clock.read)
            with pytest.raises(SiteUnavailable, match="its certificate is not trusted"):
                transport.request("GET", f"{url}/x", doing="reading x")
            server.join()
        assert handshakes == [1]
        assert clock.waits == []


def self_signed_certificate(directory: Path) -> Path:
    """A key and its certificate in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = directory / "server.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + certificate.public_bytes(pem))
    return path


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (400, SiteRefused),
            (401, AuthenticationFailed),
            (403, PermissionDenied),
            (404, NotFound),
            (409, StaleVersion),
            (413, PayloadTooLarge),
            (418, SiteRefused),
            (500, SiteUnavailable),
        ],
    )
    def test_each_has_its_class_and_names_site_and_question(self, site, transport, answered, status, error):
        site.rule = lambda asked: answered({"message": "words of the site"}, status=status)
        with pytest.raises(error) as caught:
            transport.request("PUT", f"{site.url}/x", doing="saving page 17")
        assert type(caught.value) is error
        sentence = str(caught.value)
        assert site.url in sentence and "saving page 17" in sentence and "words of the site" in sentence
        assert len(site.asked) == 1
        if isinstance(caught.value, SiteRefused):
            assert caught.value.status == status

    @pytest.mark.parametrize(
        "body",
        [
            {"errors": [{"status": 400, "code": "X", "title": "Bad thing", "detail": "because"}]},
            {"statusCode": 400, "message": "Bad thing: because"},
            {"errorMessages": ["Bad thing: because"], "errors": {}, "status": 400},
            {"errorMessages": [], "errors": {"Bad thing": "because"}},
        ],
    )
    def test_reads_the_words_in_all_shapes(self, site, transport, answered, body):
        site.script = [answered(body, status=400)]
        with pytest.raises(SiteRefused, match=r"refused reading x: Bad thing: because\. Correct"):
            transport.request("GET", f"{site.url}/x", doing="reading x")

    def test_a_moved_site_is_not_followed(self, site, elsewhere, transport, answered):
        site.script = [answered(status=301, Location=f"{elsewhere.url}/x")]
        with pytest.raises(SiteRefused, match=r"redirect to 127\.0\.0\.1, which is not followed"):
            transport.request("GET", f"{site.url}/x", doing="reading x")
        assert elsewhere.asked == []


class TestDownloads:
    def test_leaves_the_authorization_at_home(self, site, elsewhere, transport, answered):
        site.script = [answered(status=302, Location=f"{elsewhere.url}/media?sig=1")]
        elsewhere.script = [answered({"payload": 1})]
        assert transport.download(f"{site.url}/x", doing="downloading x", query={"version": 3}) == b'{"payload": 1}'
        assert site.asked[0].target == "/x?version=3"
        assert "Authorization" in site.asked[0].headers
        assert elsewhere.asked[0].target == "/media?sig=1"
        assert "Authorization" not in elsewhere.asked[0].headers

    def test_never_takes_it_up_again(self, site, elsewhere, transport, answered):
        site.script = [answered(status=302, Location=f"{elsewhere.url}/1"), answered({"home": 1})]
        elsewhere.script = [answered(status=307, Location=f"{site.url}/2")]
        transport.download(f"{site.url}/0", doing="downloading x")
        assert "Authorization" not in site.asked[1].headers

    def test_keeps_it_on_the_site(self, site, transport, answered):
        site.script = [answered(status=302, Location="/there"), answered()]
        transport.download(f"{site.url}/x", doing="downloading x")
        assert site.asked[1].path == "/there"
        assert "Authorization" in site.asked[1].headers

    def test_refuses_a_loop(self, site, transport, answered):
        site.rule = lambda asked: answered(status=302, Location="/b" if asked.path == "/a" else "/a")
        with pytest.raises(SiteRefused, match="round in circles"):
            transport.download(f"{site.url}/a", doing="downloading x")
        assert len(site.asked) == 2

    def test_refuses_a_long_chain(self, site, transport, answered):
        site.rule = lambda asked: answered(status=302, Location=f"{asked.path}x")
        with pytest.raises(SiteRefused, match="round in circles"):
            transport.download(f"{site.url}/x", doing="downloading x")
        assert len(site.asked) == 6

    @pytest.mark.parametrize(
        "location", ["file:///etc/passwd", "ftp://x/y", "", "http://user:pw@x/", "http://[x/", "mailto:x"]
    )
    def test_refuses_what_is_no_http_address(self, site, transport, answered, location):
        site.script = [answered(status=302, Location=location)]
        with pytest.raises(SiteRefused, match="must not be followed"):
            transport.download(f"{site.url}/x", doing="downloading x")
        assert len(site.asked) == 1


@pytest.fixture
def debug_log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


class TestTheTokenNeverShows:
    def test_in_repr(self, site, transport, token):
        authorization = transport.connection.authorization()
        for thing in (transport.connection, transport):
            assert token not in repr(thing) and authorization[6:] not in repr(thing)

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 429, 500])
    def test_in_errors_even_where_the_site_echoes_it(self, site, transport, answered, token, status, debug_log):
        secret = transport.connection.authorization().removeprefix("Basic ")
        site.rule = lambda asked: answered(
            {"message": f"you sent {token} in {asked.headers['Authorization']}"}, status=status
        )
        with pytest.raises(Exception, match=r"\[secret\]") as caught:
            transport.request("GET", f"{site.url}/x", doing="reading x")
        told = "".join(traceback.format_exception(caught.value)) + debug_log.text
        assert token not in told and secret not in told

    def test_in_errors_of_the_network(self, site, transport, answered, token, debug_log):
        dropped = answered()
        dropped.drop = True
        site.rule = lambda asked: dropped
        with pytest.raises(SiteUnavailable) as caught:
            transport.request("GET", f"{site.url}/x", doing="reading x")
        told = "".join(traceback.format_exception(caught.value)) + debug_log.text
        assert "reading x" in told
        assert token not in told and transport.connection.authorization()[6:] not in told


class TestAnswersThatDoNotEnd:
    def test_an_answer_in_drops_is_given_up(self, site, answered):
        """No silence in it is long, so only the time of the whole answer ends it."""

        def drip(asked):
            given = answered("x" * 10_000)
            given.drip_seconds = 0.01
            return given

        site.rule = drip
        connection = Connection(site.url, site.url, "robot@example.com", "token")
        with (
            Transport(connection, answer_timeout_seconds=0.05, sleep=lambda seconds: None) as transport,
            pytest.raises(SiteUnavailable, match="dropped or timed out each time"),
        ):
            transport.request("GET", f"{site.url}/x", doing="reading x")
        assert len(site.asked) == 5


class TestAnswersThatGrow:
    """Packed answers, over a real socket: a few bytes on the wire may be gigabytes once unpacked."""

    @staticmethod
    def packed(block: bytes, times: int, encoding: str = "gzip") -> Reply:
        """`block` so many times, as one gzip stream: after a full flush the packed block can be repeated as it is."""
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
        head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
        end = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS).flush()
        check = 0
        for _ in range(times if times * len(block) <= 1 << 26 else 0):
            check = zlib.crc32(block, check)
        trailer = struct.pack("<II", check, times * len(block) & 0xFFFFFFFF)
        return Reply(200, head + packed * times + end + trailer, {"Content-Encoding": encoding})

    @pytest.mark.parametrize("status", [200, 400])
    def test_a_bomb_is_given_up_early(self, site, transport, status):
        bomb = self.packed(bytes(1 << 20), 8192)
        bomb.status = status
        assert len(bomb.body) < 10 << 20
        site.script = [bomb]
        tracemalloc.start()
        with pytest.raises(SiteRefused, match="reading was stopped"):
            transport.request("GET", f"{site.url}/x", doing="reading x")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(site.asked) == 1
        assert peak < 100 << 20

    def test_a_bomb_behind_a_link_is_given_up_too(self, site, transport):
        site.script = [self.packed(bytes(1 << 20), 1024)]
        with pytest.raises(SiteRefused, match=r"more than \d+ MiB once unpacked"):
            transport.download(f"{site.url}/x", doing="downloading x")

    def test_a_bomb_in_a_bomb_is_given_up(self, site, transport):
        inner = self.packed(bytes(1 << 20), 4096).body
        site.script = [Reply(200, gzip.compress(inner), {"Content-Encoding": "gzip, gzip"})]
        with pytest.raises(SiteRefused, match="reading was stopped"):
            transport.request("GET", f"{site.url}/x", doing="reading x")

    def test_what_is_large_and_honest_is_read_whole(self, site, transport):
        block = json.dumps([{"id": n, "title": f"Page {n * 7919 % 104729}"} for n in range(20_000)]).encode()
        site.script = [self.packed(block, 40)]
        answer = transport.request("GET", f"{site.url}/x", doing="reading x")
        assert len(answer.body) > 20 << 20
        assert answer.body == block * 40
