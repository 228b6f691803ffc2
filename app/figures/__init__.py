"""Data in, Plotly figure out; the only place that imports Plotly."""
