"""systemd's end of sd_notify(3): binds the socket whose path it is given, and prints each datagram as a line."""
import os
import socket
import struct
import sys

INT = struct.calcsize("i")

with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
    notify.bind(sys.argv[1])
    print("bound", flush=True)
    while True:
        datagram, ancillary, _, _ = notify.recvmsg(4096, socket.CMSG_SPACE(INT))
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                # sd_notify_barrier(3): whoever has sent it waits for this
                for (descriptor,) in struct.iter_unpack("i", data[: len(data) // INT * INT]):
                    os.close(descriptor)
        print(datagram.decode().strip(), flush=True)
