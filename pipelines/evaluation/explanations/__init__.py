"""Why a network says what it says: maps of heat, and whether they are true.

`explaining.explain` draws the maps of a method, `faithfulness` measures them,
`learned` shows what a network knows before it is asked anything.
"""
