"""Runs tasks in a directory that holds a whole system, for examples that need users of their own."""

import os
import shutil
import subprocess

from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: box
short_description: chroot into a prepared directory
description: used by the recorder only
options:
  box:
    description: the directory
    vars:
      - name: ansible_box
"""


class Connection(ConnectionBase):
    transport = "box"
    has_pipelining = True

    def _connect(self):
        self._connected = True
        return self

    def inside(self, path):
        return self.get_option("box") + os.path.normpath("/" + path)

    def exec_command(self, cmd, in_data=None, sudoable=True):
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        done = subprocess.run(
            ["chroot", self.get_option("box"), "/bin/sh", "-c", cmd],
            input=in_data if in_data is None or isinstance(in_data, bytes) else in_data.encode(),
            stdin=subprocess.DEVNULL if in_data is None else None,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        return done.returncode, done.stdout, done.stderr

    def put_file(self, in_path, out_path):
        super().put_file(in_path, out_path)
        shutil.copyfile(in_path, self.inside(out_path))

    def fetch_file(self, in_path, out_path):
        super().fetch_file(in_path, out_path)
        shutil.copyfile(self.inside(in_path), out_path)

    def close(self):
        self._connected = False
