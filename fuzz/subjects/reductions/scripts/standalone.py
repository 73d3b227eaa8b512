"""REPLACED BY THE FINDING'S TITLE"""

# Needs Python 3.11, requests and boto3; nothing of the suite that wrote it.
#
#   AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… python repro.py SERVER_URL STORE_URL
#
# It puts the objects into the store, sends the requests to the server, and prints what was due and what came.
# Exit code 0: right now. 1: still wrong. 2: something is not given. 3: server or store cannot be used.
# Objects go into buckets of their own, removed at the end, unless BUCKET and PUBLIC_BUCKET name others.
# SERVER_STORE_URL is the store as the server reaches it, HTTP_URL the base of plain reads (default: the store).
# Where an object is served badly, this script is the store: STORE_URL is a free port here, as the server finds it.

from __future__ import annotations

import hashlib
import json
import os
import socket
import ssl
import sys
import threading
import time
from base64 import b64encode
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlsplit

import boto3
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from fuzz.subjects.reductions.scripts.script_judge import faults, shown
from specs.spellings import spelled

PLAN_TEXT = r'''{}'''  # fmt: skip
TIMEOUT_SECONDS = 60.0
PAUSE_SECONDS = 0.05
NOT_THERE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
Reply = tuple[int, dict[str, str], bytes]
Outcome = Reply | str
# What takes requests at the same time does not show each time.
TRIES_TOGETHER = 50


class Store:
    """The objects of one run, under a prefix that no other run uses."""

    def __init__(self, url: str, access_key: str, secret: str) -> None:
        self.url = os.environ.get("SERVER_STORE_URL", url).rstrip("/")
        self.http_url = os.environ.get("HTTP_URL", self.url).rstrip("/")
        self.name_all(access_key, secret)
        options = Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
        session = boto3.Session(access_key, secret, region_name=os.environ.get("AWS_REGION", "us-east-1"))
        self.client = session.client("s3", endpoint_url=url, config=options)

    def name_all(self, access_key: str, secret: str) -> None:
        self.made: list[str] = []
        self.keys: list[tuple[str, str]] = []
        self.run = os.urandom(4).hex()
        own = {name: f"repro-{self.run}-{name}" for name in ("private", "public")}
        given = {"private": os.environ.get("BUCKET"), "public": os.environ.get("PUBLIC_BUCKET")}
        self.buckets = {name: given[name] or own[name] for name in own}
        self.own = [name for name in own if self.buckets[name] == own[name]]
        self.pairs = {
            "owner": (access_key, secret),
            "stranger": (os.environ.get("STRANGER_ACCESS_KEY", "STRANGER"), os.environ.get("STRANGER_SECRET", "x")),
            "unknown": (f"UNKNOWN{self.run.upper()}", "0" * 40),
            "wrong-secret": (access_key, "0" * 40),
        }

    def key(self, name: str) -> str:
        return f"{self.run}/{name}"

    def bucket(self, name: str) -> str:
        """Return the real name of a bucket, which is made when it is first needed."""
        real = self.buckets.get(name, name)
        if name in self.own and real not in self.made:
            self.client.create_bucket(Bucket=real)
            self.made.append(real)
            if name == "public":
                everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
                policy = {"Version": "2012-10-17", "Statement": [{**everybody, "Resource": f"arn:aws:s3:::{real}/*"}]}
                with suppress(ClientError):
                    self.client.put_bucket_policy(Bucket=real, Policy=json.dumps(policy))
        return real

    def put(self, step: dict[str, Any]) -> None:
        place = self.bucket(step["bucket"]), self.key(step["key"])
        self.client.put_object(Bucket=place[0], Key=place[1], Body=content(step["data"]))
        self.keys.append(place)

    def delete(self, step: dict[str, Any]) -> None:
        self.client.delete_object(Bucket=self.bucket(step["bucket"]), Key=self.key(step["key"]))

    def places(self, step: dict[str, Any]) -> dict[str, str]:
        """Map the words in braces to what they stand for."""
        base = self.url if step.get("interface", "s3") == "s3" else self.http_url
        bucket, key = self.buckets.get(step["bucket"], step["bucket"]), self.key(step["key"])
        url = f"{base}/{bucket}/{quote(key, safe='/')}"
        return {"{url}": url, "{source}": self.url, "{bucket}": bucket, "{object}": key}

    def sweep(self) -> None:
        with suppress(ClientError, BotoCoreError):
            for bucket, key in self.keys:
                self.client.delete_object(Bucket=bucket, Key=key)
            for bucket in self.made:
                self.client.delete_bucket(Bucket=bucket)


