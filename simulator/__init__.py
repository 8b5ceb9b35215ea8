"""A simulated data centre: its devices speak real protocols on loopback.

It serves the demo, tests and scale runs. `site` describes racks, feeds and PDUs, `model` is the
physical model of their power. Devices answer by that model: `device`, `snmp_agent` and `responder`
by SNMP, `modbus_meters` by Modbus, `controllers` and `redfish` by Redfish, `npu_exporter` for AI
chips, `link_peer` for links. Their objects are those that the collector's own profiles describe
(`layout`, `registers`). `config` and `history` write the files that an agent needs to read them.
"""
