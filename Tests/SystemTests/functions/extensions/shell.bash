#!/bin/bash
# An external extension with nothing but curl. Works on for a while after each invocation, where /tmp/linger says so.
set -euo pipefail
api="http://$AWS_LAMBDA_RUNTIME_API/2020-01-01/extension"
id=$(curl -sS -D - -o /dev/null -H "Lambda-Extension-Name: ${0##*/}" -d '{"events":["INVOKE","SHUTDOWN"]}' "$api/register" |
    tr -d '\r' | sed -n 's/^[Ll]ambda-[Ee]xtension-[Ii]dentifier: //p')
while true; do
    event=$(curl -sS -H "Lambda-Extension-Identifier: $id" "$api/event/next")
    case $event in
    *SHUTDOWN*)
        echo "shell told SHUTDOWN"
        exit 0
        ;;
    esac
    [ -f /tmp/crash ] && exit 3
    [ -f /tmp/linger ] && sleep "$(cat /tmp/linger)"
    echo 'done' >>/tmp/shell
done
