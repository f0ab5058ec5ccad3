mount -o remount,size=1m /srv/small
