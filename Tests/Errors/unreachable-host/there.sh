echo old >/srv/fault
