cat /home/admin/fault