class OwnStore(Store):
    """This script, in place of a store: it sends what the plan has for each object, byte by byte."""

    def __init__(self, url: str, access_key: str, secret: str) -> None:
        self.url = self.http_url = url.rstrip("/")
        self.name_all(access_key, secret)
        self.own = []
        self.answers: dict[str, dict[str, list[str]]] = {}
        self.listener = socket.create_server(("", urlsplit(url).port or 80))
        threading.Thread(target=self.serve, daemon=True).start()

    def put(self, step: dict[str, Any]) -> None:
        self.answers[urlsplit(self.places(step)["{url}"]).path] = step["served"]

    def delete(self, step: dict[str, Any]) -> None:
        self.answers.pop(urlsplit(self.places(step)["{url}"]).path, None)

    def serve(self) -> None:
        while True:
            threading.Thread(target=self.answer, args=(self.listener.accept()[0],), daemon=True).start()

    def answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            first, *lines = connection.recv(65536).decode("latin-1").split("\r\n")
            method, target, *_ = [*first.split(" "), "", ""]
            wanted = next((line[6:].strip() for line in lines if line.lower().startswith("range:")), "")
            print(f"  the store is asked: {method} {target} {wanted}\n", end="")
            path, _, query = target.partition("?")
            known = self.answers.get(path, {"": [NOT_THERE.hex()]})
            word = "HEAD" if method == "HEAD" else f"versionId {wanted}" if "versionId=" in query else wanted
            for piece in known.get(word, known[""]):
                connection.sendall(bytes.fromhex(piece).replace(b"{path}", path.encode()))
                time.sleep(0.015)


def content(data: dict[str, str]) -> bytes:
    if "file" in data:
        return (Path(__file__).parent / "data" / data["file"]).read_bytes()
    return data["text"].encode() if "text" in data else bytes.fromhex(data["hex"])


def send(server: str, plan: dict[str, Any], step: dict[str, Any], store: Store, start: threading.Barrier) -> Outcome:
    """Send a reduction request."""
    body = dict(step["body"])
    for name, value in body.items():
        for word, place in store.places(step).items():
            if isinstance(value, str):
                body[name] = value = value.replace(word, place)
    if "spelled" in step:
        path, text = f"/{plan['api']}/{step['operation']}/", {"text": json.dumps(body)}
        json_type = ("Content-Type", "application/json")
        return send_raw(
            server, {**step, "method": "POST", "path": path, "headers": [json_type], "body": text}, store, start
        )
    url = f"{server}/{plan['api']}/{step['operation']}/"
    print(f"POST {url}  {json.dumps(body)}\n", end="")
    session = requests.Session()
    # A proxy or a netrc of this machine would change what is asked.
    session.trust_env = False
    headers = {"Content-Type": "application/json"}
    pair = store.pairs.get(step["credentials"])
    try:
        start.wait()
        got = session.post(
            url, json.dumps(body), headers=headers, auth=pair, timeout=TIMEOUT_SECONDS, allow_redirects=False
        )
    except requests.RequestException as error:
        return str(error)
    return got.status_code, {name.lower(): value for name, value in got.headers.items()}, got.content


def send_raw(server: str, step: dict[str, Any], store: Store, start: threading.Barrier) -> Outcome:
    """Send bytes as they are, which no HTTP library would send."""
    body = content(step["body"])
    for word, place in store.places(step).items():
        body = body.replace(word.encode(), place.encode())
    names = {name.strip().lower() for name, _ in step["headers"]}
    parts = urlsplit(server)
    headers = [("Host", parts.netloc)] if "host" not in names else []
    headers += [(name, value) for name, value in step["headers"]]
    if step["credentials"] in store.pairs and "authorization" not in names:
        pair = ":".join(store.pairs[step["credentials"]])
        headers.append(("Authorization", "Basic " + b64encode(pair.encode()).decode()))
    if not {"content-length", "transfer-encoding"} & names:
        headers.append(("Content-Length", str(len(body))))
    lines = [f"{step['method']} {parts.path.rstrip('/')}{step['path']} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers]
    print("\n".join(line for line in lines if not line.startswith("Authorization: ")) + "\n", end="")
    message = "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        start.wait()
        with socket.create_connection((parts.hostname or "", port), TIMEOUT_SECONDS) as plain:
            sock = plain
            if parts.scheme == "https":
                sock = ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname)
            wire: Any = spelled(message, step["spelled"]) if "spelled" in step else None
            answers = Answers(socket.SocketIO(sock, "r"))
            with suppress(BrokenPipeError, ConnectionResetError):
                for number, piece in enumerate(wire.pieces if wire else (message,)):
                    if number and wire.between in ("a pause", "a go-ahead"):
                        time.sleep(PAUSE_SECONDS)
                    sock.sendall(piece)
            if wire and wire.between == "an answer":
                raw_reply(answers, "GET")
            return raw_reply(answers, step["method"])
    except (OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


class Answers(BufferedReader):
    """Reads answers from a connection, of which several can be read."""

    def makefile(self, *_: object) -> Answers:
        return self

    def close(self) -> None:
        """Do nothing: a reader closes its source after an answer, and more answers may follow."""


def raw_reply(answers: Answers, method: str) -> Reply:
    # http.client's reader is the standard library's; its type for a socket is not public.
    from http.client import HTTPException, HTTPResponse

    try:
        response = HTTPResponse(cast(Any, answers), method=method)
        response.begin()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    except HTTPException as error:
        raise ValueError(f"no HTTP answer: {type(error).__name__} {error}") from error


def ask(server: str, plan: dict[str, Any], steps: list[dict[str, Any]], store: Store) -> list[Outcome]:
    """Send some requests, at the same time if there are several, and say what came of each."""
    start = threading.Barrier(len(steps))
    came: list[Outcome] = ["nothing was sent"] * len(steps)

    def one(number: int) -> None:
        step = steps[number]
        how = send(server, plan, step, store, start) if step["step"] == "send" else send_raw(server, step, store, start)
        came[number] = how

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(steps))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for reply in came:
        print(f"  came {shown(plan['api'], reply)}")
    return came


