"""Version 2 of the AWS CLI in one process that takes many commands: starting it costs more than a second each time.

Reads a list of arguments as a line of JSON, runs it, and writes a line with how it ended and what it printed. Runs with
Debian's own Python, which Debian's package of the CLI is made for.
"""

import contextlib
import io
import json
import logging
import sys

import awscli.clidriver

answers = sys.stdout
# It logs every step of its own, which would bury what a failure has to say.
logging.getLogger("awscli").propagate = False
driver = awscli.clidriver.create_clidriver()
for line in sys.stdin:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = driver.main(json.loads(line))
        except SystemExit as end:
            code = end.code
    answers.write(json.dumps({"code": code, "out": out.getvalue(), "err": err.getvalue()}) + "\n")
    answers.flush()
