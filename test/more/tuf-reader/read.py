import sys
from tuf.ngclient import Updater

url, root, folder, target = sys.argv[1:]
with open(root, "rb") as file:
    updater = Updater(folder, url, folder, url, bootstrap=file.read())
updater.refresh()
found = updater.get_targetinfo(target)
print(found.path, found.length, found.hashes["sha256"])
