"""The rules of time, reach and policy: pure values in, values out."""
