mv /root/sudoers-deploy /etc/sudoers.d/deploy
