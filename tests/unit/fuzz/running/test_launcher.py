"""Servers that the suite starts: waited for, restarted, ended with all their processes, and quoted when they fail."""

import os
import select
import signal
import socket
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import pytest

from fuzz.errors import CannotRun, UsageError
from fuzz.running.launcher import Launcher, LaunchLimits, free_port

LISTENER = """
    import socket, sys
    print("words of the server {store}", file=sys.stderr, flush=True)
    server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
        server.accept()[0].close()
"""
QUICK = LaunchLimits(start_seconds=20.0, stop_seconds=5.0)


def command(tmp_path: Path, script: str) -> str:
    """A command line that runs a script with the port."""
    file = tmp_path / "server.py"
    file.write_text(textwrap.dedent(script))
    return f"{sys.executable} {file} {{port}}"


def accepts(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.settimeout(2.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def gone(process_id: int) -> bool:
    """Whether a process has ended, or does so soon."""
    try:
        process = os.pidfd_open(process_id)
    except ProcessLookupError:
        return True
    ended, _, _ = select.select([process], [], [], 20.0)
    os.close(process)
    return bool(ended)


def test_a_launched_server_accepts_connections_until_the_block_ends(tmp_path: Path) -> None:
    with Launcher(command(tmp_path, LISTENER), limits=QUICK) as launcher:
        assert launcher.alive()
        assert launcher.address == f"127.0.0.1:{launcher.port}"
        assert accepts(launcher.port)
    assert not launcher.alive()
    assert not accepts(launcher.port)


def test_a_server_that_died_comes_back_at_the_same_place(tmp_path: Path) -> None:
    with Launcher(command(tmp_path, LISTENER), limits=QUICK) as launcher:
        first = launcher.process_id
        assert first is not None
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        assert not launcher.alive()
        assert launcher.end_of() == "killed by SIGKILL"
        launcher.restart()
        assert launcher.alive()
        assert launcher.restarts == 1
        assert accepts(launcher.port)


def test_the_number_of_a_dead_server_is_nobody_elses_until_its_group_is_ended(tmp_path: Path) -> None:
    with Launcher(command(tmp_path, LISTENER), limits=QUICK) as launcher:
        number = launcher.process_id
        assert number is not None
        os.kill(number, signal.SIGKILL)
        os.waitid(os.P_PID, number, os.WEXITED | os.WNOWAIT)
        assert not launcher.alive()
        os.kill(number, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_all_processes_of_a_command_end_even_those_that_ignore_the_asking(tmp_path: Path) -> None:
    script = """
        import os, signal, socket, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = os.fork()
        if child == 0:
            time.sleep(600)
        # Before it listens: as soon as it does, the launcher may end it.
        print(f"child {child}.", flush=True)
        server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        while True:
            server.accept()[0].close()
    """
    limits = LaunchLimits(start_seconds=20.0, stop_seconds=0.2)
    with Launcher(command(tmp_path, script), limits=limits) as launcher:
        parent = launcher.process_id
    child = int(launcher.stderr_tail.partition("child ")[2].partition(".")[0])
    assert parent is not None
    assert gone(parent)
    assert gone(child)


def test_words_and_the_last_of_what_the_server_says_are_kept(tmp_path: Path) -> None:
    script = """
        import socket, sys
        sys.stderr.write("x" * 100_000 + "the end " + sys.argv[2])
        sys.stderr.flush()
        server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        server.accept()[0].close()
        server.accept()
    """
    words = {"store": "http://127.0.0.1:1/a b'c"}
    with Launcher(command(tmp_path, script) + " {store}", words=words, limits=QUICK) as launcher:
        pass
    assert launcher.stderr_tail.endswith("the end http://127.0.0.1:1/a b'c")
    assert len(launcher.stderr_tail) <= QUICK.tail_bytes


def test_a_command_that_ends_at_once_is_quoted(tmp_path: Path) -> None:
    launcher = Launcher(command(tmp_path, "raise SystemExit('no such option')"), limits=QUICK)
    with pytest.raises(CannotRun, match="ended with code 1 before it listened\nits last words:\nno such option"):
        launcher.start()
    assert not launcher.alive()


def test_a_command_that_never_listens_is_ended(tmp_path: Path) -> None:
    launcher = Launcher(command(tmp_path, "import time; time.sleep(600)"), limits=LaunchLimits(start_seconds=0.3))
    with pytest.raises(CannotRun, match="nothing listens on 127"):
        launcher.start()
    assert not launcher.alive()


def test_a_command_that_cannot_be_started_or_read_is_named() -> None:
    with pytest.raises(CannotRun, match="'/no/such/program' cannot be started: No such file"):
        Launcher("/no/such/program {port}").start()
    with pytest.raises(UsageError, match="no closing quotation"):
        Launcher("'unfinished {port}").start()


def test_a_server_does_not_outlive_a_suite_that_is_killed(tmp_path: Path) -> None:
    suite = textwrap.dedent(f"""
        import os, signal
        from fuzz.running.launcher import Launcher
        launcher = Launcher({command(tmp_path, LISTENER)!r})
        launcher.start()
        print(launcher.process_id, flush=True)
        input()
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", suite], text=True, **pipes) as running:  # type: ignore[call-overload]
        server = int(running.stdout.readline())
        running.communicate("now", timeout=100)
    assert running.returncode == -signal.SIGKILL
    assert gone(server)


def test_a_folder_is_empty_at_every_start_and_gone_at_the_end(tmp_path: Path) -> None:
    seen = tmp_path / "seen.txt"
    script = f"""
        import os, pathlib, socket, sys
        folder = pathlib.Path(sys.argv[2])
        with open({str(seen)!r}, "a") as seen:
            print(len(os.listdir(folder)), folder, file=seen)
        (folder / "left").write_text("")
        server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        while True:
            server.accept()[0].close()
    """
    with Launcher(command(tmp_path, script) + " {folder}", limits=QUICK) as launcher:
        launcher.restart()
        starts = [line.split(" ", 1) for line in seen.read_text().splitlines()]
        assert [entries for entries, _ in starts] == ["0", "0"]
        assert Path(starts[-1][1]).is_dir()
    assert not any(Path(folder).exists() for _, folder in starts)


def test_the_last_words_of_a_server_outlive_its_restart(tmp_path: Path) -> None:
    script = """
        import os, socket, sys
        server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        server.accept()
        server.accept()
        print("thread panicked at src/operations.rs:357", flush=True)
        os._exit(101)
    """
    with Launcher(command(tmp_path, script), limits=QUICK) as launcher:
        assert launcher.last_words() == ""
        assert launcher.process_id is not None
        process = launcher.process_id
        assert accepts(launcher.port)
        os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
        said = "the server ended with code 101\nthread panicked at src/operations.rs:357"
        assert launcher.last_words() == said
        launcher.restart()
        assert launcher.last_words() == said


def test_a_free_port_is_none_that_the_system_gives_to_connections() -> None:
    drawn = {free_port() for _ in range(20)}
    assert len(drawn) > 1
    for port in drawn:
        assert not accepts(port)
    with socket.create_server(("127.0.0.1", 0)) as given:
        assert max(drawn) < given.getsockname()[1]


def test_a_port_that_is_taken_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr("fuzz.running.launcher.PORTS", (taken.getsockname()[1], free := free_port()))
        assert {free_port() for _ in range(10)} == {free}


def test_a_host_that_is_not_this_machine_has_no_free_port() -> None:
    with pytest.raises(OSError, match="assign"):
        free_port("192.0.2.1")