def attempt(server: str, plan: dict[str, Any], store: Store) -> list[str]:
    """Take every step, and say what is wrong with what came."""
    wrong: list[str] = []
    unchanged = bool(plan["by_bytes"])
    asked = [step for step in plan["steps"] if step["step"] not in ("put", "delete")]
    for step in plan["steps"]:
        if step in asked:
            store.bucket(step["bucket"])
        if step["step"] in ("put", "delete"):
            store.put(step) if step["step"] == "put" else store.delete(step)
            continue
        if plan["together"] and step is not asked[0]:
            continue
        group = asked if plan["together"] else [step]
        for each, reply in zip(group, ask(server, plan, group, store)):
            if each["judged"]:
                wrong += faults({**plan, **each}, reply)
            mark = "" if isinstance(reply, str) else f"{reply[0]} {hashlib.sha256(reply[2]).hexdigest()}"
            unchanged &= bool(mark) and mark == each["came"]
    if not wrong and unchanged:
        wrong.append("the answers are the wrong ones of then, byte for byte")
    return wrong


def run(server: str, store: Store, plan: dict[str, Any]) -> int:
    print(f"{plan['title']}\n")
    wrong = attempt(server, plan, store)
    tries = 1
    while plan["together"] and not wrong and tries < TRIES_TOGETHER:
        # What a server has kept of the objects is not to help it.
        store.run, tries = os.urandom(4).hex(), tries + 1
        wrong = attempt(server, plan, store)
    print(f"\nmust      {plan['must']}\nexpected  {plan['expected']}\nthen got  {plan['actual']}")
    print(f"now       {'; '.join(wrong) if wrong else 'right'}{f' (try {tries})' if plan['together'] else ''}")
    return 1 if wrong else 0


def main() -> int:
    urls = [*sys.argv[1:3], "", ""]
    server, store_url = urls[0] or os.environ.get("SERVER_URL"), urls[1] or os.environ.get("STORE_URL")
    plan = json.loads(PLAN_TEXT)
    own = any("served" in step for step in plan["steps"])
    usual = "anything" if own else None
    pair = os.environ.get("AWS_ACCESS_KEY_ID", usual), os.environ.get("AWS_SECRET_ACCESS_KEY", usual)
    if not server or not store_url or not pair[0] or not pair[1]:
        print("AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… python repro.py SERVER_URL STORE_URL", file=sys.stderr)
        return 2
    if plan["unwelcome"]:
        plan["unwelcome"] += [pair[1], b64encode(f"{pair[0]}:{pair[1]}".encode()).decode()]
    try:
        parts = urlsplit(server)
        socket.create_connection((parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)), 10).close()
    except OSError as error:
        print(f"nothing answers at {server}: {error}", file=sys.stderr)
        return 3
    store = (OwnStore if own else Store)(store_url, pair[0], pair[1])
    try:
        return run(server.rstrip("/"), store, plan)
    except (BotoCoreError, ClientError) as error:
        print(f"the store at {store_url} cannot be used: {error}", file=sys.stderr)
        return 3
    finally:
        store.sweep()


if __name__ == "__main__":
    sys.exit(main())
