#!/usr/bin/env bash
# A tool of the sandbox that starts in milliseconds: hands its arguments and stdin over, relays what comes back.
# The same protocol as src/sandbox/tools/client.ts, over HTTP/1.0 so that the answer isn't chunked.
LC_ALL=C

quoted() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  printf '"%s"' "$text"
}

arguments='' environment=''
for argument; do arguments+="${arguments:+,}$(quoted "$argument")"; done
for name in $(compgen -e); do
  [[ $name =~ ^(AWS_|KUBECONFIG$|HOME$|PATH$|ECS_AMBIENT_|XDG_) ]] || continue
  environment+="${environment:+,}\"$name\":$(quoted "${!name}")"
done
input=$(cat)
body="{\"argv\":[$arguments],\"environment\":{$environment},\"directory\":$(quoted "$PWD"),\"terminal\":false}
$input
"

exec 3<>"/dev/tcp/127.0.0.1/$PORT" || exit 1
printf 'POST /tools/%s HTTP/1.0\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s' \
  "$TOOL" "$TOKEN" "${#body}" "$body" >&3
while IFS= read -r line <&3 && [[ $line != $'\r' ]]; do :; done
while IFS= read -r line <&3; do
  [[ $line =~ ^\{\"(out|err|exit)\":\"?([^\"}]*) ]] || continue
  case ${BASH_REMATCH[1]} in
    exit) exit "${BASH_REMATCH[2]}" ;;
    out) base64 -d <<<"${BASH_REMATCH[2]}" ;;
    err) base64 -d <<<"${BASH_REMATCH[2]}" >&2 ;;
  esac
done
echo "$TOOL: the sandbox went away" >&2
exit 1
