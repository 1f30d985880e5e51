#!/bin/bash
# Answers as the event's text asks, and tells on the next invocation which statuses that gave.
set -u
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
answer() { # ID BODY: posts a response, prints the status
    curl -sS -o /tmp/answer -w '%{http_code}' --data-binary "$2" "$api/$1/response"
}
told='none'
while true; do
    curl -sS -D /tmp/headers -o /tmp/event "$api/next"
    id=$(grep -i '^lambda-runtime-aws-request-id:' /tmp/headers | tr -d '[:space:]' | cut -d: -f2)
    case $(cat /tmp/event) in
    '"twice"')
        first=$(answer "$id" '"first"')
        told="$first $(answer "$id" '"second"') $(cat /tmp/answer)"
        ;;
    '"another"')
        other=$(answer 00000000-0000-4000-8000-000000000000 '"stolen"')
        told="$other $(cat /tmp/answer)"
        answer "$id" '"own"' >/dev/null
        ;;
    '"never"') sleep 600 ;;
    '"exit"') exit 3 ;;
    *) answer "$id" "$(printf '%s' "$told" | python3 -c 'import json, sys; print(json.dumps(sys.stdin.read()))')" >/dev/null ;;
    esac
done
