#!/bin/sh
# fake_ping.sh OPTION... HOST: answers as ping would, without a network.
count=1 before=''
for host in "$@"; do # the last argument
  if [ "$before" = -c ]; then count=$host; fi
  before=$host
done
case $host in
  127.0.100.*)
    for number in $(seq "$count"); do
      echo "64 bytes from $host: icmp_seq=$number ttl=64 time=0.04 ms"
    done
    ;;
  192.0.2.*) exit 1 ;;           # has not answered in time
  slow.example) exec sleep 60 ;; # as when the name server is silent
  *)
    echo "ping: $host: Name or service not known" >&2
    exit 2
    ;;
esac
