#!/usr/bin/env bash
# rgw.sh up DIR PORT | down DIR: a private S3 on loopback: Ceph's gateway (port PORT) over one monitor (PORT+1) and one in-memory store, all below DIR.
# DIR is short: sockets lie in it. Prints the last lines of the logs when it fails.
set -euo pipefail
verb=$1 dir=$(realpath -m "$2")

down() {
  local pids=()
  for file in "$dir"/run/*.pid; do [ -e "$file" ] && pids+=("$(cat "$file")"); done
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
  for _ in $(seq 100); do
    local alive=no
    for pid in "${pids[@]}"; do kill -0 "$pid" 2>/dev/null && alive=yes; done
    [ $alive = no ] && break
    sleep 0.1
  done
  [ ${#pids[@]} -eq 0 ] || kill -9 "${pids[@]}" 2>/dev/null || true
  rm -rf "$dir"
}

if [ "$verb" = down ]; then down; exit 0; fi
port=$3 monitor=$(($3 + 1))
mkdir -p "$dir"/{mon,osd,rgw,run,log}
trap 'tail -n 5 "$dir"/log/* >&2 || true' ERR
fsid=$(cat /proc/sys/kernel/random/uuid)
cat > "$dir/ceph.conf" <<C
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$monitor]
mon initial members = a
public addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 4294967296
ms bind ipv4 = true
run dir = $dir/run
admin socket = $dir/run/\$name.asok
log file = $dir/log/\$name.log
pid file = $dir/run/\$name.pid
setuser match path = $dir
mon data = $dir/mon
osd data = $dir/osd
rgw data = $dir/rgw
osd class dir = /usr/lib/$(uname -m)-linux-gnu/rados-classes
osd op num shards = 2
osd memory target = 939524096
mon data avail warn = 1
mon data avail crit = 1
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:$port
rgw dns name =
rgw enable usage log = false
rgw thread pool size = 32
debug rgw = 0
C
keyring=$dir/keyring
common=(-c "$dir/ceph.conf" --keyring "$keyring")
ceph-authtool "$keyring" --create-keyring --gen-key -n mon. --cap mon 'allow *' >/dev/null
for name in client.admin client.rgw.a; do
  ceph-authtool "$keyring" --gen-key -n $name --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' >/dev/null
done
monmaptool --create --addv a "[v2:127.0.0.1:$monitor]" --fsid "$fsid" "$dir/monmap" >/dev/null
ceph-mon "${common[@]}" --mkfs -i a --monmap "$dir/monmap"
ceph-mon "${common[@]}" -i a
uuid=$(cat /proc/sys/kernel/random/uuid)
osd=$(timeout 60 ceph "${common[@]}" osd new "$uuid")
timeout 60 ceph "${common[@]}" auth get-or-create "osd.$osd" mon "allow profile osd" osd "allow *" >> "$keyring"
ceph-osd "${common[@]}" -i "$osd" --mkfs --osd-uuid "$uuid" >/dev/null 2>&1
ceph-osd "${common[@]}" -i "$osd" >/dev/null
radosgw "${common[@]}" -n client.rgw.a
for _ in $(seq 600); do curl -s -o /dev/null "http://127.0.0.1:$port/" && break; sleep 0.1; done
timeout 60 radosgw-admin "${common[@]}" user create --uid=app --display-name=app --access-key=appkey --secret-key=appsecret >/dev/null 2>&1
