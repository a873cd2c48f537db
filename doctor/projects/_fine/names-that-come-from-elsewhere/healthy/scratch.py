print(never_run)
