"""A data centre that does not exist, on real protocols on loopback.

Simulated racks, feeds, PDUs and meters speak SNMP, Modbus and Redfish.

For the demo, tests and scale runs. One description of a site (`site`), one physical model of its
power (`model`), devices that answer by it (`device`, `snmp_agent`, `modbus_meters`) with the
objects that the collector's own profiles describe (`layout`), and the files an agent needs to read
them (`config`, `history`).
"""
