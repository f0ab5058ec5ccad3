mv /root/bashrc /root/.bashrc
