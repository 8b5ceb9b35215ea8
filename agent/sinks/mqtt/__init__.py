"""MQTT: each batch of a device is a message of JSON."""
