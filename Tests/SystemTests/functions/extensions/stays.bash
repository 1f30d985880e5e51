#!/bin/bash
# An external extension that does not go when it is told to, and says each tenth of a second that it is still there.
set -euo pipefail
api="http://$AWS_LAMBDA_RUNTIME_API/2020-01-01/extension"
id=$(curl -sS -D - -o /dev/null -H "Lambda-Extension-Name: ${0##*/}" -d '{"events":["SHUTDOWN"]}' "$api/register" |
    tr -d '\r' | sed -n 's/^[Ll]ambda-[Ee]xtension-[Ii]dentifier: //p')
curl -sS -o /dev/null -H "Lambda-Extension-Identifier: $id" "$api/event/next"
while true; do
    echo "still here"
    sleep 0.1
done
