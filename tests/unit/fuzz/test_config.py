"""Settings: where they come from, which source wins, and what is said of those that make no sense."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.config import DEFAULT_SECONDS, OPTIONS, SECRETS, Settings, read_settings
from fuzz.errors import UsageError
from fuzz.option_values import duration_seconds

LAYERS = ("file", "environment", "flags")
EXAMPLES = {
    "target": ("http://a:1", "http://b:2", "https://c"),
    "launch": ("a {port}", "b {port}", "c {port}"),
    "store": ("memory", "moto", "http://127.0.0.1:9000"),
    "plain_store": ("http://a:1", "http://b:2", "https://c"),
    "advertise": ("one", "two", "three"),
    "region": ("eu-1", "eu-2", "eu-3"),
    "subject": ("reductions", "objects", "shelf"),
    "load": ("one", "two,three", "four five"),
    "profile": ("reference", "auto", "mine.toml"),
    "seconds": ("1", "2m", "3h"),
    "examples": ("1", "2", "3"),
    "seed": ("0", "1", "2"),
    "only": ("a", "b,c", "d e"),
    "findings": ("f", "g", "h"),
    "max_findings": ("1", "2", "3"),
    "summary": ("s", "t", "u"),
    "junit": ("a.xml", "b.xml", "c.xml"),
    "github": (True, "false", True),
    "workers": ("1", "2", "3"),
    "lanes": ("1", "auto", "3"),
    "ca_cert": ("x.pem", "y.pem", "z.pem"),
    "timeout": ("1", "2s", "3"),
    "aws_profile": ("p", "q", "r"),
    "animals": ("ant", "bee", "cat"),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(flags: dict[str, object] | None = None, **environment: str) -> Settings:
    return read_settings(flags, environment=environment)


def failure(flags: dict[str, object] | None = None, **environment: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(flags, **environment)
    return str(caught.value)


def test_without_anything_the_embedded_server_is_tried_for_half_a_minute() -> None:
    settings = read()
    assert settings == Settings(seconds=DEFAULT_SECONDS)
    assert settings.embedded
    assert settings.store == "memory"


@pytest.mark.parametrize("name", OPTIONS)
def test_every_setting_can_come_from_every_layer_and_the_strongest_that_gives_it_wins(folder: Path, name: str) -> None:
    values = dict(zip(LAYERS, EXAMPLES[name]))
    field, how = OPTIONS[name].field, OPTIONS[name].read
    for given_by in range(1, 8):
        layers = [layer for bit, layer in enumerate(LAYERS) if given_by >> bit & 1]
        (folder / "asfuzz.toml").write_text(f"{name} = {json.dumps(values['file'])}\n" if "file" in layers else "")
        environment = {f"ASFUZZ_{name.upper()}": values["environment"]} if "environment" in layers else {}
        flags = {name: values["flags"] if "flags" in layers else None}
        assert getattr(read(flags, **environment), field) == how(values[layers[-1]])


@pytest.mark.parametrize(("weak", "strong"), [("seconds", "examples"), ("examples", "seconds"), ("target", "launch")])
def test_of_two_settings_that_exclude_each_other_the_stronger_layer_s_stands(
    folder: Path, weak: str, strong: str
) -> None:
    (folder / "asfuzz.toml").write_text(f'{weak} = "{EXAMPLES[weak][0]}"\n')
    settings = read({strong: EXAMPLES[strong][1]})
    assert getattr(settings, OPTIONS[weak].field) is None
    assert getattr(settings, OPTIONS[strong].field) is not None


def test_two_settings_that_exclude_each_other_in_one_layer_are_refused() -> None:
    assert "seconds and examples are both given" in failure(ASFUZZ_SECONDS="3", ASFUZZ_EXAMPLES="3")


def test_numbers_in_the_file_may_be_numbers(folder: Path) -> None:
    (folder / "asfuzz.toml").write_text('seconds = 90\nworkers = 2\nonly = ["a", "b"]\n')
    settings = read()
    assert (settings.seconds, settings.workers, settings.only) == (90.0, 2, ("a", "b"))


def test_a_file_named_by_flag_or_environment_is_read_and_must_be_there(folder: Path) -> None:
    (folder / "other.toml").write_text("workers = 5\n")
    assert read(ASFUZZ_CONFIG="other.toml").workers == 5
    assert read_settings(config=Path("other.toml"), environment={}).workers == 5
    assert "absent.toml cannot be read: No such file" in failure(ASFUZZ_CONFIG="absent.toml")


def test_unknown_keys_and_variables_are_named_with_their_place_and_the_nearest_known(folder: Path) -> None:
    assert "environment: ASFUZZ_SEKONDS is unknown. Did you mean 'ASFUZZ_SECONDS'?" in failure(ASFUZZ_SEKONDS="3")
    (folder / "asfuzz.toml").write_text("max-findings = 3\n")
    assert failure() == "asfuzz.toml: 'max-findings' is unknown. Did you mean 'max_findings'?"


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_refused_in_files(folder: Path, secret: str) -> None:
    (folder / "asfuzz.toml").write_text(f'{secret} = "hunter2"\n')
    said = failure()
    assert f"set ASFUZZ_{secret.upper()} in the environment" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("target", "127.0.0.1:8080", "such as http://127.0.0.1:8080"),
        ("target", "http://host:port", "such as http://127.0.0.1:8080"),
        ("target", "http://key:secret@host", "credentials come from the environment"),
        ("launch", "my-server --port 8080", "{port}"),
        ("store", "minio", "neither memory nor moto nor a URL"),
        ("seconds", "0", "90s, 10m or 8h"),
        ("seconds", "ten", "90s, 10m or 8h"),
        ("examples", "0", "from 1"),
        ("examples", "1.5", "from 1"),
        ("workers", "1000", "from 1 to 256"),
        ("seed", "-1", "from 0"),
        ("only", ",", "without a name"),
        ("profile", "", "not a text"),
    ],
)
def test_a_bad_value_is_told_with_its_place_and_what_is_wanted(name: str, value: str, wanted: str) -> None:
    said = failure({name: value})
    assert said.startswith(f"--{name}: ")
    assert wanted in said
    if value:
        assert failure(**{f"ASFUZZ_{name.upper()}": value}).startswith(f"ASFUZZ_{name.upper()}: ")


def test_the_suite_s_own_keys_win_over_a_profile_and_over_those_of_aws() -> None:
    own = {"ASFUZZ_ACCESS_KEY": "own", "ASFUZZ_SECRET_KEY": "o"}
    aws = {"AWS_ACCESS_KEY_ID": "aws", "AWS_SECRET_ACCESS_KEY": "a", "AWS_PROFILE": "p"}
    assert read(**own, **aws).access_key == "own"
    assert read(**aws).access_key == "aws"
    named = read({"aws_profile": "named"}, **aws)
    assert (named.access_key, named.aws_profile) == (None, "named")
    assert read(AWS_PROFILE="p").aws_profile == "p"


def test_half_a_pair_of_keys_is_refused() -> None:
    assert "ASFUZZ_ACCESS_KEY is set without ASFUZZ_SECRET_KEY" in failure(ASFUZZ_ACCESS_KEY="k")
    assert "AWS_SECRET_ACCESS_KEY is set without AWS_ACCESS_KEY_ID" in failure(AWS_SECRET_ACCESS_KEY="s")


def test_temporary_credentials_are_refused_for_a_store_by_url_only() -> None:
    aws = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
    assert read(**aws).store == "memory"
    assert "temporary credentials" in failure({"store": "http://127.0.0.1:9000"}, **aws)


def test_neither_keys_nor_secrets_show() -> None:
    keys = {f"ASFUZZ_{name.upper()}": f"hunter-{name}" for name in SECRETS}
    settings = read(**keys)
    assert settings.secret_key == "hunter-secret_key"
    assert "hunter" not in repr(settings)
    assert "hunter" not in str(settings)


def test_no_color_and_a_dumb_terminal_turn_colour_off() -> None:
    assert read(TERM="xterm").color
    assert not read(NO_COLOR="1").color
    assert not read(TERM="dumb").color


@given(st.integers(0, 1000), st.integers(0, 59), st.integers(1, 59))
def test_hours_minutes_and_seconds_add_up(hours: int, minutes: int, seconds: int) -> None:
    assert duration_seconds(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds
    assert duration_seconds(f"{seconds}s") == duration_seconds(str(seconds)) == duration_seconds(seconds) == seconds


@given(st.text(string.ascii_letters + string.digits + " .-+", max_size=6))
def test_any_text_is_a_time_above_zero_or_is_refused(text: str) -> None:
    try:
        seconds = duration_seconds(text)
    except ValueError as error:
        told = str(error)
    else:
        told = repr(text)
        assert seconds > 0
    assert repr(text) in told
