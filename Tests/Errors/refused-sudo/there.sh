echo old >/srv/fault
mv /etc/sudoers.d/deploy /root/sudoers-deploy
echo 'deploy ALL=(root) /usr/bin/true' >/etc/sudoers.d/deploy
