@rem package.json's scripts say `exec` so that signals reach them; this is what it means on Windows.
@%*
