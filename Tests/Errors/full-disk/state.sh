ls -A /srv/small; stat -c '%a %s' /srv/small/fault; head -c 3 /srv/small/fault; echo
