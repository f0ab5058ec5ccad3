print("omtd-setup")
