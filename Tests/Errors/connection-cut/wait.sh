# Until what a killed session left running has ended.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
for i in $(seq 100); do pgrep -f "[o]mtd_do" >/dev/null || break; sleep 0.05; done
