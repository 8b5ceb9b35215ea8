"""A BMC on a loopback port: pyghmi's RMCP+ server, with replies to DCMI's Get Power Reading.

Run `python bmc.py PORT` and write its replies to standard input, one a line: hexadecimal bytes, or
a completion code such as `c1`.
"""

from __future__ import annotations

import sys
import threading

from pyghmi.ipmi.bmc import Bmc

GROUP, GET_POWER_READING = 0x2C, 0x02


class PowerBmc(Bmc):
    reply = bytes([0xC1])

    def handle_raw_request(self, request: dict[str, object], session: object) -> None:
        if (request["netfn"], request["command"]) != (GROUP, GET_POWER_READING):
            super().handle_raw_request(request, session)
        elif len(self.reply) == 1:
            session.send_ipmi_response(code=self.reply[0])
        else:
            session.send_ipmi_response(code=0, data=list(self.reply))

    def listen_to_us(self) -> None:
        for line in sys.stdin:
            self.reply = bytes.fromhex(line)
            print("ok", flush=True)


if __name__ == "__main__":
    server = PowerBmc({"hubgauge": "secret"}, port=int(sys.argv[1]), address="127.0.0.1")
    threading.Thread(target=server.listen_to_us, daemon=True).start()
    print("ready", flush=True)
    server.listen()
