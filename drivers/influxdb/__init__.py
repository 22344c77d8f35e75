"""The InfluxDB sink: batches as line protocol to InfluxDB 1.x, 2, 3 and VictoriaMetrics, no answer unaccounted for."""
