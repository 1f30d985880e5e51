"""Sends packets, given in hexadecimal, to the executor on one connection; prints the answers as JSON.

Each answer is a list of its bytes in hexadecimal and the number of descriptors that came along; null where the
connection was closed, and "silent" where there was no answer within the time.
"""

import array
import json
import os
import socket
import sys

LIMIT = 40_960


def ask(connection, packet):
    try:
        connection.send(packet)
        data, ancillary, _, _ = connection.recvmsg(LIMIT, socket.CMSG_SPACE(16 * 4))
    except TimeoutError:
        return "silent"
    except OSError:
        return None
    descriptors = array.array("i")
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
    for descriptor in descriptors:
        os.close(descriptor)
    return [data.hex(), len(descriptors)] if data else None


connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
connection.settimeout(10)
try:
    connection.connect("/run/lambdad/executor.sock")
except OSError as error:
    print(json.dumps({"refused": error.errno}))
    sys.exit(0)
print(json.dumps({"answers": [ask(connection, bytes.fromhex(packet)) for packet in sys.argv[1:]]}))
