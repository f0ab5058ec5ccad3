mv /root/bashrc /home/admin/.bashrc
