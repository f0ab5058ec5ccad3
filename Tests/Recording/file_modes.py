#!/usr/bin/env python3
"""Records what ansible-core makes of symbolic modes: Tests/Corpora/modules/modes.json.

usage: file_modes.py >modes.json    with the Python of an environment with ansible-core 2.19

Rows are [text, whether it is a directory, mode before, mode after], under umask 022.
"""

import os
import tempfile

from ansible.module_utils.basic import AnsibleModule

TEXTS = [
    "+w", "=rw", "-w", "=", "=w", "+rw", "u=w,+w", "+x", "=rwx", "-rwx", "u+w,g-w+x",
    "u=rwX,g=rX,o=rX", "u=", "g=", "o=", "a=", "=rx", "a=r", "g=u", "g=u,o=g-w", "u=g", "o=u",
    "u+s", "g+s", "o+t", "+t", "a+t", "a-t", "-t", "u-s", "g-s", "a-s", "+s", "a+s", "=s", "a=s",
    "u=s", "g=s", "o=s", "u=t", "o=t", "=t", "a=t", "u=rws", "g=rxs", "ug=rwx,o=", "ugo=r",
    "u=rwxs,g=rxs,o=rxt", "go-rwx", "+X", "a+X", "u+X", "=X", "u=X,g=X,o=X", "-x,+X", "a=,u+rw",
    "u+rw-x", "u=rwx-x", "g=o", "g+u", "g-u", "o-g", "u=rX,go=", "u+rwxst", "a-rwxst", "o=rt",
    "u=rwst", "g=u,o=g", "go=u", "ug=o", "a=u", "=u", "+u", "-u", "u=go", "u-u", "o+s", "u+t",
    "g+t", "u-t", "g-t", "o-t",
]
MODES = [0o0, 0o640, 0o755, 0o2775, 0o4711, 0o7777]


def main():
    os.umask(0o022)
    rows = []
    with tempfile.TemporaryDirectory() as root:
        folder, file = root + "/d", root + "/f"
        os.mkdir(folder)
        open(file, "w").close()
        for text in TEXTS:
            for path in (folder, file):
                for mode in MODES:
                    os.chmod(path, mode)
                    after = AnsibleModule._symbolic_mode_to_octal(os.lstat(path), text)
                    kind = "true" if path == folder else "false"
                    rows.append('["%s", %s, "%04o", "%04o"]' % (text, kind, mode, after))
    print("[" + ",\n ".join(rows) + "]")


main()
