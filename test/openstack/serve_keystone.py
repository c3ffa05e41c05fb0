"""Serves real Keystone by its WSGI application: serve_keystone.py CONFIG PORT."""

import sys

from keystone.server.flask import core
from werkzeug.serving import run_simple

config, port = sys.argv[1], int(sys.argv[2])
# Keystone reads the arguments of whatever process it finds itself in.
del sys.argv[1:]
application = core.initialize_application(name="public", config_files=[config])
run_simple("127.0.0.1", port, application, threaded=True)
