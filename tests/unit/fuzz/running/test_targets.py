"""Targets: what is opened for a run, what is said when it cannot be, and that nothing is left open."""

import socket
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from fuzz.config import Settings, read_settings
from fuzz.errors import CannotRun, UsageError
from fuzz.running.launcher import free_port
from fuzz.running.targets import open_target, resolve_profile
from fuzz.subjects.reductions.processes import start_reference_server
from fuzz.subjects.reductions.serving import animal_classes
from fuzz.subjects.reductions.zoo import animals
from fuzz.transport.http.reaching import check_reachable
from fuzz.transport.protocol import ClientSettings
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send

KEYS = {"ASFUZZ_ACCESS_KEY": "key", "ASFUZZ_SECRET_KEY": "hunter2"}


def test_without_a_target_the_embedded_server_answers_from_the_memory_store() -> None:
    with open_target(Settings()) as target:
        session = target.session()
        case = Case("p", (Put("a", b"\1\0\0\0"), Send("sum", Fields({"dtype": "int32"}), "a")))
        judgement = session.judge(case)
        session.close()
    assert judgement.violations == ()
    assert (target.profile.name, target.doubts) == ("reference", ())
    with pytest.raises(CannotRun, match="nothing answers at"):
        check_reachable(target.url, ClientSettings())


def test_a_launched_server_is_a_target_and_learns_where_the_store_is(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text(
        "import http.server, sys\n"
        "class Handler(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(200)\n"
        "        self.end_headers()\n"
        "        self.wfile.write(sys.argv[2].encode())\n"
        "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()\n"
    )
    settings = Settings(launch=f"{sys.executable} {script} {{port}} {{store}}", profile="reference")
    with open_target(settings, ask_first=False) as target:
        with urllib.request.urlopen(target.url) as answer:
            assert answer.read().decode() == target.store.s3_url
        assert target.launcher is not None
    assert not target.launcher.alive()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:{port}", "is the server running"),
        ("http://no-such-host.invalid", "is unknown"),
    ],
)
def test_a_target_that_cannot_be_reached_is_told_with_what_to_check(url: str, said: str) -> None:
    with pytest.raises(CannotRun, match=said), open_target(Settings(target=url.format(port=free_port()))):
        pass


def test_a_target_that_does_not_speak_http_or_tls_is_told_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"://127.0.0.1:{server.getsockname()[1]}"
        quick = ClientSettings(timeout_seconds=0.2)
        with pytest.raises(CannotRun, match="does not answer within"):
            check_reachable(f"http{url}", quick)
    with open_target(Settings()) as target, pytest.raises(CannotRun, match="Is it http:// rather than https://"):
        check_reachable(target.url.replace("http:", "https:"), ClientSettings())


def test_the_profile_is_the_embedded_server_s_own_or_the_one_asked_for() -> None:
    assert resolve_profile(Settings()).name == "reference"
    assert resolve_profile(Settings(profile="reference-v1")).api == "v1"
    assert resolve_profile(Settings(target="http://127.0.0.1:1")).name == "auto"
    with pytest.raises(UsageError, match="--profile: profile 'referense' is unknown"):
        resolve_profile(Settings(profile="referense"))


def test_a_store_by_url_needs_credentials_and_an_answer() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with (
        pytest.raises(UsageError, match="no credentials"),
        open_target(read_settings({"store": url}, environment={})),
    ):
        pass
    with pytest.raises(CannotRun) as caught, open_target(read_settings({"store": url}, environment=KEYS)):
        pass
    assert url in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_an_aws_profile_by_name_gives_lasting_credentials_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "credentials"
    file.write_text(
        "[brief]\naws_access_key_id = a\naws_secret_access_key = hunter2\naws_session_token = t\n"
        "[lasting]\naws_access_key_id = a\naws_secret_access_key = hunter2\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    url = f"http://127.0.0.1:{free_port()}"
    for name, kind, said in (
        ("brief", UsageError, "temporary credentials"),
        ("absent", UsageError, "absent"),
        ("lasting", CannotRun, url),
    ):
        with pytest.raises(kind, match=said) as caught, open_target(Settings(store=url, aws_profile=name)):
            pass
        assert "hunter2" not in str(caught.value)


def test_keys_for_other_stores_never_go_into_a_store_of_the_suite_s_own() -> None:
    with open_target(read_settings({"store": "memory"}, environment=KEYS)) as target:
        assert all(one.secret != "hunter2" for one in target.store.credentials.values())


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match=": No such file"),
        open_target(Settings(ca_cert=tmp_path / "absent.pem")),
    ):
        pass


def test_a_plain_store_goes_with_a_store_elsewhere() -> None:
    with pytest.raises(UsageError, match="goes with --store URL"), open_target(Settings(plain_store="http://a")):
        pass


def test_a_target_on_another_machine_without_an_advertised_host_is_doubted() -> None:
    # To be connected to, every interface is this machine; by its text it may be any.
    with start_reference_server(host="0.0.0.0") as server:
        settings = Settings(target=f"http://0.0.0.0:{server.port}", profile="reference")
        with open_target(settings) as target:
            assert "--advertise HOST" in target.doubts[0]
        with open_target(replace(settings, advertise="127.0.0.1")) as target:
            assert target.doubts == ()


def test_animals_are_found_by_id_or_by_class() -> None:
    name, animal = next(iter(animals().items()))
    assert animal_classes((name, "module:Class")) == (animal.path, "module:Class")
    with pytest.raises(UsageError, match="--animal: animal 'unicorn-of-no-zoo' is unknown"):
        animal_classes(("unicorn-of-no-zoo",))
