mkdir -p /srv/small
mount -t tmpfs -o size=64k none /srv/small
echo old >/srv/small/fault
chmod 640 /srv/small/fault
