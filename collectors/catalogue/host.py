"""Host metrics, with node_exporter's names, labels, types and units, so that node-mixin works unchanged."""
