"""The generated dashboards, drawn with Grafana's own components from a real database.

`Preview` serves what `npm run build` made in `dist/`, the dashboards' JSON, and the database's
query API, all on loopback.
"""
