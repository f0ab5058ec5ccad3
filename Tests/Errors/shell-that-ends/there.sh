echo old >/home/admin/fault
chown admin:admin /home/admin/fault
cp -p /home/admin/.bashrc /root/bashrc 2>/dev/null || : >/root/bashrc
printf 'echo the server is closed\nexit 3\n' >/home/admin/.bashrc
