cat /srv/fault
