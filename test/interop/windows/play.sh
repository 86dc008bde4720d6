#!/bin/sh
# A server, and Dino and Gajim with their windows on a screen that nobody sees, in namespaces of their own (`unshare -mn`): there
# the port of clients is free, and the certificate of the server is trusted. All of it ends with the namespace.
#   play.sh NODE PORCHLIGHT PYTHON FOLDER-OF-SCRIPTS     in a folder with porchlight.toml; prints one JSON object
set -e
node=$1 porchlight=$2 python=$3 scripts=$4
here=$(pwd)
ip link set lo up
"$node" "$porchlight" start --config porchlight.toml > server.log 2>&1 &
until [ -S data/control.sock ]; do sleep 0.1; done
command() { "$node" "$porchlight" "$@" --config porchlight.toml > commands.log 2>&1; }
echo 'but soft' > password
for name in romeo juliet; do command user add $name@localhost --password-file password; done
command group create friends romeo@localhost juliet@localhost
cat /etc/ssl/certs/ca-certificates.crt data/self-signed.crt > trusted.crt
mount --bind trusted.crt /etc/ssl/certs/ca-certificates.crt
Xvfb -displayfd 3 -screen 0 1400x1000x24 3> display > screen.log 2>&1 &
until [ -s display ]; do sleep 0.1; done
export DISPLAY=":$(cat display)" LC_ALL=C.UTF-8 NO_AT_BRIDGE=1 GSK_RENDERER=cairo LIBGL_ALWAYS_SOFTWARE=1
# A client with a home and a bus of its own; its process id is in a file
alone() {
  mkdir -p "$1"
  env HOME="$here/$1" XDG_RUNTIME_DIR="$here/$1" dbus-run-session -- sh -c "echo \$\$ > '$here/$1.pid'; exec $2" > "$1.log" 2>&1
}
# Dino makes its tables when it starts; the account is put into them between two starts
alone dino dino-im &
"$python" "$scripts/accounts.py" dino "$here/dino"
kill "$(cat dino.pid)"
wait $! || true
"$python" "$scripts/accounts.py" gajim "$here/gajim" > accounts.log 2>&1
alone dino dino-im &
alone gajim gajim &
"$python" "$scripts/watch.py" "$here"
