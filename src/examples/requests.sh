#!/bin/sh
# A tour of a running demo (java -jar target/sluice.war demo): each request, and its response.
# Usage: src/examples/requests.sh [BASE-URL]
set -u

base=${1:-http://localhost:${LISTENER_PORT:-8080}}

# ask WHY PATH [CURL-ARGUMENT...]: sends one request, and prints the response on one line.
ask() {
    why=$1 path=$2
    shift 2
    answer=$(curl -s -g --max-time 30 -w '\n%{http_code}' "$@" "$base$path") || {
        echo "$base does not answer. Is the demo running? (java -jar target/sluice.war demo)" >&2
        exit 1
    }
    body=$(printf '%s\n' "$answer" | sed '$d')
    status=$(printf '%s\n' "$answer" | sed -n '$p')
    printf '%-27s %-17s %s  %s\n' "$why" "$path" "$status" "$(describe "$body")"
}

# The interesting part of a response body: the request as the target says it received it.
describe() {
    [ -n "$1" ] || echo 'no body'
    printf '%s\n' "$1" | sed -n \
        -e 's/"query":null/"query":""/' \
        -e 's/"query":"\([^"]\)/"query":"?\1/' \
        -e 's/.*"port":\([0-9]*\),"method":"\([^"]*\)","path":"\([^"]*\)","query":"\([^"]*\)".*"bodyLength":\([0-9]*\).*/target \1 got \2 \3\4, \5 bytes/p'
}

for turn in 1 2 3 4 5 6; do
    ask "round robin, $turn of 6" /test
done
ask 'a longer prefix wins' /test/second
ask 'so it does deeper down' /test/second/a/b
ask 'only in whole segments' /test/secondly
ask 'rewritten to /v1' '/rewrite/a?b=c'
ask 'rewritten, nothing left' /rewrite
ask 'a body' /test -d hello
ask 'no rule matches' /
ask 'the connection is refused' /refusing
ask 'the name does not resolve' /unresolved
ask 'the target is silent' /slow
