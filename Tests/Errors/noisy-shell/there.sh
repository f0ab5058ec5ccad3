echo old >/srv/fault
cp -p /root/.bashrc /root/bashrc 2>/dev/null || : >/root/bashrc
printf 'echo noise\necho noise >&2\nprintf no-newline\nset +e\nalias stat=false\n' >/root/.bashrc
