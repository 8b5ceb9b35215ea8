"""Who gets alerts: the config's receivers, and the bridge to chats that Alertmanager lacks."""
