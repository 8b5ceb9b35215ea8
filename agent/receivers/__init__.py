"""Who is told of alerts: receivers of one's own, and the bridge to what Alertmanager lacks."""
