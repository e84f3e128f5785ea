"""The driver of the benchmarks: one small module for each benchmark (steps, echo, sleepers, files,
ssh), and one for each thing that they share. `benchmark.py` says what a benchmark is; begin
there."""
