set -eu
cd "$(dirname "$0")"
if [ -z "${SERVER_URL:-}" ] || [ -z "${STORE_URL:-}" ] || [ -z "${AWS_ACCESS_KEY_ID:-}" ] ||
    [ -z "${AWS_SECRET_ACCESS_KEY:-}" ] || [ -z "${BUCKET:-}" ]; then
    echo 'set SERVER_URL, STORE_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and BUCKET' >&2
    exit 2
fi
SERVER_STORE_URL=${SERVER_STORE_URL:-$STORE_URL}
HTTP_URL=${HTTP_URL:-$SERVER_STORE_URL}
PUBLIC_BUCKET=${PUBLIC_BUCKET:-$BUCKET}
RUN=repro-$$
CAME=$(mktemp -d)
WRONG=0
trap 'rm -rf "$CAME"' EXIT

signed() {
    curl -sS --fail --path-as-is --aws-sigv4 "aws:amz:${AWS_REGION:-us-east-1}:s3" \
        --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "$@" ||
        { echo 'the store cannot be used' >&2; exit 3; }
}

ask() {
    number=$1
    shift
    curl -sS -i --path-as-is --max-time 60 "$@" >"$CAME/$number" 2>"$CAME/said-$number" || {
        status=$?
        # An answer that curl has no quarrel with but its length or its end is judged as it came.
        if [ "$status" != 18 ] || [ ! -s "$CAME/$number" ]; then cat "$CAME/said-$number" >"$CAME/$number"; fi
    }
}

judge() {
    python3 "$CAME/judge.py" "$CAME/$1" || WRONG=1
}

cat >"$CAME/judge.py" <<'PY'
import base64
import hashlib
import os
THE JUDGE
PY

curl -s -o /dev/null --max-time 60 "$SERVER_URL" || [ $? != 7 ] || { echo "nothing answers at $SERVER_URL" >&2; exit 3; }
steps
exit "$WRONG"
