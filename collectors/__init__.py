"""What reads the world: host, facility, power, accelerators, network.

Nothing here knows the agent.
"""
