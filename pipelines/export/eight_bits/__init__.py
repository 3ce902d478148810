"""Post-training quantisation: one file a runtime.

Weights and what flows between layers become eight bits, by what calibration
pictures show. The framing stays in float: it is arithmetic on positions.
"""
